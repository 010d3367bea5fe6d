/**
 * Square and oblong matrices between positions, row-major, in double precision.
 *
 * @module
 */
import type { NumberArray } from "@hyaline/core/plugin";

export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

export const matrix = (rows: number, columns: number, entry: (i: number, j: number) => number): Matrix => ({
  rows,
  columns,
  data: Float64Array.from({ length: rows * columns }, (_, at) => entry(Math.floor(at / columns), at % columns)),
});

export const identity = (n: number): Matrix => matrix(n, n, (i, j) => (i === j ? 1 : 0));
export const zeros = (rows: number, columns: number): Matrix => matrix(rows, columns, () => 0);
export const add = (a: Matrix, b: Matrix): Matrix => ({ ...a, data: a.data.map((x, i) => x + b.data[i]!) });
export const transpose = (a: Matrix): Matrix => matrix(a.columns, a.rows, (i, j) => a.data[j * a.columns + i]!);
export const rowOf = (a: Matrix, i: number): Float64Array => a.data.slice(i * a.columns, (i + 1) * a.columns);

/** a · b. */
export function multiply(a: Matrix, b: Matrix): Matrix {
  const product = zeros(a.rows, b.columns), n = b.columns;
  for (let i = 0; i < a.rows; i++) {
    for (let k = 0; k < a.columns; k++) {
      const x = a.data[i * a.columns + k]!;
      if (x !== 0) { for (let j = 0; j < n; j++) product.data[i * n + j]! += x * b.data[k * n + j]!; }
    }
  }
  return product;
}

/** Each row divided by its sum; a row of zeros stays. */
export function rowNormalised(a: Matrix): Matrix {
  const sums = Float64Array.from({ length: a.rows }, (_, i) => rowOf(a, i).reduce((x, y) => x + y, 0));
  return matrix(a.rows, a.columns, (i, j) => (sums[i] === 0 ? 0 : a.data[i * a.columns + j]! / sums[i]!));
}

/** How the heads of `[H, T, S]` become one matrix: what `before` heads gave, joined with the next. */
export const headFusions = {
  mean: (sofar: number, next: number, before: number): number => sofar + (next - sofar) / (before + 1),
  max: (sofar: number, next: number): number => Math.max(sofar, next),
  min: (sofar: number, next: number): number => Math.min(sofar, next),
};

/** `[H, T, S]` → `[T, S]`. */
export function fuseHeads({ shape, data }: NumberArray, fusion: keyof typeof headFusions): Matrix {
  const [heads = 0, rows = 0, columns = 0] = shape,
    fuse = headFusions[fusion],
    fused = Float64Array.from(data.subarray(0, rows * columns));
  for (let h = 1; h < heads; h++) fused.forEach((value, i) => fused[i] = fuse(value, data[h * rows * columns + i]!, h));
  return { rows, columns, data: fused };
}
