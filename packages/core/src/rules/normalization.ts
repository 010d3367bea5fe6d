/**
 * Norms and the softmax.
 *
 * Under the modifier `identity` a norm's 1/σ is a constant (AttnLRP, Achtibat et al. 2024, Prop. 3.4): what is left is linear.
 *
 * @module
 */
import { ints, number } from "../graph/graph.ts";
import { size } from "../graph/tensor.ts";
import type { OpRule, RuleContext, Vjp } from "./rule.ts";

/** The axes a norm runs over: `axis` and all after it. */
function normAxes(c: RuleContext): number[] {
  const rank = c.dims[0]!.length, from = (number(c.node, "axis", -1) + rank) % rank;
  return Array.from({ length: rank - from }, (_, i) => from + i);
}

/** y = ŵ (x − μ)/σ + β.  dx = (w − mean w − x̂ · mean(w x̂))/σ with w = g·scale; the last term is σ's and is left out where σ is constant. */
const layerNorm = (sigmaIsConstant: boolean): Vjp => (c) => {
  const { b, g } = c, axes = normAxes(c), centred = b.sub(c.x[0]!, b.mean(c.x[0]!, axes));
  const sigma = b.sqrt(b.shift(b.mean(b.square(centred), axes), number(c.node, "epsilon", 1e-5))),
    unit = b.div(centred, sigma);
  const w = b.mul(g, c.x[1]!), flat = b.sub(w, b.mean(w, axes));
  const dx = sigmaIsConstant ? flat : b.sub(flat, b.mul(unit, b.mean(b.mul(w, unit), axes)));
  return [b.div(dx, sigma), b.mul(g, unit), g];
};

/** y = scale · x / rms.  dx = (w − x̂ · mean(w x̂))/rms. */
const rmsNorm = (rmsIsConstant: boolean): Vjp => (c) => {
  const { b, g } = c, axes = normAxes(c), x = c.x[0]!;
  const rms = b.sqrt(b.shift(b.mean(b.square(x), axes), number(c.node, "epsilon", 1e-5))), w = b.mul(g, c.x[1]!);
  const unit = b.div(x, rms);
  return [
    rmsIsConstant ? b.div(w, rms) : b.div(b.sub(w, b.mul(unit, b.mean(b.mul(w, unit), axes))), rms),
    b.mul(g, unit),
  ];
};

/** The norm of each group of channels of [batch, channels, …space]: a layer norm over [channels of the group, …space]. */
const groupNorm = (groupsOf: (c: RuleContext) => number, sigmaIsConstant: boolean): Vjp => (c) => {
  const { b } = c,
    dims = c.dims[0]!,
    [n, channels] = dims as [number, number],
    groups = groupsOf(c),
    grouped = [n, groups, size(dims) / Math.max(1, n * groups)];
  const per = (t: string): string => b.reshape(t, dims.map((d, i) => (i === 1 ? d : 1))),
    view = (t: string): string => b.reshape(t, grouped);
  const x = view(c.x[0]!),
    centred = b.sub(x, b.mean(x, [2])),
    sigma = b.sqrt(b.shift(b.mean(b.square(centred), [2]), number(c.node, "epsilon", 1e-5)));
  const unit = b.div(centred, sigma), w = view(b.mul(c.g, per(c.x[1]!))), flat = b.sub(w, b.mean(w, [2]));
  const dx = sigmaIsConstant ? flat : b.sub(flat, b.mul(unit, b.mean(b.mul(w, unit), [2])));
  const others = dims.map((_, i) => i).filter((i) => i !== 1),
    perChannel = (t: string): string => b.reshape(b.sum(t, others), [channels]);
  return [b.reshape(b.div(dx, sigma), dims), perChannel(b.mul(c.g, b.reshape(unit, dims))), perChannel(c.g)];
};
const order = (c: RuleContext): number => number(c.node, "p", 2);
/** ‖x‖ along the axis, of order 1 or 2. */
function lengthOf(c: RuleContext): string {
  const { b } = c, x = c.x[0]!, axes = [number(c.node, "axis", -1)];
  return order(c) === 1 ? b.sum(b.abs(x), axes) : b.sqrt(b.sum(b.square(x), axes));
}

/** y = (x − μ)/σ without scale or bias, over the axes named: dx = (g − mean g − y · mean(g y))/σ. */
const standardised = (sigmaIsConstant: boolean): Vjp => (c) => {
  const { b, g, y: [y] } = c, axes = ints(c.node, "axes") ?? [0, 2, 3], centred = b.sub(c.x[0]!, b.mean(c.x[0]!, axes));
  const sigma = b.shift(b.sqrt(b.mean(b.square(centred), axes)), 1e-9), flat = b.sub(g, b.mean(g, axes));
  return [b.div(sigmaIsConstant ? flat : b.sub(flat, b.mul(y!, b.mean(b.mul(g, y!), axes))), sigma)];
};
const everyChannel = (c: RuleContext): number => c.dims[0]![1]!,
  namedGroups = (c: RuleContext): number => number(c.node, "num_groups", 1);

export const normalization: OpRule[] = [
  { op: "LayerNormalization", additive: [2], vjp: layerNorm(false), identity: layerNorm(true) },
  { op: "RMSNormalization", vjp: rmsNorm(false), identity: rmsNorm(true) },
  {
    op: "InstanceNormalization",
    additive: [2],
    vjp: groupNorm(everyChannel, false),
    identity: groupNorm(everyChannel, true),
  },
  {
    op: "GroupNormalization",
    additive: [2],
    vjp: groupNorm(namedGroups, false),
    identity: groupNorm(namedGroups, true),
  },
  {
    op: "BatchNormalization", // inference: y = scale (x − mean)/√(var + ε) + bias, per channel; mean and bias enter by addition
    linear: true,
    additive: [2, 3],
    vjp: (c) => {
      const { b } = c, per = c.dims[0]!.map((d, i) => (i === 1 ? d : 1));
      const factor = b.div(c.x[1]!, b.sqrt(b.shift(c.x[4]!, number(c.node, "epsilon", 1e-5))));
      const bias = b.sum(c.g, c.dims[0]!.map((_, i) => i).filter((i) => i !== 1), false);
      return [b.mul(c.g, b.reshape(factor, per)), null, bias, b.neg(b.mul(bias, factor)), null];
    },
  },
  {
    op: "LpNormalization", // y = x/‖x‖: dx = (g − x̂ · Σ g y)/‖x‖ with x̂ = y for p = 2, sign x for p = 1
    vjp: (c) => {
      const { b, g, y: [y] } = c, along = b.sum(b.mul(g, y!), [number(c.node, "axis", -1)]);
      return [b.div(b.sub(g, b.mul(order(c) === 1 ? b.sign(c.x[0]!) : y!, along)), lengthOf(c))];
    },
    identity: (c) => [c.b.div(c.g, lengthOf(c))],
  },
  {
    op: "MeanVarianceNormalization",
    vjp: standardised(false),
    identity: standardised(true),
  },
  {
    op: "Softmax", // dx = y (g − Σ g y)
    vjp: ({ b, g, y, node }) => [b.mul(y[0]!, b.sub(g, b.sum(b.mul(g, y[0]!), [number(node, "axis", -1)])))],
  },
  {
    op: "LogSoftmax", // dx = g − softmax · Σ g
    vjp: ({ b, g, y, node }) => [b.sub(g, b.mul(b.exp(y[0]!), b.sum(g, [number(node, "axis", -1)])))],
  },
];
