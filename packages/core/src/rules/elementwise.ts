/**
 * Elementwise operators. `g` is the cotangent of the output, `x` the inputs, `y` the output.
 * Where an activation is x · h(x), the identity rule is the derivative with h held constant: g · h(x).
 *
 * @module
 */
import { number, text } from "../graph/graph.ts";
import { numbers, size } from "../graph/tensor.ts";
import type { Builder } from "../program/builder.ts";
import { formMissing, type OpRule, type RuleContext } from "./rule.ts";

const TWO_OVER_ROOT_PI = 2 / Math.sqrt(Math.PI);
const ROOT_TWO_OVER_PI = Math.sqrt(2 / Math.PI);
const tanhForm = (c: RuleContext): boolean => text(c.node, "approximate", "none") === "tanh";

/** Φ(x) = (1 + erf(x / √2)) / 2, the h of the exact GELU. */
const normalCdf = (b: Builder, x: string): string => b.scale(b.shift(b.erf(b.scale(x, Math.SQRT1_2)), 1), 0.5);
/** tanh(√(2/π)(x + 0.044715 x³)). */
const geluTanh = (b: Builder, x: string): string =>
  b.tanh(b.scale(b.add(x, b.scale(b.mul(b.square(x), x), 0.044715)), ROOT_TWO_OVER_PI));
const geluFactor = (c: RuleContext): string =>
  tanhForm(c) ? c.b.scale(c.b.shift(geluTanh(c.b, c.x[0]!), 1), 0.5) : normalCdf(c.b, c.x[0]!);

/** GELU' = h + x h':  h' = φ(x) exactly, or ½(1 − t²)√(2/π)(1 + 3·0.044715 x²) in the tanh form. */
function geluDerivative(c: RuleContext): string {
  const { b } = c, x = c.x[0]!;
  if (!tanhForm(c)) {
    const density = b.scale(b.exp(b.scale(b.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return b.add(normalCdf(b, x), b.mul(x, density));
  }
  const t = geluTanh(b, x), inner = b.shift(b.scale(b.square(x), 3 * 0.044715), 1);
  const slope = b.scale(b.mul(b.sub(b.scalar(1), b.square(t)), inner), 0.5 * ROOT_TWO_OVER_PI);
  return b.add(b.scale(b.shift(t, 1), 0.5), b.mul(x, slope));
}

/** 1 where a holds, 0 elsewhere, times g. */
const gate = (b: Builder, condition: string, g: string): string => b.where(condition, g, b.scalar(0));
const one = (b: Builder, a: string): string => b.sub(b.scalar(1), a);

/** Max and Min send the message to the operand that won; of equal ones the first. */
const winner = (op: "Max" | "Min"): OpRule => ({
  op,
  linear: true,
  additive: "all",
  vjp: (c) => {
    const { b, g, x, y } = c;
    let free: string | undefined; // 1 where no operand has won yet
    return x.map((xi) => {
      const wins = b.cast(b.equal(xi, y[0]!), "float32"), first = free ? b.mul(wins, free) : wins;
      free = b.sub(free ?? b.scalar(1), first);
      return b.mul(g, first);
    });
  },
});

export const elementwise: OpRule[] = [
  { op: "Add", linear: true, additive: "all", vjp: ({ g }) => [g, g] },
  { op: "Sub", linear: true, additive: "all", vjp: ({ b, g }) => [g, b.neg(g)] },
  { op: "Sum", linear: true, additive: "all", vjp: ({ g, x }) => Array<string>(x.length).fill(g) },
  {
    op: "Mean",
    linear: true,
    additive: "all",
    vjp: ({ b, g, x }) => Array<string>(x.length).fill(b.scale(g, 1 / x.length)),
  },
  { op: "Mul", linear: "each", vjp: ({ b, g, x }) => [b.mul(g, x[1]!), b.mul(g, x[0]!)] },
  // (p / q)' : 1/q and −p/q² = −y/q
  {
    op: "Div",
    linear: "first",
    vjp: ({ b, g, x, y, active }) => [b.div(g, x[1]!), active[1] ? b.neg(b.div(b.mul(g, y[0]!), x[1]!)) : null],
  },
  { op: "Neg", linear: true, vjp: ({ b, g }) => [b.neg(g)] },
  { op: "Identity", linear: true, vjp: ({ g }) => [g] },
  { op: "Dropout", linear: true, vjp: ({ g }) => [g] },
  { op: "Cast", linear: true, vjp: ({ g }) => [g] },
  {
    op: "Where",
    linear: true,
    additive: [1, 2],
    vjp: ({ b, g, x }) => [null, gate(b, x[0]!, g), b.where(x[0]!, b.scalar(0), g)],
  },
  { op: "Exp", vjp: ({ b, g, y }) => [b.mul(g, y[0]!)] },
  { op: "Log", vjp: ({ b, g, x }) => [b.div(g, x[0]!)] },
  { op: "Sqrt", vjp: ({ b, g, y }) => [b.div(b.scale(g, 0.5), y[0]!)] },
  { op: "Reciprocal", vjp: ({ b, g, y }) => [b.neg(b.mul(g, b.square(y[0]!)))] },
  { op: "Abs", linear: true, vjp: ({ b, g, x }) => [b.mul(g, b.sign(x[0]!))] },
  { op: "Erf", vjp: ({ b, g, x }) => [b.mul(g, b.scale(b.exp(b.neg(b.square(x[0]!))), TWO_OVER_ROOT_PI))] },
  { op: "Tanh", vjp: ({ b, g, y }) => [b.mul(g, one(b, b.square(y[0]!)))] }, // tanh' = 1 − tanh²
  { op: "Sigmoid", vjp: ({ b, g, y }) => [b.mul(g, b.mul(y[0]!, one(b, y[0]!)))] }, // σ' = σ(1 − σ)
  { op: "Relu", linear: true, vjp: ({ b, g, x }) => [gate(b, b.greater(x[0]!, b.scalar(0)), g)] },
  { op: "Softplus", vjp: ({ b, g, x }) => [b.mul(g, b.sigmoid(x[0]!))] }, // ln(1 + eˣ)' = σ
  { op: "Sin", vjp: ({ b, g, x, dims }) => [b.mul(g, again(b, "Cos", { x: x[0]!, dims: dims[0]! }))] },
  { op: "Cos", vjp: ({ b, g, x, dims }) => [b.neg(b.mul(g, again(b, "Sin", { x: x[0]!, dims: dims[0]! })))] },
  { op: "Gelu", vjp: (c) => [c.b.mul(c.g, geluDerivative(c))], identity: (c) => [c.b.mul(c.g, geluFactor(c))] },
  {
    op: "hyaline.Silu", // x σ(αx); α is 1 but for QuickGelu
    vjp: ({ b, g, x, node }) => {
      const alpha = (node.attributes["alpha"] as number | undefined) ?? 1, s = b.sigmoid(b.scale(x[0]!, alpha));
      return [b.mul(g, b.add(s, b.mul(b.scale(x[0]!, alpha), b.mul(s, one(b, s)))))];
    },
    identity: (
      { b, g, x, node },
    ) => [b.mul(g, b.sigmoid(b.scale(x[0]!, (node.attributes["alpha"] as number | undefined) ?? 1)))],
  },
  {
    op: "HardSigmoid",
    vjp: (
      c,
    ) => [
      c.b.mul(c.g, hardSigmoid(c, { alpha: number(c.node, "alpha", 0.2), beta: number(c.node, "beta", 0.5) }).slope),
    ],
  },
  {
    op: "HardSwish", // x · clip(x/6 + ½, 0, 1)
    vjp: (c) => {
      const { value, slope } = hardSwishGate(c);
      return [c.b.mul(c.g, c.b.add(value, c.b.mul(c.x[0]!, slope)))];
    },
    identity: (c) => [c.b.mul(c.g, hardSwishGate(c).value)],
  },
  {
    op: "Mish", // x h with h = tanh(ln(1 + eˣ)), h' = (1 − h²) σ(x)
    vjp: ({ b, g, x }) => {
      const h = mishGate(b, x[0]!);
      return [b.mul(g, b.add(h, b.mul(x[0]!, b.mul(one(b, b.square(h)), b.sigmoid(x[0]!)))))];
    },
    identity: ({ b, g, x }) => [b.mul(g, mishGate(b, x[0]!))],
  },
  {
    op: "LeakyRelu",
    linear: true,
    vjp: (
      { b, g, x, node },
    ) => [
      b.where(b.greater(x[0]!, b.scalar(0)), g, b.scale(g, (node.attributes["alpha"] as number | undefined) ?? 0.01)),
    ],
  },
  {
    op: "Elu",
    vjp: (
      { b, g, x, y, node },
    ) => [
      b.where(
        b.greater(x[0]!, b.scalar(0)),
        g,
        b.mul(g, b.shift(y[0]!, (node.attributes["alpha"] as number | undefined) ?? 1)),
      ),
    ],
  },
  {
    op: "PRelu",
    linear: true,
    vjp: ({ b, g, x }) => [b.where(b.greater(x[0]!, b.scalar(0)), g, b.mul(g, x[1]!)), null],
  },
  {
    op: "Selu", // γ x above 0, γ α (eˣ − 1) below: there the slope is y + γ α
    vjp: ({ b, g, x, y, node }) => {
      const alpha = (node.attributes["alpha"] as number | undefined) ?? 1.6732632;
      const gamma = (node.attributes["gamma"] as number | undefined) ?? 1.0507009;
      return [b.where(b.greater(x[0]!, b.scalar(0)), b.scale(g, gamma), b.mul(g, b.shift(y[0]!, gamma * alpha)))];
    },
  },
  {
    op: "Celu", // x above 0, α (e^(x/α) − 1) below: there the slope is y/α + 1
    vjp: ({ b, g, x, y, node }) => {
      const alpha = (node.attributes["alpha"] as number | undefined) ?? 1;
      return [b.where(b.greater(x[0]!, b.scalar(0)), g, b.mul(g, b.shift(b.scale(y[0]!, 1 / alpha), 1)))];
    },
  },
  {
    op: "ThresholdedRelu",
    linear: true,
    vjp: ({ b, g, x, node }) => {
      const alpha = (node.attributes["alpha"] as number | undefined) ?? 1;
      return [gate(b, b.greater(x[0]!, b.scalar(alpha)), g)];
    },
  },
  { // x / (1 + |x|): slope 1 / (1 + |x|)²; held constant, 1 / (1 + |x|) is its gate
    op: "Softsign",
    vjp: ({ b, g, x }) => [b.div(g, b.square(b.shift(b.abs(x[0]!), 1)))],
    identity: ({ b, g, x }) => [b.div(g, b.shift(b.abs(x[0]!), 1))],
  },
  {
    op: "Clip", // the message passes where the value was not clipped
    vjp: ({ b, g, x, y }) => [gate(b, b.equal(x[0]!, y[0]!), g), null, null],
  },
  {
    op: "Pow", // (xᵖ)' = p xᵖ⁻¹ in the base, xᵖ ln x in the exponent
    vjp: (c) => {
      const { b, g, x, y, active } = c, base = (): string => b.mul(g, powerSlope(c));
      return [active[0] ? base() : null, active[1] ? b.mul(g, b.mul(y[0]!, b.log(x[0]!))) : null];
    },
  },
  {
    op: "Mod", // x − p · trunc(x / p): a step now and then, else x
    vjp: (c) => {
      if (c.active[1]) throw formMissing(c, "an active divisor");
      return [c.g, null];
    },
  },
  { op: "CastLike", linear: true, vjp: ({ g }) => [g, null] },
  winner("Max"),
  winner("Min"),
];

/** p xᵖ⁻¹; powers that products write stay products. */
function powerSlope(c: RuleContext): string {
  const { b, x: [x, exponent] } = c, p = c.isKnown(1) && size(c.dims[1]!) === 1 ? numbers(c.known(1))[0]! : undefined;
  if (p === undefined) return b.mul(exponent!, b.pow(x!, b.shift(exponent!, -1)));
  if (p === 2) return b.scale(x!, 2);
  return b.scale(p === 3 ? b.square(x!) : b.pow(x!, b.scalar(p - 1)), p);
}

/** An elementwise operator that is no primitive, on a forward value. */
function again(b: Builder, op: string, { x, dims }: { x: string; dims: readonly number[] }): string {
  return b.forward({ op, domain: "", inputs: [x], outputs: [b.fresh(op.toLowerCase())], attributes: {} }, [{
    dtype: "float32",
    dims,
  }])[0]!;
}

/** clip(αx + β, 0, 1) and its slope. */
function hardSigmoid(
  { b, x }: RuleContext,
  { alpha, beta }: { alpha: number; beta: number },
): { value: string; slope: string } {
  const line = b.shift(b.scale(x[0]!, alpha), beta),
    zero = b.scalar(0),
    one = b.scalar(1),
    value = b.min(b.max(line, zero), one);
  return { value, slope: b.where(b.equal(line, value), b.scalar(alpha), zero) };
}
const hardSwishGate = (c: RuleContext) => hardSigmoid(c, { alpha: 1 / 6, beta: 0.5 });

/** tanh(ln(1 + eˣ)), the h of Mish; ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|) does not overflow. */
const mishGate = (b: Builder, x: string): string => b.tanh(b.add(b.relu(x), b.log(b.shift(b.exp(b.neg(b.abs(x))), 1))));
