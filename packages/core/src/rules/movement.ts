/**
 * Operators that move elements and compute nothing: their transpose moves the message back.
 * All are linear; a part that came from a constant takes its share with it.
 *
 * @module
 */
import { ints, number, text } from "../graph/graph.ts";
import { numbers } from "../graph/tensor.ts";
import type { OpRule, RuleContext } from "./rule.ts";

/** The message takes the shape of the input. */
const reshaped = (op: string): OpRule => ({ op, linear: true, vjp: ({ b, g, dims }) => [b.reshape(g, dims[0]!)] });
const wrap = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** ONNX's slice of one axis, bounds clamped as the standard says. */
function range(start: number, end: number, step: number, length: number): { first: number; count: number } {
  const low = step > 0 ? 0 : -1, high = step > 0 ? length : length - 1;
  const clamp = (i: number): number => Math.min(Math.max(i < 0 ? i + length : i, low), high);
  const first = clamp(start), last = end < -length ? low : clamp(end);
  return { first, count: Math.max(0, Math.ceil((last - first) / step)) };
}

function sliceBack(c: RuleContext): string[] {
  const { b } = c, dims = c.dims[0]!, starts = numbers(c.known(1)), ends = numbers(c.known(2));
  const axes = c.has(3) ? numbers(c.known(3)) : starts.map((_, i) => i),
    steps = c.has(4) ? numbers(c.known(4)) : starts.map(() => 1);
  let { g } = c;
  starts.forEach((start, i) => {
    const axis = wrap(axes[i]!, dims.length),
      length = dims[axis]!,
      step = steps[i]!,
      { first, count } = range(start, ends[i]!, step, length);
    const rows = Array.from({ length: count }, (_, k) => first + k * step);
    g = step === 1
      ? b.pad(g, axis, { before: first, after: length - first - count })
      : placed(c, g, { axis, rows, length });
  });
  return [g];
}

function padBack(c: RuleContext): string[] {
  const mode = text(c.node, "mode", "constant");
  const dims = c.dims[0]!, axes = c.has(3) ? numbers(c.known(3)) : dims.map((_, i) => i), pads = numbers(c.known(1));
  let { g } = c;
  axes.forEach((named, i) => {
    const axis = wrap(named, dims.length), before = pads[i]!, after = pads[axes.length + i]!, length = dims[axis]!;
    if (mode === "constant" || (before <= 0 && after <= 0)) {
      g = c.b.slice(g, axis, { start: Math.max(before, 0), end: Math.max(before, 0) + length + Math.min(before, 0) });
      if (before < 0) g = c.b.pad(g, axis, { before: -before, after: 0 });
      return;
    }
    const rows = Array.from({ length: before + length + after }, (_, k) => mirrored(k - before, { mode, length }));
    g = placed(c, g, { axis, rows, length });
  });
  return [g];
}

/** Which element stands at place k of a padded axis. */
function mirrored(k: number, { mode, length }: { mode: string; length: number }): number {
  if (mode === "edge") return Math.min(Math.max(k, 0), length - 1);
  if (mode === "wrap") return ((k % length) + length) % length;
  const period = Math.max(1, 2 * (length - 1)), place = ((k % period) + period) % period; // reflect
  return Math.min(place, period - place);
}

/** Adds slice k of g to slice `rows[k]` of an axis that is `length` long. */
function placed(
  { b }: RuleContext,
  g: string,
  { axis, rows, length }: { axis: number; rows: readonly number[]; length: number },
): string {
  const indices = b.tensor({ dtype: "int64", dims: [rows.length], data: BigInt64Array.from(rows, BigInt) });
  return b.scatterAdd(g, indices, { axis, dims: b.dims(g).map((d, i) => (i === axis ? length : d)) });
}

/** Blocks of s × s places and channels, [n, channels, height, width] of the deep side: how they are seen and turned. */
function blocks(c: RuleContext, deep: readonly number[]): { seen: number[]; turned: number[]; perm: number[] } {
  const s = number(c.node, "blocksize", 1), [n, channels, h, w] = deep as [number, number, number, number];
  const thin = channels / (s * s), columnsFirst = text(c.node, "mode", "DCR") === "CRD";
  const seen = columnsFirst ? [n, thin, s, s, h, w] : [n, s, s, thin, h, w];
  const perm = columnsFirst ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2];
  return { seen, turned: perm.map((p) => seen[p]!), perm };
}
const inverse = (perm: readonly number[]): number[] => perm.map((_, i) => perm.indexOf(i));

export const movement: OpRule[] = [
  reshaped("Reshape"),
  reshaped("Flatten"),
  reshaped("Squeeze"),
  reshaped("Unsqueeze"),
  { op: "Expand", linear: true, vjp: ({ g }) => [g] }, // the compiler unbroadcasts
  {
    op: "Transpose",
    linear: true,
    vjp: ({ b, g, node, dims }) => {
      const perm = ints(node, "perm") ?? dims[0]!.map((_, i) => dims[0]!.length - 1 - i), back: number[] = [];
      perm.forEach((p, i) => (back[p] = i));
      return [b.transpose(g, back)];
    },
  },
  {
    op: "Concat",
    linear: true,
    additive: "all",
    vjp: ({ b, g, node, dims }) => {
      const axis = wrap(number(node, "axis", 0), dims[0]!.length);
      let at = 0;
      return dims.map((d) => b.slice(g, axis, { start: at, end: at += d[axis]! }));
    },
  },
  {
    op: "Split",
    linear: true,
    vjp: ({ b, gs, node, dims, outDims }) => {
      const parts = outDims.map((d, i) => gs[i] ?? b.zeros(d));
      return [b.concat(parts, wrap(number(node, "axis", 0), dims[0]!.length))];
    },
  },
  { op: "Slice", linear: true, vjp: sliceBack },
  { op: "Pad", linear: true, vjp: padBack },
  {
    op: "DepthToSpace",
    linear: true,
    vjp: (c) => {
      const { turned, perm } = blocks(c, c.dims[0]!), { b, g } = c;
      return [b.reshape(b.transpose(b.reshape(g, turned), inverse(perm)), c.dims[0]!)];
    },
  },
  {
    op: "SpaceToDepth", // the way back of DepthToSpace
    linear: true,
    vjp: (c) => {
      const { seen, perm } = blocks(c, c.outDims[0]!), { b, g } = c;
      return [b.reshape(b.transpose(b.reshape(g, seen), perm), c.dims[0]!)];
    },
  },
  {
    op: "Tile", // each axis n·d is seen as [n, d] and summed over n
    linear: true,
    vjp: ({ b, g, dims, known }) => {
      const repeats = numbers(known(1)), seen = dims[0]!.flatMap((d, i) => [repeats[i]!, d]);
      return [b.reshape(b.sum(b.reshape(g, seen), repeats.map((_, i) => 2 * i)), dims[0]!)];
    },
  },
  {
    op: "Trilu", // keeps a triangle: the same triangle of the message
    linear: true,
    vjp: (c) => {
      const { b, g, node, dims } = c,
        [rows, columns] = dims[0]!.slice(-2) as [number, number],
        upper = number(node, "upper", 1) === 1,
        data = new Float32Array(rows * columns);
      const k = c.has(1) ? numbers(c.known(1))[0]! : 0; // the diagonal meant
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) data[i * columns + j] = (upper ? j >= i + k : j <= i + k) ? 1 : 0;
      }
      return [b.mul(g, b.tensor({ dtype: "float32", dims: [rows, columns], data })), null];
    },
  },
];
