/**
 * Trigonometric and hyperbolic functions and their inverses.
 *
 * @module
 */
import type { Builder } from "../program/builder.ts";
import type { OpRule } from "./rule.ts";

/** 1 + s x². */
const oneAnd = (b: Builder, x: string, s: 1 | -1): string => b.shift(b.scale(b.square(x), s), 1);

export const transcendental: OpRule[] = [
  { op: "Tan", vjp: ({ b, g, y }) => [b.mul(g, oneAnd(b, y[0]!, 1))] }, // tan' = 1 + tan²
  { op: "Atan", vjp: ({ b, g, x }) => [b.div(g, oneAnd(b, x[0]!, 1))] },
  { op: "Asin", vjp: ({ b, g, x }) => [b.div(g, b.sqrt(oneAnd(b, x[0]!, -1)))] },
  { op: "Acos", vjp: ({ b, g, x }) => [b.neg(b.div(g, b.sqrt(oneAnd(b, x[0]!, -1))))] },
  { op: "Sinh", vjp: ({ b, g, x }) => [b.mul(g, b.scale(b.add(b.exp(x[0]!), b.exp(b.neg(x[0]!))), 0.5))] },
  { op: "Cosh", vjp: ({ b, g, x }) => [b.mul(g, b.scale(b.sub(b.exp(x[0]!), b.exp(b.neg(x[0]!))), 0.5))] },
  { op: "Asinh", vjp: ({ b, g, x }) => [b.div(g, b.sqrt(oneAnd(b, x[0]!, 1)))] },
  { op: "Acosh", vjp: ({ b, g, x }) => [b.div(g, b.sqrt(b.shift(b.square(x[0]!), -1)))] },
  { op: "Atanh", vjp: ({ b, g, x }) => [b.div(g, oneAnd(b, x[0]!, -1))] },
];
