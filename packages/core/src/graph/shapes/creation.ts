/**
 * Operators that make a tensor from a shape, a range or a constant, and those that speak of shapes.
 *
 * @module
 */
import { numbers, size, type Tensor } from "../tensor.ts";
import { elementType } from "./elementwise.ts";
import { each, flat, strides } from "./layout.ts";
import type { ShapeRule, Site } from "./site.ts";

/** The dims that Shape gives: `start` and `end` since opset 15. */
function visible(s: Site): readonly number[] {
  const end = s.attribute("end") as number | undefined;
  return s.dims(0).slice(s.number("start", 0), end);
}
const rangeLength = (s: Site): number => Math.max(0, Math.ceil((s.scalar(1) - s.scalar(0)) / s.scalar(2)));

const likeInput = (op: string): ShapeRule => ({
  op,
  types: (s) => [{ dtype: elementType(s, "dtype", s.dtype(0)), dims: s.dims(0) }],
});
const random = (op: string): ShapeRule => ({
  op,
  types: (s) => [{ dtype: elementType(s, "dtype", "float32"), dims: s.ints("shape") ?? [] }],
});

/** Operators of the standard domain that create. */
export const creation: readonly ShapeRule[] = [
  { op: "Shape", types: (s) => [{ dtype: "int64", dims: [visible(s).length] }], values: (s) => [visible(s)] },
  { op: "Size", types: () => [{ dtype: "int64", dims: [] }], values: (s) => [[size(s.dims(0))]] },
  {
    op: "ConstantOfShape",
    types: (s) => [{ dtype: (s.attribute("value") as Tensor | undefined)?.dtype ?? "float32", dims: [...s.read(0)] }],
    values: (s, [y]) => {
      const value = s.attribute("value") as Tensor | undefined;
      return [Array<number>(size(y!.dims)).fill(value ? numbers(value)[0]! : 0)];
    },
  },
  {
    op: "Range",
    types: (s) => [{ dtype: s.dtype(0), dims: [rangeLength(s)] }],
    values: (s, [y]) => [Array.from({ length: size(y!.dims) }, (_, i) => s.scalar(0) + i * s.scalar(2))],
  },
  {
    op: "EyeLike",
    types: (s) => [{ dtype: elementType(s, "dtype", s.dtype(0)), dims: s.dims(0) }],
    values: (s, [y]) => [each(y!.dims, ([row, column]) => Number(row! + s.number("k", 0) === column))],
  },
  {
    op: "Trilu",
    types: (s) => [s.type(0)],
    values: (s, [y]) => {
      const x = s.read(0), steps = strides(y!.dims), k = s.scalar(1, 0), upper = s.number("upper", 1) === 1;
      return [each(y!.dims, (at) => {
        const ahead = at.at(-1)! - at.at(-2)! - k;
        return (upper ? ahead >= 0 : ahead <= 0) ? x[flat(at, steps)]! : 0;
      })];
    },
  },
  likeInput("RandomNormalLike"),
  likeInput("RandomUniformLike"),
  likeInput("Bernoulli"),
  random("RandomNormal"),
  random("RandomUniform"),
];
