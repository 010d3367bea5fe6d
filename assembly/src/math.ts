import { madd } from "./simd";

/** Transcendental functions on four floats; each within a few units in the last place over the range softmax and activations use. */

/** eˣ = 2ⁿ·eʳ, n = round(x/ln 2), |r| ≤ ln 2 / 2; a polynomial of degree 6 (Cephes). 0 below −87.34, ∞ above 88.72. */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  // 1.5·2²³ rounds what is added to it to a whole number, and holds that number in its lowest bits.
  const magic = f32x4.splat(12582912);
  const wanted = f32x4.mul(x, f32x4.splat(1.44269504088896341));
  const held = f32x4.add(f32x4.pmin(f32x4.pmax(wanted, f32x4.splat(-126)), f32x4.splat(127)), magic);
  const n = f32x4.sub(held, magic);
  let r = madd(n, f32x4.splat(-0.693359375), x);
  r = madd(n, f32x4.splat(2.12194440e-4), r);
  let p = f32x4.splat(1.9875691500e-4);
  p = madd(p, r, f32x4.splat(1.3981999507e-3));
  p = madd(p, r, f32x4.splat(8.3334519073e-3));
  p = madd(p, r, f32x4.splat(4.1665795894e-2));
  p = madd(p, r, f32x4.splat(1.6666665459e-1));
  p = madd(p, r, f32x4.splat(5.0000001201e-1));
  p = f32x4.add(madd(p, f32x4.mul(r, r), r), f32x4.splat(1));
  const power = i32x4.shl(i32x4.add(held, i32x4.splat(127)), 23);
  const y = f32x4.mul(p, power);
  const small = v128.andnot(y, f32x4.lt(x, f32x4.splat(-87.33654)));
  return v128.bitselect(f32x4.splat(Infinity), small, f32x4.gt(x, f32x4.splat(88.72283)));
}

/** ln x (Cephes): mantissa in [√½, √2), polynomial of degree 9. −∞ at 0, NaN below. */
// @ts-ignore: decorator
@inline
export function log4(x: v128): v128 {
  // Denormals are scaled into the normal range first.
  const tiny = f32x4.lt(x, f32x4.splat(1.17549435e-38));
  const scaled = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, tiny);
  let e = f32x4.convert_i32x4_s(i32x4.sub(i32x4.shr_s(scaled, 23), i32x4.splat(126)));
  e = f32x4.sub(e, v128.and(tiny, f32x4.splat(23)));
  let m = v128.or(v128.and(scaled, i32x4.splat(0x007fffff)), i32x4.splat(0x3f000000));
  const low = f32x4.lt(m, f32x4.splat(0.707106781186547524));
  e = f32x4.sub(e, v128.and(low, f32x4.splat(1)));
  m = f32x4.sub(f32x4.add(m, v128.and(low, m)), f32x4.splat(1));
  const z = f32x4.mul(m, m);
  let p = f32x4.splat(7.0376836292e-2);
  p = madd(p, m, f32x4.splat(-1.1514610310e-1));
  p = madd(p, m, f32x4.splat(1.1676998740e-1));
  p = madd(p, m, f32x4.splat(-1.2420140846e-1));
  p = madd(p, m, f32x4.splat(1.4249322787e-1));
  p = madd(p, m, f32x4.splat(-1.6668057665e-1));
  p = madd(p, m, f32x4.splat(2.0000714765e-1));
  p = madd(p, m, f32x4.splat(-2.4999993993e-1));
  p = madd(p, m, f32x4.splat(3.3333331174e-1));
  p = f32x4.mul(f32x4.mul(p, m), z);
  p = madd(e, f32x4.splat(-2.12194440e-4), p);
  p = madd(z, f32x4.splat(-0.5), p);
  let y = madd(e, f32x4.splat(0.693359375), f32x4.add(m, p));
  y = v128.bitselect(f32x4.splat(-Infinity), y, f32x4.eq(x, f32x4.splat(0)));
  y = v128.bitselect(f32x4.splat(Infinity), y, f32x4.eq(x, f32x4.splat(Infinity)));
  const invalid = v128.not(f32x4.ge(x, f32x4.splat(0)));
  return v128.bitselect(f32x4.splat(NaN), y, invalid);
}

/** tanh x: an odd polynomial below 0.625 (Cephes), 1 − 2/(e²ˣ + 1) above. */
// @ts-ignore: decorator
@inline
export function tanh4(x: v128): v128 {
  const t = f32x4.abs(x);
  const z = f32x4.mul(x, x);
  let p = f32x4.splat(-5.70498872745e-3);
  p = madd(p, z, f32x4.splat(2.06390887954e-2));
  p = madd(p, z, f32x4.splat(-5.37397155531e-2));
  p = madd(p, z, f32x4.splat(1.33314422036e-1));
  p = madd(p, z, f32x4.splat(-3.33332819422e-1));
  const small = madd(f32x4.mul(p, z), x, x);
  const e = exp4(f32x4.add(t, t));
  const large = f32x4.sub(f32x4.splat(1), f32x4.div(f32x4.splat(2), f32x4.add(e, f32x4.splat(1))));
  const signed = v128.or(large, v128.and(x, i32x4.splat(0x80000000)));
  return v128.bitselect(small, signed, f32x4.lt(t, f32x4.splat(0.625)));
}

/**
 * sin(x + turn·π/2): x less the nearest multiple of π/2, which is taken off in three parts (Cody & Waite), then the polynomial of the
 * quadrant (Cephes). Parts of 8 bits keep it exact up to |x| = 8,192 · π/2; positions of a text are below that.
 */
// @ts-ignore: decorator
@inline
export function sine4(x: v128, turn: i32): v128 {
  const k = f32x4.nearest(f32x4.mul(x, f32x4.splat(0.6366197723675814)));
  let r = f32x4.sub(x, f32x4.mul(k, f32x4.splat(1.5703125)));
  r = f32x4.sub(r, f32x4.mul(k, f32x4.splat(4.837512969970703e-4)));
  r = f32x4.sub(r, f32x4.mul(k, f32x4.splat(7.549789948768648e-8)));
  const z = f32x4.mul(r, r), quadrant = i32x4.add(i32x4.trunc_sat_f32x4_s(k), i32x4.splat(turn));
  let s = madd(f32x4.splat(-1.9515295891e-4), z, f32x4.splat(8.3321608736e-3));
  s = madd(s, z, f32x4.splat(-1.6666654611e-1));
  s = madd(f32x4.mul(s, z), r, r);
  let c = madd(f32x4.splat(2.443315711809948e-5), z, f32x4.splat(-1.388731625493765e-3));
  c = madd(c, z, f32x4.splat(4.166664568298827e-2));
  c = madd(f32x4.mul(c, z), z, madd(f32x4.splat(-0.5), z, f32x4.splat(1)));
  const odd = i32x4.eq(v128.and(quadrant, i32x4.splat(1)), i32x4.splat(1));
  return v128.xor(v128.bitselect(c, s, odd), i32x4.shl(v128.and(quadrant, i32x4.splat(2)), 30));
}

/** 1/(1 + e⁻ˣ). */
// @ts-ignore: decorator
@inline
export function sigmoid4(x: v128): v128 {
  return f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), exp4(f32x4.neg(x))));
}

/** erf x: an odd polynomial below 0.9277, 1 − e^(polynomial) above (N. Juffa's minimax coefficients). */
// @ts-ignore: decorator
@inline
export function erf4(x: v128): v128 {
  const t = f32x4.abs(x);
  const s = f32x4.mul(x, x);
  let r = madd(f32x4.splat(-1.72853470e-5), t, f32x4.splat(3.83197126e-4));
  const u = madd(f32x4.splat(-3.88396438e-3), t, f32x4.splat(2.42546219e-2));
  r = madd(r, s, u);
  r = madd(r, t, f32x4.splat(-1.06777877e-1));
  r = madd(r, t, f32x4.splat(-6.34846687e-1));
  r = madd(r, t, f32x4.splat(-1.28717512e-1));
  r = f32x4.sub(f32x4.mul(r, t), t);
  const large = v128.or(f32x4.sub(f32x4.splat(1), exp4(r)), v128.and(x, i32x4.splat(0x80000000)));
  let q = f32x4.splat(-5.96761703e-4);
  q = madd(q, s, f32x4.splat(4.99119423e-3));
  q = madd(q, s, f32x4.splat(-2.67681349e-2));
  q = madd(q, s, f32x4.splat(1.12819925e-1));
  q = madd(q, s, f32x4.splat(-3.76125336e-1));
  q = madd(q, s, f32x4.splat(1.28379166e-1));
  const small = madd(q, x, x);
  return v128.bitselect(large, small, f32x4.gt(t, f32x4.splat(0.927734375)));
}

/** xʸ = e^(y·ln|x|), negative for a negative x and an odd y, NaN for a negative x and a y that is not whole. */
// @ts-ignore: decorator
@inline
export function pow4(x: v128, y: v128): v128 {
  const magnitude = exp4(f32x4.mul(y, log4(f32x4.abs(x))));
  const whole = f32x4.eq(f32x4.nearest(y), y);
  const half = f32x4.mul(y, f32x4.splat(0.5));
  const odd = v128.and(whole, f32x4.ne(f32x4.floor(half), half));
  const negative = f32x4.lt(x, f32x4.splat(0));
  const signed = v128.xor(magnitude, v128.and(v128.and(negative, odd), i32x4.splat(0x80000000)));
  const invalid = v128.andnot(negative, whole);
  const one = f32x4.eq(y, f32x4.splat(0));
  return v128.bitselect(f32x4.splat(1), v128.bitselect(f32x4.splat(NaN), signed, invalid), one);
}
