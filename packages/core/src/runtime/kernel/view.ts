/**
 * Views: how a named tensor lies in memory. Reshape, Transpose, Expand, Slice and Split only make another view; elements move
 * when an operator needs them side by side.
 *
 * @module
 */
import type { Dims } from "./dims.ts";
import { contiguousSteps, size } from "./dims.ts";

/** A piece of the kernel's memory. Where it lies is known when all lifetimes are. */
export interface Storage {
  readonly bytes: number;
  /** Byte offset; a weight has one from the start. */
  at: number;
  /** First and last command that touches it; weights have none. */
  first: number;
  last: number;
  fixed: boolean;
}

/** An 8- or 4-bit weight read as it is: see the kernel's `Weight`. One step for each dim of the view. */
export interface Quantised {
  readonly kind: "int8" | "uint8" | "uint4" | "uint8-blocks";
  /** None for integers. */
  readonly scale: Storage | undefined;
  readonly zero: Storage | undefined;
  /** Steps in the scales, for the per-tensor and per-axis kinds. */
  readonly scaleSteps: Dims;
  /** What it is multiplied with, as MatMulInteger does, and how: whole numbers from `low` to `low` + 255, less `zero`. */
  readonly integers?: { readonly low: number; readonly zero: View | undefined; readonly form: number };
  /** Entries of a block and blocks of a row, for the block kinds. */
  readonly block: number;
  readonly blocks: number;
}

/** Elements of `storage` from `offset`, `steps` apart (0: repeated). Everything is counted in elements of 4 bytes, or of the quantised kind. */
export interface View {
  readonly storage: Storage;
  readonly offset: number;
  readonly dims: Dims;
  readonly steps: Dims;
  readonly quantised?: Quantised;
}

/** A view of a whole storage in row-major order. */
export const whole = (storage: Storage, dims: Dims): View => ({
  storage,
  offset: 0,
  dims,
  steps: contiguousSteps(dims),
});

/** Whether elements lie side by side in row-major order; axes of one element may have any step. */
export function isContiguous({ dims, steps, quantised }: View): boolean {
  const straight = contiguousSteps(dims);
  return !quantised && (size(dims) <= 1 || dims.every((d, i) => d === 1 || steps[i] === straight[i]));
}

/** Axes in another order. */
export const permuted = (view: View, perm: readonly number[]): View => ({
  ...view,
  dims: perm.map((p) => view.dims[p]!),
  steps: perm.map((p) => view.steps[p]!),
  ...(view.quantised
    ? { quantised: { ...view.quantised, scaleSteps: perm.map((p) => view.quantised!.scaleSteps[p]!) } }
    : {}),
});

/** Repeats axes of one element and adds leading axes, by numpy's rule; `dims` is the wanted shape. */
export function expanded(view: View, dims: Dims): View {
  const pad = dims.length - view.dims.length;
  return {
    ...view,
    dims,
    steps: dims.map((d, i) => (i < pad || (view.dims[i - pad] === 1 && d !== 1) ? 0 : view.steps[i - pad]!)),
  };
}

/** Every `step`-th element of one axis from `start`, `count` of them. */
export function sliced(
  view: View,
  axis: number,
  { start, step, count }: { start: number; step: number; count: number },
): View {
  return {
    ...view,
    offset: view.offset + start * view.steps[axis]!,
    dims: view.dims.map((d, i) => (i === axis ? count : d)),
    steps: view.steps.map((s, i) => (i === axis ? s * step : s)),
  };
}

/**
 * The same elements in row-major order under another shape, or undefined where that needs a copy. Axes are matched group by group:
 * within a group of old axes whose elements lie evenly, any new split is a view.
 */
export function reshaped(view: View, dims: Dims): View | undefined {
  if (view.quantised) return undefined;
  if (size(dims) === 0) return { ...view, dims, steps: contiguousSteps(dims) };
  const steps: number[] = [];
  let i = 0, j = 0;
  while (j < dims.length) {
    let have = 1, want = dims[j]!;
    const from = i, to = j;
    if (i < view.dims.length) have = view.dims[i++]!;
    j++;
    while (have !== want) {
      if (have < want) have *= view.dims[i++]!;
      else want *= dims[j++]!;
    }
    // Old axes from…i hold the group; axes of one element say nothing about how it lies.
    const axes = Array.from({ length: i - from }, (_, k) => from + k).filter((k) => view.dims[k] !== 1);
    for (let k = 1; k < axes.length; k++) {
      if (view.steps[axes[k - 1]!] !== view.steps[axes[k]!]! * view.dims[axes[k]!]!) return undefined;
    }
    let step = axes.length ? view.steps[axes.at(-1)!]! : 0;
    const group: number[] = [];
    for (let k = j - 1; k >= to; k--) {
      group.unshift(step);
      step *= dims[k]!;
    }
    steps.push(...group);
  }
  return { ...view, dims, steps };
}

/**
 * Dims and steps of several operands of one shape with neighbouring axes merged wherever all of them allow it.
 * Axes of one element vanish; at least one axis is left.
 */
export function collapsed(dims: Dims, operands: readonly Dims[]): { dims: number[]; steps: number[][] } {
  const kept: number[] = [], steps: number[][] = operands.map(() => []);
  dims.forEach((d, i) => {
    if (d === 1) return;
    const last = kept.length - 1;
    if (last >= 0 && operands.every((s, k) => steps[k]![last] === s[i]! * d)) {
      kept[last]! *= d;
      operands.forEach((s, k) => (steps[k]![last] = s[i]!));
    } else {
      kept.push(d);
      operands.forEach((s, k) => steps[k]!.push(s[i]!));
    }
  });
  if (kept.length === 0) return { dims: [1], steps: operands.map(() => [1]) };
  return { dims: kept, steps };
}

/** For every batch index, the offset of each operand in elements. */
export function offsetsOf(batch: readonly number[], steps: readonly (readonly number[])[]): number[][] {
  return batch.reduce<number[][]>(
    (all, d, axis) =>
      all.flatMap((at) => Array.from({ length: d }, (_, i) => at.map((p, k) => p + i * steps[k]![axis]!))),
    [steps.map(() => 0)],
  );
}
