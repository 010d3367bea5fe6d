import { sumRun } from "./reduce";
import { madd, sum4, ZERO } from "./simd";
import { dotRun } from "./softmax";

/** Σ (x − μ)², two passes, so that a large mean costs no digits. */
// @ts-ignore: decorator
@inline
function squares(count: i32, x: usize, mean: f32): f32 {
  const m = f32x4.splat(mean);
  let total = ZERO;
  let i = count;
  for (; i >= 4; i -= 4, x += 16) {
    const c = f32x4.sub(v128.load(x), m);
    total = madd(c, c, total);
  }
  let sum = sum4(total);
  for (; i > 0; i--, x += 4) {
    const c = f32.load(x) - mean;
    sum += c * c;
  }
  return sum;
}

/** y = w ⊙ (x − μ)/σ + b along rows of `count`, σ = √(variance + ε). `w` and `b` may be 0: one and nothing. */
export function layer_norm_f32(rows: i32, count: i32, x: usize, w: usize, b: usize, epsilon: f32, y: usize): void {
  const row = <usize>count << 2;
  for (let r = 0; r < rows; r++, x += row, y += row) {
    const mean = sumRun(count, x) / <f32>count;
    const inverse = <f32>1 / sqrt<f32>(squares(count, x, mean) / <f32>count + epsilon);
    affine(row, x, w, b, mean, inverse, y);
  }
}

/** y = w ⊙ x/σ, σ = √(mean x² + ε). */
export function rms_norm_f32(rows: i32, count: i32, x: usize, w: usize, epsilon: f32, y: usize): void {
  const row = <usize>count << 2;
  for (let r = 0; r < rows; r++, x += row, y += row) {
    const inverse = <f32>1 / sqrt<f32>(squares(count, x, 0) / <f32>count + epsilon);
    affine(row, x, w, 0, 0, inverse, y);
  }
}

// @ts-ignore: decorator
@inline
function affine(row: usize, x: usize, w: usize, b: usize, mean: f32, inverse: f32, y: usize): void {
  const m = f32x4.splat(mean), s = f32x4.splat(inverse);
  let j: usize = 0;
  for (; j + 16 <= row; j += 16) {
    let v = f32x4.mul(f32x4.sub(v128.load(x + j), m), s);
    if (w) v = f32x4.mul(v, v128.load(w + j));
    if (b) v = f32x4.add(v, v128.load(b + j));
    v128.store(y + j, v);
  }
  for (; j < row; j += 4) {
    let v = (f32.load(x + j) - mean) * inverse;
    if (w) v *= f32.load(w + j);
    if (b) v += f32.load(b + j);
    f32.store(y + j, v);
  }
}

/**
 * Layer norm's cotangent, h = w ⊙ g, x̂ = (x − μ)/σ:
 *   σ live:      out = (h − mean h − x̂ · mean(h ⊙ x̂)) / σ
 *   σ detached:  out = (h − mean h) / σ                     (AttnLRP: identity on 1/σ, the centring stays linear)
 * `out` may be neither x nor g.
 */
export function layer_norm_cotangent_f32(
  rows: i32, count: i32, x: usize, w: usize, g: usize, epsilon: f32, live: i32, out: usize,
): void {
  const row = <usize>count << 2;
  for (let r = 0; r < rows; r++, x += row, g += row, out += row) {
    const mean = sumRun(count, x) / <f32>count;
    const inverse = <f32>1 / sqrt<f32>(squares(count, x, mean) / <f32>count + epsilon);
    weigh(row, w, g, out);
    const level = sumRun(count, out) / <f32>count;
    // mean(h ⊙ x̂) = (Σ h⊙x − μ Σ h) / (n σ)
    const slope = live ? (dotRun(count, out, x) / <f32>count - mean * level) * inverse * inverse : 0;
    finish(row, x, mean, level, slope, inverse, out);
  }
}

/** RMS norm's cotangent: σ live: (h − x · mean(h ⊙ x)/σ²)/σ; detached: h/σ. */
export function rms_norm_cotangent_f32(
  rows: i32, count: i32, x: usize, w: usize, g: usize, epsilon: f32, live: i32, out: usize,
): void {
  const row = <usize>count << 2;
  for (let r = 0; r < rows; r++, x += row, g += row, out += row) {
    const inverse = <f32>1 / sqrt<f32>(squares(count, x, 0) / <f32>count + epsilon);
    weigh(row, w, g, out);
    const slope = live ? dotRun(count, out, x) / <f32>count * inverse * inverse : 0;
    finish(row, x, 0, 0, slope, inverse, out);
  }
}

/** out = w ⊙ g. */
// @ts-ignore: decorator
@inline
function weigh(row: usize, w: usize, g: usize, out: usize): void {
  let j: usize = 0;
  for (; j + 16 <= row; j += 16) v128.store(out + j, w ? f32x4.mul(v128.load(g + j), v128.load(w + j)) : v128.load(g + j));
  for (; j < row; j += 4) f32.store(out + j, w ? f32.load(g + j) * f32.load(w + j) : f32.load(g + j));
}

/** out = (out − level − (x − mean) · slope) · inverse. */
// @ts-ignore: decorator
@inline
function finish(row: usize, x: usize, mean: f32, level: f32, slope: f32, inverse: f32, out: usize): void {
  let j: usize = 0;
  for (; j + 16 <= row; j += 16) {
    const centred = f32x4.mul(f32x4.sub(v128.load(x + j), f32x4.splat(mean)), f32x4.splat(slope));
    const v = f32x4.sub(f32x4.sub(v128.load(out + j), f32x4.splat(level)), centred);
    v128.store(out + j, f32x4.mul(v, f32x4.splat(inverse)));
  }
  for (; j < row; j += 4) {
    f32.store(out + j, (f32.load(out + j) - level - (f32.load(x + j) - mean) * slope) * inverse);
  }
}
