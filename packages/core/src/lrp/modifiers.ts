/**
 * Modifiers turn one vector-Jacobian product into another. The invariant of all of them: for every tensor t the message g
 * is kept such that its relevance is R = t ⊙ g (the "efficient form", Arras et al. 2025).
 *
 * @module
 */
import { activeFactors } from "../rules/rule.ts";
import type { ModifierName } from "./composite.ts";
import { EPSILON, type Modifier, stabilised, withMessage } from "./modifier.ts";
import { alphabeta, gamma, zplus } from "./signed.ts";

const TINY = 1e-12;

/** R_x = R_y for y = f(x): g_x = g · f(x)/x, and g · f′(0) where x is zero. */
const identity: Modifier = (rule) =>
  rule.identity ?? ((c) => {
    const { b, g } = c, x = c.x[0]!, y = c.y[0]!;
    const near = b.less(b.abs(x), b.scalar(TINY));
    const ratio = b.mul(g, b.div(y, b.where(near, b.scalar(1), x)));
    return [b.where(near, rule.vjp(c)[0]!, ratio)];
  });

/** A product of k active operands gives each 1/k of the relevance (AttnLRP eq. 14, 15). */
const uniform: Modifier = (rule) => (c) => {
  const factors = activeFactors(rule, c.active);
  return rule.vjp(c).map((g, i) => g && (factors.includes(i) ? c.b.scale(g, 1 / factors.length) : g));
};

/** s = R_z / (z + ε sign z), R_x = x ⊙ Wᵀs (Bach et al. 2015, eq. 58): in messages g ← g · z / (z + ε sign z). */
const epsilon: Modifier = (rule, { epsilon = EPSILON }) => (c) => {
  const z = c.y[0]!;
  return rule.vjp(withMessage(c, c.b.mul(c.g, c.b.div(z, stabilised(c.b, z, epsilon)))));
};

/** By name; `detach` never reaches a rule: the compiler ends activity there. */
export const modifiers: Readonly<Record<Exclude<ModifierName, "detach">, Modifier>> = {
  gradient: (rule) => rule.vjp,
  identity,
  uniform,
  epsilon,
  gamma,
  zplus,
  alphabeta,
};
