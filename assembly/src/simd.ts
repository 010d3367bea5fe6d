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

/** What a lane of 32 bits holds: a float, two integers of 16 bits, or four bytes. */
export const enum Lane { Float, Pair, Bytes }

/** a·b + c. With integers in the lanes all products of a lane are added; of bytes b is signed, a as `integer_form` says. */
// @ts-ignore: decorator
@inline
export function mac(lane: Lane, a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD && lane == Lane.Bytes) return i32x4.relaxed_dot_i8x16_i7x16_add_s(b, a, c);
  return lane == Lane.Float ? madd(a, b, c) : i32x4.add(c, i32x4.dot_i16x8_s(a, b));
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

/** Twelve accumulators over `rounds` multiply-adds each, nothing read but two constants at `x`: the peak a benchmark compares with. */
export function madd_peak_f32(rounds: i32, x: usize): f32 {
  const a = v128.load(x, 0), b = v128.load(x, 16);
  let c0 = a, c1 = a, c2 = a, c3 = a, c4 = a, c5 = a, c6 = a, c7 = a, c8 = a, c9 = a, c10 = a, c11 = a;
  for (let i = rounds; i > 0; i--) {
    c0 = madd(a, b, c0); c1 = madd(a, b, c1); c2 = madd(a, b, c2); c3 = madd(a, b, c3);
    c4 = madd(a, b, c4); c5 = madd(a, b, c5); c6 = madd(a, b, c6); c7 = madd(a, b, c7);
    c8 = madd(a, b, c8); c9 = madd(a, b, c9); c10 = madd(a, b, c10); c11 = madd(a, b, c11);
  }
  const all = f32x4.add(f32x4.add(f32x4.add(c0, c1), f32x4.add(c2, c3)), f32x4.add(f32x4.add(c4, c5), f32x4.add(c6, c7)));
  return sum4(f32x4.add(all, f32x4.add(f32x4.add(c8, c9), f32x4.add(c10, c11))));
}
