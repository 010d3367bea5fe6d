/**
 * Modifiers turn one vector-Jacobian product into another. The invariant of all of them: for every tensor t the message g
 * is kept such that its relevance is R = t ⊙ g (the "efficient form", Arras et al. 2025).
 *
 * @module
 */
import { broken } from "../errors.ts";
import type { Builder } from "../program/builder.ts";
import { activeFactors, type OpRule, type RuleContext, type Vjp } from "../rules/rule.ts";
import type { CompositeEntry, ModifierName } from "./composite.ts";

type Options = NonNullable<CompositeEntry["options"]>;
type Modifier = (rule: OpRule, options: Options) => Vjp;

const EPSILON = 1e-6;
const TINY = 1e-12;

/** z + ε·sign(z) with sign(0) = +1: never zero, never of the wrong sign. */
function stabilised(b: Builder, z: string, epsilon: number): string {
  return b.where(b.less(z, b.scalar(0)), b.shift(z, -epsilon), b.shift(z, epsilon));
}

/** R_x = R_y for y = f(x): g_x = g · f(x)/x, and g · f′(0) where x is zero. */
const identity: Modifier = (rule) => rule.identity ?? ((c) => {
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

/**
 * The γ-rule for inputs of either sign (zennit's Gamma): with x± and w± the positive and negative parts and w↑ = w + γw⁺, w↓ = w + γw⁻,
 *   z_j > 0:  s⁺_j = R_j / (x⁺w↑ + x⁻w↓)_j        z_j ≤ 0:  s⁻_j = R_j / (x⁺w↓ + x⁻w↑)_j
 *   R_x = x⁺ ⊙ (w↑ᵀs⁺ + w↓ᵀs⁻) + x⁻ ⊙ (w↓ᵀs⁺ + w↑ᵀs⁻).
 * Since x is x⁺ where positive and x⁻ elsewhere, the message is the bracket that belongs to the sign of x: no division by x.
 */
const gamma: Modifier = (rule, { gamma = 0.25 }) => (c) =>
  bySign(rule, c, (b, w) => ({
    up: b.add(w, b.scale(b.max(w, b.scalar(0)), gamma)),
    down: b.add(w, b.scale(b.min(w, b.scalar(0)), gamma)),
  }));

/** α R⁺ − β R⁻ with α − β = 1: the shares of the positive and of the negative contributions apart (Bach et al. 2015, eq. 60). */
const alphabeta: Modifier = (rule, { alpha = 2, beta = 1 }) => (c) => {
  const { b } = c, data = c.active[0] ? 0 : 1, x = c.x[data]!, w = c.x[1 - data]!, zero = b.scalar(0), relevance = b.mul(c.g, c.y[0]!);
  const above = b.max(x, zero), below = b.min(x, zero), positive = b.max(w, zero), negative = b.min(w, zero);
  /** Messages for positive and for negative x, of the contributions x⁺p + x⁻q. */
  const part = ([p, q]: readonly [string, string], factor: number): [string, string] => {
    const z = b.add(product(rule, c, [above, p]), product(rule, c, [below, q]));
    const s = b.scale(b.div(relevance, stabilised(b, z, EPSILON)), factor);
    return [back(rule, c, s, p), back(rule, c, s, q)];
  };
  const [p1, p2] = part([positive, negative], alpha);
  if (beta === 0) return onActive(c, b.where(b.greater(x, zero), p1, p2));
  const [n1, n2] = part([negative, positive], -beta);
  return onActive(c, b.where(b.greater(x, zero), b.add(p1, n1), b.add(p2, n2)));
};

/** Only positive contributions count: α = 1, β = 0. */
const zplus: Modifier = (rule) => alphabeta(rule, { alpha: 1, beta: 0 });

function bySign(rule: OpRule, c: RuleContext, split: (b: Builder, w: string) => { up: string; down: string }): readonly (string | null)[] {
  const { b } = c, data = c.active[0] ? 0 : 1, x = c.x[data]!, { up, down } = split(b, c.x[1 - data]!);
  const above = b.max(x, b.scalar(0)), below = b.min(x, b.scalar(0)), z = c.y[0]!, relevance = b.mul(c.g, z);
  const won = b.greater(z, b.scalar(0)), zero = b.scalar(0);
  const positive = b.add(product(rule, c, [above, up]), product(rule, c, [below, down])), negative = b.add(product(rule, c, [above, down]), product(rule, c, [below, up]));
  const s1 = b.where(won, b.div(relevance, stabilised(b, positive, EPSILON)), zero);
  const s2 = b.where(won, zero, b.div(relevance, stabilised(b, negative, EPSILON)));
  const forPositive = b.add(back(rule, c, s1, up), back(rule, c, s2, down)), forNegative = b.add(back(rule, c, s1, down), back(rule, c, s2, up));
  return onActive(c, b.where(b.greater(x, zero), forPositive, forNegative));
}

/** The layer's product with other operands; its bias, if any, stands out of the rule. */
function product(rule: OpRule, c: RuleContext, [x, w]: readonly [string, string]): string {
  if (!rule.product) throw broken(`"${rule.op}" is a product of data and weights`);
  return rule.product(c, c.active[0] ? [x, w] : [w, x]);
}
/** Wᵀs: the rule's own derivative with another message and other weights. */
function back(rule: OpRule, c: RuleContext, s: string, w: string): string {
  const data = c.active[0] ? 0 : 1, x = c.x.map((_, i) => i).map((i) => (i === 1 - data ? w : c.x[i]!));
  const found = rule.vjp(withMessage(c, s, x))[data]!;
  return c.b.unbroadcast(found, c.dims[data]!);
}
const onActive = (c: RuleContext, g: string): (string | null)[] => c.active.map((_, i) => (i === (c.active[0] ? 0 : 1) ? g : null));

/** The same context with another message, and perhaps other operands. The getters of the rest stay lazy. */
function withMessage(c: RuleContext, g: string, x?: readonly string[]): RuleContext {
  return Object.create(c, { g: { value: g }, gs: { value: [g] }, ...(x ? { x: { value: x } } : {}) }) as RuleContext;
}

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
