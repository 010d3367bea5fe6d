/**
 * Arrays `[T, d]` seen token by token, reduced over channels in double precision.
 *
 * @module
 */
import type { NumberArray } from "@hyaline/core/plugin";

/** Row t of `[T, d]`, a view. */
export function row({ shape, data }: NumberArray, t: number): Float32Array {
  const d = shape[1]!;
  return data.subarray(t * d, (t + 1) * d);
}

/** Σ_c a_tc for each token. `[T, d]` → `[T]` */
export const sums = (a: NumberArray): Float64Array =>
  Float64Array.from({ length: a.shape[0]! }, (_, t) => row(a, t).reduce((sum, x) => sum + x, 0));

/** Σ_c a_tc b_tc for each token. `[T, d]`, `[T, d]` → `[T]` */
export const products = (a: NumberArray, b: NumberArray): Float64Array =>
  Float64Array.from({ length: a.shape[0]! }, (_, t) => dot(row(a, t), row(b, t)));

/** ‖a_t‖ for each token. `[T, d]` → `[T]` */
export const lengths = (a: NumberArray): Float64Array => products(a, a).map(Math.sqrt);

/** Σ a_i b_i. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
