import { exp4 } from "./math";
import { maxRun } from "./reduce";
import { madd, sum4, ZERO } from "./simd";

/** y = softmax(x) along rows of `count`. A row of −∞ only gives zeros. y may be x. */
export function softmax_f32(rows: i32, count: i32, x: usize, y: usize): void {
  const row = <usize>count << 2;
  for (let r = 0; r < rows; r++, x += row, y += row) softmaxRow(count, x, y);
}

/** One row of a softmax. */
export function softmaxRow(count: i32, x: usize, y: usize): void {
  const row = <usize>count << 2;
  const top = maxRun(count, x);
  if (top == -Infinity) { memory.fill(y, 0, row); return; }
  const shift = f32x4.splat(top);
  let total = ZERO;
  let j: usize = 0;
  for (; j + 16 <= row; j += 16) {
    const e = exp4(f32x4.sub(v128.load(x + j), shift));
    v128.store(y + j, e);
    total = f32x4.add(total, e);
  }
  let sum = sum4(total);
  for (; j < row; j += 4) {
    const e = f32x4.extract_lane(exp4(f32x4.sub(v128.load32_splat(x + j), shift)), 0);
    f32.store(y + j, e);
    sum += e;
  }
  scaleRow(row, y, <f32>1 / sum);
}

// @ts-ignore: decorator
@inline
function scaleRow(row: usize, y: usize, by: f32): void {
  let j: usize = 0;
  for (; j + 16 <= row; j += 16) v128.store(y + j, f32x4.mul(v128.load(y + j), f32x4.splat(by)));
  for (; j < row; j += 4) f32.store(y + j, f32.load(y + j) * by);
}

/** Σ a·b over `count` floats. */
export function dotRun(count: i32, a: usize, b: usize): f32 {
  let p = ZERO, q = ZERO;
  let i = count;
  for (; i >= 8; i -= 8, a += 32, b += 32) {
    p = madd(v128.load(a, 0), v128.load(b, 0), p);
    q = madd(v128.load(a, 16), v128.load(b, 16), q);
  }
  for (; i >= 4; i -= 4, a += 16, b += 16) p = madd(v128.load(a), v128.load(b), p);
  let sum = sum4(f32x4.add(p, q));
  for (; i > 0; i--, a += 4, b += 4) sum += f32.load(a) * f32.load(b);
  return sum;
}
