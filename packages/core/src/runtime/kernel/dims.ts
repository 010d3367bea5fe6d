/**
 * Arithmetic on shapes.
 *
 * @module
 */
export { size } from "../../graph/tensor.ts";

export type Dims = readonly number[];

/** Row-major steps, in elements: [12, 4, 1] for [2, 3, 4]. */
export function contiguousSteps(dims: Dims): number[] {
  const steps = new Array<number>(dims.length);
  let step = 1;
  for (let i = dims.length - 1; i >= 0; i--) {
    steps[i] = step;
    step *= dims[i]!;
  }
  return steps;
}

/** An axis counted from the end becomes one counted from the start. */
export const wrap = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** Part `index` of `of` of 0 … count, cut at multiples of `grain`. */
export function part(
  count: number,
  { index, of, grain = 1 }: { index: number; of: number; grain?: number },
): { from: number; to: number } {
  const grains = Math.ceil(count / grain);
  const cut = (i: number): number => Math.min(count, Math.floor((grains * i) / of) * grain);
  return { from: cut(index), to: cut(index + 1) };
}
