/**
 * Operators that read or write at indices held in a tensor, and those that order or find elements.
 *
 * @module
 */
import { size, type TensorType } from "../tensor.ts";
import { each, flat, resized, strides } from "./layout.ts";
import type { ShapeRule, Site } from "./site.ts";

const wrap = (k: number, length: number): number => (k < 0 ? k + length : k);
const axisOf = (s: Site, fallback: number): number => s.axis(s.number("axis", fallback), s.rank(0));

/** How Scatter joins a new element to what is there. */
const joins: Readonly<Record<string, (old: number, update: number) => number>> = {
  none: (_, u) => u,
  add: (o, u) => o + u,
  mul: (o, u) => o * u,
  max: Math.max,
  min: Math.min,
};

function gatherND(s: Site): { batch: number; depth: number; dims: number[] } {
  const batch = s.number("batch_dims", 0), at = s.dims(1), depth = at.at(-1)!;
  return { batch, depth, dims: [...at.slice(0, -1), ...s.dims(0).slice(batch + depth)] };
}

/** Orders positions by element; ties keep the lower position first. */
function ordered(values: readonly number[], largest: boolean): number[] {
  return values.map((_, i) => i).sort((i, j) => (largest ? values[j]! - values[i]! : values[i]! - values[j]!) || i - j);
}

const topK = (s: Site): TensorType[] => {
  const k = s.opset < 10 ? s.number("k") : s.scalar(1), dims = resized(s.dims(0), axisOf(s, -1), k);
  return [{ dtype: s.dtype(0), dims }, { dtype: "int64", dims }];
};

/** Operators of the standard domain that index. */
export const indexing: readonly ShapeRule[] = [
  {
    op: "Gather",
    types: (s) => {
      const axis = axisOf(s, 0), x = s.dims(0);
      return [{ dtype: s.dtype(0), dims: [...x.slice(0, axis), ...s.dims(1), ...x.slice(axis + 1)] }];
    },
    values: (s, [y]) => {
      const axis = axisOf(s, 0),
        x = s.read(0),
        k = s.read(1),
        steps = strides(s.dims(0)),
        inner = strides(s.dims(1)),
        n = s.rank(1);
      return [each(y!.dims, (at) => {
        const index = wrap(k[flat(at.slice(axis, axis + n), inner)]!, s.dims(0)[axis]!);
        return x[flat([...at.slice(0, axis), index, ...at.slice(axis + n)], steps)]!;
      })];
    },
  },
  {
    op: "GatherElements",
    types: (s) => [{ dtype: s.dtype(0), dims: s.dims(1) }],
    values: (s, [y]) => {
      const axis = axisOf(s, 0), x = s.read(0), k = s.read(1), steps = strides(s.dims(0)), inner = strides(y!.dims);
      return [each(y!.dims, (at) => x[flat(resized(at, axis, wrap(k[flat(at, inner)]!, s.dims(0)[axis]!)), steps)]!)];
    },
  },
  {
    op: "GatherND",
    types: (s) => [{ dtype: s.dtype(0), dims: gatherND(s).dims }],
    values: (s, [y]) => {
      const { batch, depth } = gatherND(s),
        x = s.read(0),
        k = s.read(1),
        steps = strides(s.dims(0)),
        n = s.rank(1) - 1,
        inner = strides(s.dims(1));
      return [each(y!.dims, (at) => {
        const index = Array.from(
          { length: depth },
          (_, d) => wrap(k[flat([...at.slice(0, n), d], inner)]!, s.dims(0)[batch + d]!),
        );
        return x[flat([...at.slice(0, batch), ...index, ...at.slice(n)], steps)]!;
      })];
    },
  },
  {
    op: "ScatterND",
    types: (s) => [s.type(0)],
    values: (s) => {
      const x = [...s.read(0)],
        k = s.read(1),
        update = s.read(2),
        depth = s.dims(1).at(-1)!,
        steps = strides(s.dims(0));
      const block = size(s.dims(0).slice(depth)), join = joins[s.text("reduction", "none")]!;
      for (let i = 0; i * depth < k.length; i++) {
        let to = 0;
        for (let d = 0; d < depth; d++) to += wrap(k[i * depth + d]!, s.dims(0)[d]!) * steps[d]!;
        for (let j = 0; j < block; j++) x[to + j] = join(x[to + j]!, update[i * block + j]!);
      }
      return [x];
    },
  },
  ...["ScatterElements", "Scatter"].map((op): ShapeRule => ({
    op,
    types: (s) => [s.type(0)],
    values: (s) => {
      const axis = axisOf(s, 0),
        x = [...s.read(0)],
        k = s.read(1),
        update = s.read(2),
        steps = strides(s.dims(0)),
        inner = strides(s.dims(1));
      const join = joins[s.text("reduction", "none")]!;
      each(s.dims(1), (at) => {
        const from = flat(at, inner), to = flat(resized(at, axis, wrap(k[from]!, s.dims(0)[axis]!)), steps);
        x[to] = join(x[to]!, update[from]!);
      });
      return [x];
    },
  })),
  {
    op: "OneHot",
    types: (s) => {
      const rank = s.rank(0) + 1, axis = s.axis(s.number("axis", -1), rank), dims = [...s.dims(0)];
      dims.splice(axis, 0, s.scalar(1));
      return [{ dtype: s.dtype(2), dims }];
    },
    values: (s, [y]) => {
      const axis = s.axis(s.number("axis", -1), s.rank(0) + 1),
        k = s.read(0),
        steps = strides(s.dims(0)),
        [off, on] = s.read(2) as [number, number];
      return [
        each(
          y!.dims,
          (at) => wrap(k[flat(at.filter((_, a) => a !== axis), steps)]!, s.scalar(1)) === at[axis] ? on : off,
        ),
      ];
    },
  },
  {
    op: "TopK",
    types: topK,
    values: (s, [y]) => {
      const axis = axisOf(s, -1),
        x = s.read(0),
        steps = strides(s.dims(0)),
        out = strides(y!.dims),
        length = s.dims(0)[axis]!;
      const values = Array<number>(size(y!.dims)), places = Array<number>(size(y!.dims));
      each(resized(y!.dims, axis, 1), (at) => {
        const line = Array.from({ length }, (_, k) => x[flat(resized(at, axis, k), steps)]!);
        ordered(line, s.number("largest", 1) === 1).slice(0, y!.dims[axis]!).forEach((place, k) => {
          const to = flat(resized(at, axis, k), out);
          values[to] = line[place]!;
          places[to] = place;
        });
      });
      return [values, places];
    },
  },
  {
    op: "NonZero",
    types: (s) => [{ dtype: "int64", dims: [s.rank(0), s.read(0).filter((v) => v !== 0).length] }],
    values: (s) => {
      const x = s.read(0), steps = strides(s.dims(0)), hits: number[][] = [];
      each(s.dims(0), (at) => x[flat(at, steps)] !== 0 && hits.push([...at]));
      return [s.dims(0).flatMap((_, axis) => hits.map((hit) => hit[axis]!))];
    },
  },
  { op: "ReverseSequence", types: (s) => [s.type(0)] },
];
