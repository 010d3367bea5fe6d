/**
 * Operators that sum up along axes.
 *
 * @module
 */
import type { TensorType } from "../tensor.ts";
import { each, flat, resized, strides, without } from "./layout.ts";
import type { ShapeRule, Site } from "./site.ts";

/** Which axes go; none given means all, unless `noop_with_empty_axes`. */
function reduced(s: Site): boolean[] {
  const axes = s.axes(1, s.rank(0));
  if (!axes?.length) return s.dims(0).map(() => s.number("noop_with_empty_axes", 0) === 0);
  return s.dims(0).map((_, axis) => axes.includes(axis));
}
const keeps = (s: Site): boolean => s.number("keepdims", 1) === 1;

const reduction = (op: string, join?: (elements: readonly number[]) => number): ShapeRule => ({
  op,
  types: (s) => {
    const gone = reduced(s);
    return [{
      dtype: s.dtype(0),
      dims: keeps(s) ? s.dims(0).map((d, i) => (gone[i] ? 1 : d)) : s.dims(0).filter((_, i) => !gone[i]),
    }];
  },
  ...(join && {
    values: (s: Site) => {
      const x = s.read(0),
        steps = strides(s.dims(0)),
        gone = reduced(s),
        outer = s.dims(0).map((d, i) => (gone[i] ? 1 : d));
      const inner = s.dims(0).map((d, i) => (gone[i] ? d : 1)), offsets = each(inner, (at) => flat(at, steps));
      return [each(outer, (at) => join(offsets.map((o) => x[flat(at, steps) + o]!)))];
    },
  }),
});

const extreme = (op: string, better: (a: number, b: number) => boolean): ShapeRule => ({
  op,
  types: (s): TensorType[] => {
    const axis = s.axis(s.number("axis", 0), s.rank(0));
    return [{ dtype: "int64", dims: keeps(s) ? resized(s.dims(0), axis, 1) : without(s.dims(0), axis) }];
  },
  values: (s) => {
    const axis = s.axis(s.number("axis", 0), s.rank(0)),
      x = s.read(0),
      steps = strides(s.dims(0)),
      last = s.number("select_last_index", 0) === 1;
    return [each(resized(s.dims(0), axis, 1), (at) => {
      let best = 0;
      for (let k = 1; k < s.dims(0)[axis]!; k++) {
        const here = x[flat(resized(at, axis, k), steps)]!, there = x[flat(resized(at, axis, best), steps)]!;
        if (better(here, there) || (last && here === there)) best = k;
      }
      return best;
    })];
  },
});

const sum = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0);

/** Operators of the standard domain that reduce. */
export const reductions: readonly ShapeRule[] = [
  reduction("ReduceSum", sum),
  reduction("ReduceMean", (x) => sum(x) / x.length),
  reduction("ReduceProd", (x) => x.reduce((a, b) => a * b, 1)),
  reduction("ReduceMax", (x) => Math.max(...x)),
  reduction("ReduceMin", (x) => Math.min(...x)),
  reduction("ReduceSumSquare", (x) => sum(x.map((v) => v * v))),
  reduction("ReduceL1", (x) => sum(x.map(Math.abs))),
  reduction("ReduceL2", (x) => Math.sqrt(sum(x.map((v) => v * v)))),
  reduction("ReduceLogSum"),
  reduction("ReduceLogSumExp"),
  extreme("ArgMax", (a, b) => a > b),
  extreme("ArgMin", (a, b) => a < b),
  {
    op: "CumSum",
    types: (s) => [s.type(0)],
    values: (s) => {
      const axis = s.axis(s.scalar(1), s.rank(0)), x = s.read(0), steps = strides(s.dims(0)), length = s.dims(0)[axis]!;
      const [exclusive, reverse] = [s.number("exclusive", 0), s.number("reverse", 0)];
      return [each(s.dims(0), (at) => {
        const k = at[axis]!, [from, to] = reverse ? [k + exclusive, length] : [0, k + 1 - exclusive];
        let total = 0;
        for (let i = from; i < to; i++) total += x[flat(resized(at, axis, i), steps)]!;
        return total;
      })];
    },
  },
];
