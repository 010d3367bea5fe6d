import { sumRun } from "./reduce";
import { madd, sum4, ZERO } from "./simd";

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
