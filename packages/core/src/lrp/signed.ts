/**
 * Rules for layers z = Σ x w + b that treat contributions by their sign: γ, z⁺ and αβ.
 *
 * A contribution x_i w_ij is positive where x⁺ meets w⁺ or x⁻ meets w⁻. Since x is x⁺ where positive and x⁻ elsewhere, its message is the
 * one that belongs to its sign: nothing is divided by x. A bias is one more contribution, of an input that is 1: it takes its share.
 *
 * @module
 */
import { broken } from "../errors.ts";
import type { OpRule, RuleContext } from "../rules/rule.ts";
import { EPSILON, type Modifier, stabilised, withMessage } from "./modifier.ts";

/** Weights as positive and as negative inputs meet them, and the bias beside them. */
interface Side {
  readonly above: string;
  readonly below: string;
  readonly bias: string | undefined;
}

/** A layer taken apart: the data by its sign, the weights, the bias in the output's shape, and what arrives. */
class Layer {
  readonly rule: OpRule;
  readonly c: RuleContext;
  readonly data: 0 | 1;
  readonly relevance: string;
  readonly bias: string | undefined;
  readonly #parts: readonly [string, string];

  constructor(rule: OpRule, c: RuleContext) {
    const { b } = c, x = c.x[c.active[0] ? 0 : 1]!;
    this.rule = rule;
    this.c = c;
    this.data = c.active[0] ? 0 : 1;
    this.relevance = b.mul(c.g, c.y[0]!);
    this.bias = c.has(2) ? rule.bias?.(c) : undefined;
    this.#parts = [b.max(x, b.scalar(0)), b.min(x, b.scalar(0))];
  }

  get weights(): string {
    return this.c.x[1 - this.data]!;
  }

  /** Σ x⁺ above + x⁻ below + bias. */
  sum({ above, below, bias }: Side): string {
    const { rule, c, c: { b }, data } = this, [up, down] = this.#parts;
    if (!rule.product) throw broken(`"${rule.op}" is a product of data and weights`);
    const product = (x: string, w: string): string => rule.product!(c, data === 0 ? [x, w] : [w, x]);
    const both = b.add(product(up, above), product(down, below));
    return bias ? b.add(both, bias) : both;
  }

  /** Messages from shares s = R / sum of one or more sides: R_x = x⁺ ⊙ aboveᵀs + x⁻ ⊙ belowᵀs, and the bias's s. */
  back(shares: readonly { readonly s: string; readonly side: Side }[]): (string | null)[] {
    const { rule, c, c: { b }, data } = this,
      add = (parts: readonly string[]): string => parts.reduce((p, q) => b.add(p, q));
    const through = (s: string, w: string): string => {
      const x = [0, 1].map((i) => (i === data ? c.x[i]! : w));
      return b.unbroadcast(rule.vjp(withMessage(c, s, x))[data]!, c.dims[data]!);
    };
    const up = add(shares.map(({ s, side }) => through(s, side.above))),
      down = add(shares.map(({ s, side }) => through(s, side.below)));
    const messages: (string | null)[] = c.active.map(() => null);
    messages[data] = b.where(b.greater(c.x[data]!, b.scalar(0)), up, down);
    if (this.bias) {
      const zero = b.scalar(0),
        none = b.equal(this.bias, zero),
        taken = add(shares.map(({ s, side }) => b.mul(s, side.bias!)));
      const message = b.where(none, zero, b.div(taken, b.where(none, b.scalar(1), this.bias)));
      messages[2] = rule.vjp(withMessage(c, message))[2] ?? null;
    }
    return messages;
  }
}

/**
 * The γ-rule for inputs of either sign (zennit's Gamma): with w↑ = w + γw⁺ and w↓ = w + γw⁻,
 *   z_j > 0:  s⁺_j = R_j / (x⁺w↑ + x⁻w↓ + b↑)_j        z_j ≤ 0:  s⁻_j = R_j / (x⁺w↓ + x⁻w↑ + b↓)_j
 *   R_x = x⁺ ⊙ (w↑ᵀs⁺ + w↓ᵀs⁻) + x⁻ ⊙ (w↓ᵀs⁺ + w↑ᵀs⁻).
 * With the bias in them both denominators lie beyond z: none is near zero where z is not.
 */
export const gamma: Modifier = (rule, { gamma = 0.25 }) => (c) => {
  const layer = new Layer(rule, c), { b } = c, zero = b.scalar(0), won = b.greater(c.y[0]!, zero);
  const up = (t: string): string => b.add(t, b.scale(b.max(t, zero), gamma)),
    down = (t: string): string => b.add(t, b.scale(b.min(t, zero), gamma));
  const more = up(layer.weights), less = down(layer.weights);
  const positive: Side = { above: more, below: less, bias: layer.bias && up(layer.bias) },
    negative: Side = { above: less, below: more, bias: layer.bias && down(layer.bias) };
  const share = (side: Side): string => b.div(layer.relevance, stabilised(b, layer.sum(side), EPSILON));
  return layer.back([{ s: b.where(won, share(positive), zero), side: positive }, {
    s: b.where(won, zero, share(negative)),
    side: negative,
  }]);
};

/** α R⁺ − β R⁻ with α − β = 1: the shares of the positive and of the negative contributions apart (Bach et al. 2015, eq. 60). */
export const alphabeta: Modifier = (rule, { alpha = 2, beta = 1 }) => (c) => {
  const layer = new Layer(rule, c), { b } = c, zero = b.scalar(0);
  const plus = b.max(layer.weights, zero), minus = b.min(layer.weights, zero);
  const positive: Side = { above: plus, below: minus, bias: layer.bias && b.max(layer.bias, zero) };
  const negative: Side = { above: minus, below: plus, bias: layer.bias && b.min(layer.bias, zero) };
  const share = (side: Side, factor: number) => ({
    s: b.scale(b.div(layer.relevance, stabilised(b, layer.sum(side), EPSILON)), factor),
    side,
  });
  return layer.back([share(positive, alpha), ...(beta === 0 ? [] : [share(negative, -beta)])]);
};

/** Only positive contributions count: α = 1, β = 0. */
export const zplus: Modifier = (rule) => alphabeta(rule, { alpha: 1, beta: 0 });
