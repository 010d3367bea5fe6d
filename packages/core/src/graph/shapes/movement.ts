/**
 * Operators that move elements without looking at them: reshape, transpose, slice, join, repeat, pad.
 *
 * @module
 */
import { size, type TensorType } from "../tensor.ts";
import { broadcast, each, flat, resized, spread, strides } from "./layout.ts";
import type { ShapeRule, Site } from "./site.ts";

/** Same elements in the same order. */
const reshaping = (op: string, dims: (site: Site) => number[]): ShapeRule => ({
  op,
  types: (s) => {
    const made = dims(s);
    if (size(made) !== size(s.dims(0))) throw s.malformed(`[${s.dims(0)}] does not reshape to [${made}]`);
    return [{ dtype: s.dtype(0), dims: made }];
  },
  values: (s) => [s.read(0)],
});

/** Each output element is the input element at the flat position `from(at)`. */
const moving = (
  op: string,
  dims: (s: Site) => number[],
  from: (s: Site) => (at: readonly number[]) => number,
): ShapeRule => ({
  op,
  types: (s) => [{ dtype: s.dtype(0), dims: dims(s) }],
  values: (s, [y]) => {
    const x = s.read(0), position = from(s);
    return [each(y!.dims, (at) => x[position(at)]!)];
  },
});

/** 0 keeps the input's size (unless `allowzero`), −1 takes what is left. */
function reshaped(s: Site): number[] {
  const x = s.dims(0), wanted = s.opset < 5 ? s.ints("shape") ?? [] : s.read(1);
  const dims = wanted.map((d, i) => (d === 0 && !s.number("allowzero", 0) ? x[i] ?? 0 : d));
  const rest = dims.indexOf(-1);
  if (rest >= 0) dims[rest] = size(x) / dims.reduce((p, d, i) => (i === rest ? p : p * d), 1) || 0;
  if (dims.some((d) => !Number.isSafeInteger(d) || d < 0)) throw s.malformed(`[${x}] does not reshape to [${wanted}]`);
  return dims;
}

function unsqueezed(s: Site): number[] {
  const given = s.ints("axes") ?? s.read(1),
    rank = s.rank(0) + given.length,
    axes = new Set(given.map((a) => s.axis(a, rank)));
  const rest = s.dims(0).values();
  return Array.from({ length: rank }, (_, axis) => (axes.has(axis) ? 1 : rest.next().value!));
}

function squeezed(s: Site): number[] {
  const axes = s.axes(1, s.rank(0));
  return s.dims(0).filter((d, axis) => (axes ? !axes.includes(axis) : d !== 1));
}

const permutation = (s: Site): readonly number[] => s.ints("perm") ?? s.dims(0).map((_, i) => s.rank(0) - 1 - i);

/** First index, step and count along every axis of a Slice. */
export function sliced(s: Site): { start: number; step: number; count: number }[] {
  const x = s.dims(0), old = s.opset < 10;
  const starts = old ? s.ints("starts")! : s.read(1), ends = old ? s.ints("ends")! : s.read(2);
  const axes = (old ? s.ints("axes") : s.has(3) ? s.read(3) : undefined) ?? starts.map((_, i) => i);
  const steps = !old && s.has(4) ? s.read(4) : starts.map(() => 1),
    full = x.map((d) => ({ start: 0, step: 1, count: d }));
  axes.forEach((given, i) => {
    const axis = s.axis(given, x.length), d = x[axis]!, step = steps[i]!;
    const place = (k: number, low: number, high: number) => Math.min(Math.max(k < 0 ? k + d : k, low), high);
    const [start, end] = step > 0
      ? [place(starts[i]!, 0, d), place(ends[i]!, 0, d)]
      : [place(starts[i]!, 0, d - 1), place(ends[i]!, -1, d - 1)];
    full[axis] = { start, step, count: Math.max(0, Math.ceil((end - start) / step)) };
  });
  return full;
}

/** Lengths of the parts of a Split. */
function parts(s: Site): number[] {
  const axis = s.axis(s.number("axis", 0), s.rank(0)), length = s.dims(0)[axis]!;
  const given = s.ints("split") ?? (s.has(1) ? s.read(1) : undefined);
  if (given) return [...given];
  const n = s.number("num_outputs", s.node.outputs.length), each = Math.ceil(length / n);
  return Array.from({ length: n }, (_, i) => Math.min(each, Math.max(0, length - i * each)));
}

/** Padding before and after every axis. */
function padding(s: Site): [number, number][] {
  const pads = s.opset < 11 ? s.ints("pads") ?? s.ints("paddings") ?? [] : s.read(1), rank = s.rank(0);
  const axes = s.has(3) ? s.read(3).map((a) => s.axis(a, rank)) : s.dims(0).map((_, i) => i);
  const both = s.dims(0).map((): [number, number] => [0, 0]);
  axes.forEach((axis, i) => (both[axis] = [pads[i]!, pads[i + axes.length]!]));
  return both;
}

const joined = (s: Site): number[] => {
  const axis = s.axis(s.number("axis", 1), s.rank(0)), all = s.node.inputs.map((_, i) => s.dims(i));
  for (const dims of all) {
    if (dims.length !== s.rank(0) || dims.some((d, i) => i !== axis && d !== s.dims(0)[i])) {
      throw s.malformed(`shapes ${all.map((d) => `[${d}]`).join(", ")} do not join along axis ${axis}`);
    }
  }
  return resized(s.dims(0), axis, all.reduce((sum, dims) => sum + dims[axis]!, 0));
};

/** Operators of the standard domain that only move elements. */
export const movement: readonly ShapeRule[] = [
  reshaping("Reshape", reshaped),
  reshaping("Flatten", (s) => {
    const given = s.number("axis", 1), axis = given < 0 ? given + s.rank(0) : given;
    return [size(s.dims(0).slice(0, axis)), size(s.dims(0).slice(axis))];
  }),
  reshaping("Unsqueeze", unsqueezed),
  reshaping("Squeeze", squeezed),
  moving("Transpose", (s) => permutation(s).map((p) => s.dims(0)[p]!), (s) => {
    const steps = strides(s.dims(0)), perm = permutation(s);
    return (at) => at.reduce((sum, k, axis) => sum + k * steps[perm[axis]!]!, 0);
  }),
  moving("Slice", (s) => sliced(s).map(({ count }) => count), (s) => {
    const steps = strides(s.dims(0)), along = sliced(s);
    return (at) => at.reduce((sum, k, axis) => sum + (along[axis]!.start + k * along[axis]!.step) * steps[axis]!, 0);
  }),
  moving("Tile", (s) => s.dims(0).map((d, i) => d * s.read(1)[i]!), (s) => {
    const steps = strides(s.dims(0));
    return (at) => flat(at.map((k, axis) => k % s.dims(0)[axis]!), steps);
  }),
  {
    op: "Expand",
    types: (s) => [{ dtype: s.dtype(0), dims: broadcast(s, s.dims(0), s.read(1)) }],
    values: (s, [y]) => [each(y!.dims, spread(s.read(0), s.dims(0), y!.dims.length))],
  },
  {
    op: "Concat",
    types: (s) => [{ dtype: s.dtype(0), dims: joined(s) }],
    values: (s, [y]) => {
      const axis = s.axis(s.number("axis", 1), s.rank(0)),
        from = s.node.inputs.map((_, i) => spread(s.read(i), s.dims(i), y!.dims.length));
      // `spread` stretches axes of length 1, which is harmless: the shifted index along `axis` is then 0.
      return [each(y!.dims, (at) => {
        let part = 0, k = at[axis]!;
        while (k >= s.dims(part)[axis]!) k -= s.dims(part++)[axis]!;
        return from[part]!(at.map((i, a) => (a === axis ? k : i)));
      })];
    },
  },
  {
    op: "Split",
    types: (s) => {
      const axis = s.axis(s.number("axis", 0), s.rank(0));
      return parts(s).map((length): TensorType => ({ dtype: s.dtype(0), dims: resized(s.dims(0), axis, length) }));
    },
    values: (s, outputs) => {
      const axis = s.axis(s.number("axis", 0), s.rank(0)), steps = strides(s.dims(0)), x = s.read(0);
      let before = 0;
      return outputs.map(({ dims }) => {
        const shift = before * steps[axis]!;
        before += dims[axis]!;
        return each(dims, (at) => x[flat(at, steps) + shift]!);
      });
    },
  },
  {
    op: "Pad",
    types: (s) => [{ dtype: s.dtype(0), dims: s.dims(0).map((d, i) => d + padding(s)[i]![0] + padding(s)[i]![1]) }],
    values: (s, [y]) => {
      const x = s.read(0), steps = strides(s.dims(0)), pads = padding(s), fill = s.scalar(2, s.number("value", 0));
      if (s.text("mode", "constant") !== "constant") return [];
      return [each(y!.dims, (at) => {
        const from = at.map((k, axis) => k - pads[axis]![0]);
        return from.every((k, axis) => k >= 0 && k < s.dims(0)[axis]!) ? x[flat(from, steps)]! : fill;
      })];
    },
  },
  {
    op: "DepthToSpace",
    types: (s) => {
      const [n, c, h, w] = s.dims(0) as [number, number, number, number], b = s.number("blocksize");
      return [{ dtype: s.dtype(0), dims: [n, c / (b * b), h * b, w * b] }];
    },
  },
  {
    op: "SpaceToDepth",
    types: (s) => {
      const [n, c, h, w] = s.dims(0) as [number, number, number, number], b = s.number("blocksize");
      return [{ dtype: s.dtype(0), dims: [n, c * b * b, h / b, w / b] }];
    },
  },
  {
    op: "Resize",
    types: (s) => {
      if (s.has(3)) {
        const sizes = s.read(3), axes = s.ints("axes")?.map((a) => s.axis(a, s.rank(0))) ?? s.dims(0).map((_, i) => i);
        return [{ dtype: s.dtype(0), dims: s.dims(0).map((d, i) => (axes.includes(i) ? sizes[axes.indexOf(i)]! : d)) }];
      }
      const scales = s.read(s.opset < 11 ? 1 : 2),
        axes = s.ints("axes")?.map((a) => s.axis(a, s.rank(0))) ?? s.dims(0).map((_, i) => i);
      return [{
        dtype: s.dtype(0),
        dims: s.dims(0).map((d, i) => (axes.includes(i) ? Math.floor(d * scales[axes.indexOf(i)]!) : d)),
      }];
    },
  },
];
