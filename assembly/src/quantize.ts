import { max4, min4 } from "./simd";

/**
 * Scale and zero point by which `count` floats are rounded to bytes, as DynamicQuantizeLinear chooses them:
 * scale = (max − min) / 255 of the range widened to hold 0, zero = clamp(round(−min / scale), 0, 255). All zeros have scale 1,
 * a NaN among them makes both NaN. `pmin` and `pmax` are one instruction and pass over NaN, so those are looked for apart.
 */
export function dynamic_scale_f32(count: i32, x: usize, scale: usize, zero: usize): void {
  let low = f32x4.splat(0), high = low, low2 = low, high2 = low, numbers = f32x4.eq(low, low);
  let i = count;
  for (; i >= 8; i -= 8, x += 32) {
    const a = v128.load(x), b = v128.load(x, 16);
    low = f32x4.pmin(low, a); high = f32x4.pmax(high, a);
    low2 = f32x4.pmin(low2, b); high2 = f32x4.pmax(high2, b);
    numbers = v128.and(numbers, v128.and(f32x4.eq(a, a), f32x4.eq(b, b)));
  }
  for (; i > 0; i--, x += 4) {
    const a = v128.load32_splat(x);
    low = f32x4.pmin(low, a); high = f32x4.pmax(high, a);
    numbers = v128.and(numbers, f32x4.eq(a, a));
  }
  const least: f32 = v128.all_true<i32>(numbers) ? min4(f32x4.min(low, low2)) : NaN, most = max4(f32x4.max(high, high2));
  const step = (most - least) / 255, by: f32 = step == 0 ? 1 : step;
  f32.store(scale, by);
  f32.store(zero, nearest(min<f32>(max<f32>(-(least / by), 0), 255)));
}

/**
 * y = clamp(round(x / scale) + zero, low, high), halves to even: what QuantizeLinear makes, kept as floats. `scale` is one float,
 * `zero` one or 0 for none; y may be x.
 */
export function quantize_f32(count: i32, x: usize, scale: usize, zero: usize, low: f32, high: f32, y: usize): void {
  const by = v128.load32_splat(scale), add = zero ? v128.load32_splat(zero) : f32x4.splat(0);
  const least = f32x4.splat(low), most = f32x4.splat(high);
  let i = count;
  for (; i >= 4; i -= 4, x += 16, y += 16) v128.store(y, quantized(v128.load(x), by, add, least, most));
  for (; i > 0; i--, x += 4, y += 4) f32.store(y, f32x4.extract_lane(quantized(v128.load32_splat(x), by, add, least, most), 0));
}

// @ts-ignore: decorator
@inline
function quantized(x: v128, scale: v128, zero: v128, low: v128, high: v128): v128 {
  const q = f32x4.add(f32x4.nearest(f32x4.div(x, scale)), zero);
  return f32x4.pmin(f32x4.pmax(q, low), high); // of a NaN a NaN
}
