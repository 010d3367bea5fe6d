/**
 * What follows a product and is done where its tiles are written: a scale of its sums, a bias.
 *
 * @module
 */
import { ELEMENT_TYPE } from "../../../graph/tensor.ts";
import type { Step } from "../../../program/program.ts";
import { size } from "../dims.ts";
import type { Lowering } from "../lowering.ts";
import type { View } from "../view.ts";

/** A product's last steps. Floats are computed in the order of the steps, so every bit stays. */
export interface Tail {
  /** The tensor that is left. */
  readonly output: string;
  /** One factor for all columns, or one for each. */
  readonly scale?: View;
  /** One summand for each column. */
  readonly bias?: View;
}

/** The bias behind a product of floats. */
export function biased(l: Lowering, { outputs: [output = ""] }: Step): Tail {
  const add = l.reader(output), bias = operand(l, { step: add, op: "Add", input: output });
  if (!add || !bias) return { output };
  l.done.add(add);
  return { output: add.outputs[0]!, bias };
}

/** Cast, scale and bias behind a product of integers. */
export function scaled(l: Lowering, { outputs: [output = ""] }: Step): Tail {
  const cast = l.reader(output), floats = cast?.op === "Cast" && cast.attributes["to"] === ELEMENT_TYPE.float32;
  const input = floats ? cast.outputs[0]! : "", multiply = l.reader(input);
  const scale = operand(l, { step: multiply, op: "Mul", input, single: true });
  if (!cast || !multiply || !scale) return { output };
  l.done.add(cast).add(multiply);
  return { ...biased(l, multiply), scale };
}

/** The other operand of a step, if it has an element for each column of `input`, or a single one. */
function operand(
  l: Lowering,
  { step, op, input, single = false }: { step: Step | undefined; op: string; input: string; single?: boolean },
): View | undefined {
  if (step?.op !== op || step.domain !== "" || step.inputs.length !== 2) return undefined;
  const dims = l.dims(input), same = l.dims(step.outputs[0]!), other = step.inputs.find((name) => name !== input)!;
  if (dims.length !== same.length || dims.some((d, i) => d !== same[i]) || !l.ready(other)) return undefined;
  const count = size(l.dims(other)), columns = count === dims.at(-1) && l.dims(other).at(-1) === count;
  return columns || (single && count === 1) ? l.contiguous(l.value(other)) : undefined;
}
