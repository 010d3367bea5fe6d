/**
 * What a modifier is, and what several of them share.
 *
 * @module
 */
import type { Builder } from "../program/builder.ts";
import type { OpRule, RuleContext, Vjp } from "../rules/rule.ts";
import type { CompositeEntry } from "./composite.ts";

/** Turns a rule's derivative into another way for the message. */
export type Modifier = (rule: OpRule, options: NonNullable<CompositeEntry["options"]>) => Vjp;

/** The stabiliser where a composite names none. */
export const EPSILON = 1e-6;

/** z + ε·sign(z) with sign(0) = +1: never zero, never of the wrong sign. */
export function stabilised(b: Builder, z: string, epsilon: number): string {
  return b.where(b.less(z, b.scalar(0)), b.shift(z, -epsilon), b.shift(z, epsilon));
}

/** The same context with another message, and perhaps other operands. The getters of the rest stay lazy. */
export function withMessage(c: RuleContext, g: string, x?: readonly string[]): RuleContext {
  return Object.create(c, { g: { value: g }, gs: { value: [g] }, ...(x ? { x: { value: x } } : {}) }) as RuleContext;
}
