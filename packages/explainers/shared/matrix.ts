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

/** The mean of some rows. `[rows, columns]` → `[columns]` */
export const meanRow = (
  a: Matrix,
  { before, length }: { readonly before: number; readonly length: number } = { before: 0, length: a.rows },
): Float64Array =>
  Float64Array.from({ length: a.columns }, (_, j) => {
    let sum = 0;
    for (let i = before; i < before + length; i++) sum += a.data[i * a.columns + j]!;
    return sum / length;
  });

/** How the heads of `[H, T, S]` become one matrix. */
export const headFusions = {
  mean: (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length,
  max: (values: readonly number[]) => Math.max(...values),
  min: (values: readonly number[]) => Math.min(...values),
};

/** `[H, T, S]` → `[T, S]`. */
export function fuseHeads({ shape, data }: NumberArray, fusion: keyof typeof headFusions): Matrix {
  const [heads = 0, rows = 0, columns = 0] = shape, size = rows * columns;
  return matrix(
    rows,
    columns,
    (i, j) => headFusions[fusion](Array.from({ length: heads }, (_, h) => data[h * size + i * columns + j]!)),
  );
}
