/**
 * The few vector idioms everything else is written in. One source makes two builds: where relaxed SIMD is compiled in, a
 * multiply-add is one rounding and one instruction; otherwise two.
 */

export const ZERO: v128 = f32x4.splat(0);

/** a·b + c, lane by lane. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** Sum of the four lanes, pairwise: (l0 + l2) + (l1 + l3). */
// @ts-ignore: decorator
@inline
export function sum4(x: v128): f32 {
  const high = f32x4.add(x, i64x2.shuffle(x, x, 1, 0));
  return f32x4.extract_lane(high, 0) + f32x4.extract_lane(high, 1);
}

/** Largest of the four lanes; NaN wins. */
// @ts-ignore: decorator
@inline
export function max4(x: v128): f32 {
  const high = f32x4.max(x, i64x2.shuffle(x, x, 1, 0));
  return max(f32x4.extract_lane(high, 0), f32x4.extract_lane(high, 1));
}

/** Smallest of the four lanes; NaN wins. */
// @ts-ignore: decorator
@inline
export function min4(x: v128): f32 {
  const high = f32x4.min(x, i64x2.shuffle(x, x, 1, 0));
  return min(f32x4.extract_lane(high, 0), f32x4.extract_lane(high, 1));
}

/** Copies `count` floats; source and target may not overlap. */
// @ts-ignore: decorator
@inline
export function copyFloats(target: usize, source: usize, count: i32): void {
  memory.copy(target, source, <usize>count << 2);
}
