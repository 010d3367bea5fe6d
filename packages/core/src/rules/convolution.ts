/**
 * Convolutions and pooling over [batch, channels, …space].
 *
 * A convolution reads a large tensor through a window and writes a small one, y[m, o] = Σ w[m, c, k] x[c, o·stride + k·dilation − begin];
 * its transpose spreads the small one back, dx[c, i] = Σ w[m, c, k] g[m, o] over all (o, k) that read i. A transposed convolution is
 * the same pair with the parts exchanged.
 *
 * @module
 */
import { ints, number, text } from "../graph/graph.ts";
import { size } from "../graph/tensor.ts";
import { formMissing, type OpRule, type RuleContext } from "./rule.ts";
import { reaches, spread, tapped, type Window, windowOf } from "./window.ts";

/** The window of a convolution whose weights are input 1. */
const convolutionWindow = (c: RuleContext): Window =>
  windowOf(c, { kernel: c.dims[1]!.slice(2), large: c.dims[0]!.slice(2), small: c.outDims[0]!.slice(2) });

/** The window of a transposed convolution: it reads its own output. */
function transposedWindow(c: RuleContext): Window {
  if (ints(c.node, "output_shape") || text(c.node, "auto_pad", "NOTSET").startsWith("SAME")) {
    throw formMissing(c, "a given output shape");
  }
  return windowOf(c, { kernel: c.dims[1]!.slice(2), large: c.outDims[0]!.slice(2), small: c.dims[0]!.slice(2) });
}

/** Attributes of a convolution from the large tensor to the small one. */
function reading({ strides, dilations, begins, kernel, large, small }: Window, group: number) {
  const ends = reaches({ strides, dilations, kernel, small }).map((reach, i) =>
    Math.max(0, reach - begins[i]! - large[i]!)
  );
  return { strides, dilations, group, pads: [...begins, ...ends] };
}

/** Gradient of the weights [small channels, large channels / group, …kernel]: Σ over batch and places of small ⊗ large, tap by tap. */
function weightsBack(c: RuleContext, [small, large]: readonly [string, string], window: Window): string {
  const { b } = c, group = number(c.node, "group", 1), places = size(window.small);
  const [n, m] = b.dims(small) as [number, number], channels = b.dims(large)[1]!;
  const left = b.reshape(small, [n, group, m / group, places]);
  const parts = tapped(b, large, window).map((part) => {
    const right = b.reshape(part, [n, group, channels / group, places]);
    return b.reshape(b.sum(b.matmul(left, right, { transB: true }), [0], false), [m, channels / group, 1]);
  });
  return b.reshape(b.concat(parts, 2), [m, channels / group, ...window.kernel]);
}

/** Σ of the message over all but the channels: what reaches a bias. */
const biasBack = (c: RuleContext): string | null =>
  c.has(2) ? c.b.sum(c.g, c.outDims[0]!.map((_, i) => i).filter((i) => i !== 1), false) : null;

const bias = (c: RuleContext): string => c.b.reshape(c.x[2]!, c.outDims[0]!.map((d, i) => (i === 1 ? d : 1)));

/** The largest value takes the message; the first of equal ones, as the runtime's own index does. */
function maxPoolBack(c: RuleContext): string[] {
  const { b } = c,
    dims = c.dims[0]!,
    kernel = ints(c.node, "kernel_shape") ?? [],
    out = c.outDims[0]!,
    [n, channels] = dims as [number, number];
  const window = windowOf(c, { kernel, large: dims.slice(2), small: out.slice(2) }), taps = size(kernel);
  let free: string | undefined; // 1 where no tap has won yet
  const shares = tapped(b, c.x[0]!, window, -3e38).map((value) => {
    const wins = b.cast(b.equal(value, c.y[0]!), "float32"), first = free ? b.mul(wins, free) : wins;
    free = b.sub(free ?? b.scalar(1), first);
    return b.reshape(b.mul(c.g, first), [n, channels, 1, ...out.slice(2)]);
  });
  // Channel c's tap k is a channel of its own, whose window has a one at k and zeros elsewhere.
  const ones = new Float32Array(channels * taps * taps);
  for (let row = 0; row < channels * taps; row++) ones[row * taps + (row % taps)] = 1;
  const w = b.tensor({ dtype: "float32", dims: [channels * taps, 1, ...kernel], data: ones });
  return [
    spread(b, [b.reshape(b.concat(shares, 2), [n, channels * taps, ...out.slice(2)]), w], {
      window,
      group: channels,
      channels,
    }),
  ];
}

/** Every place a window covers takes an equal share; padding counts where the operator counts it. */
function averagePoolBack(c: RuleContext): string[] {
  const { b } = c,
    dims = c.dims[0]!,
    kernel = ints(c.node, "kernel_shape") ?? [],
    small = c.outDims[0]!.slice(2),
    large = dims.slice(2),
    channels = dims[1]!;
  const window = windowOf(c, { kernel, large, small }),
    padded = number(c.node, "count_include_pad", 0) === 1,
    pads = ints(c.node, "pads");
  const covered = kernel.map((k, axis) =>
    Array.from({ length: small[axis]! }, (_, o) => {
      const from = padded ? -window.begins[axis]! : 0,
        to = large[axis]! + (padded ? pads?.[kernel.length + axis] ?? 0 : 0);
      const start = o * window.strides[axis]! - window.begins[axis]!;
      return Array.from({ length: k }, (_, tap) => start + tap * window.dilations[axis]!).filter((i) =>
        i >= from && i < to
      ).length;
    })
  );
  const counts = covered.reduce<number[]>((all, axis) => all.flatMap((count) => axis.map((more) => count * more)), [1]);
  const share = b.tensor({
    dtype: "float32",
    dims: [1, 1, ...small],
    data: Float32Array.from(counts, (count) => 1 / count),
  });
  const ones = b.tensor({
    dtype: "float32",
    dims: [channels, 1, ...kernel],
    data: new Float32Array(channels * size(kernel)).fill(1),
  });
  return [spread(b, [b.mul(c.g, share), ones], { window, group: channels, channels })];
}

export const convolution: OpRule[] = [
  {
    op: "Conv",
    linear: "each",
    additive: [2],
    bias,
    product: (c, [x, w]) =>
      c.b.convolution("Conv", [x, w], {
        attributes: reading(convolutionWindow(c), number(c.node, "group", 1)),
        dims: c.outDims[0]!,
      }),
    vjp: (c) => {
      const window = convolutionWindow(c), group = number(c.node, "group", 1);
      return [
        c.active[0] ? spread(c.b, [c.g, c.x[1]!], { window, group, channels: c.dims[0]![1]! }) : null,
        c.active[1] ? weightsBack(c, [c.g, c.x[0]!], window) : null,
        biasBack(c),
      ];
    },
  },
  {
    op: "ConvTranspose",
    linear: "each",
    additive: [2],
    bias,
    product: (c, operands) =>
      spread(c.b, operands, {
        window: transposedWindow(c),
        group: number(c.node, "group", 1),
        channels: c.outDims[0]![1]!,
      }),
    vjp: (c) => {
      const window = transposedWindow(c), group = number(c.node, "group", 1);
      return [
        c.active[0]
          ? c.b.convolution("Conv", [c.g, c.x[1]!], { attributes: reading(window, group), dims: c.dims[0]! })
          : null,
        c.active[1] ? weightsBack(c, [c.x[0]!, c.g], window) : null,
        biasBack(c),
      ];
    },
  },
  { op: "MaxPool", linear: true, vjp: maxPoolBack },
  { op: "AveragePool", linear: true, vjp: averagePoolBack },
];
