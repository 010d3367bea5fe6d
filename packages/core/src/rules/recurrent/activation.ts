/**
 * The activations inside recurrent cells.
 *
 * @module
 */
import type { Builder } from "../../program/builder.ts";
import { formMissing, type RuleContext } from "../rule.ts";

/** An activation y = f(z) with its slope and with f(z)/z, the factor that passes relevance unchanged. */
export interface Activation {
  of(b: Builder, z: string): string;
  slope(b: Builder, z: string, y: string): string;
  ratio(b: Builder, z: string, y: string): string;
}

const TINY = 1e-12;

/** f(z)/z, and the slope where z is zero. */
const quotient = (slope: Activation["slope"]): Activation["ratio"] => (b, z, y) => {
  const near = b.less(b.abs(z), b.scalar(TINY));
  return b.where(near, slope(b, z, y), b.div(y, b.where(near, b.scalar(1), z)));
};
const activation = (of: Activation["of"], slope: Activation["slope"]): Activation => ({
  of,
  slope,
  ratio: quotient(slope),
});

const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  Tanh: activation((b, z) => b.tanh(z), (b, _, y) => b.sub(b.scalar(1), b.square(y))),
  Sigmoid: activation((b, z) => b.sigmoid(z), (b, _, y) => b.mul(y, b.sub(b.scalar(1), y))),
  Relu: activation((b, z) => b.relu(z), (b, z) => b.cast(b.greater(z, b.scalar(0)), "float32")),
};

/** The activations of one direction, by name or as the operator has them by default. @throws MISSING_RULES for one not known here */
export function activationsOf(
  c: RuleContext,
  { direction, defaults }: { direction: number; defaults: readonly string[] },
): Activation[] {
  const named = c.node.attributes["activations"] as readonly string[] | undefined;
  return defaults.map((usual, i) => {
    const name = named?.length ? named[direction * defaults.length + i] ?? usual : usual, found = ACTIVATIONS[name];
    if (!found) throw formMissing(c, `activation ${name}`);
    return found;
  });
}
