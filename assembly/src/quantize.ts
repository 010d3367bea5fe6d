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
  return f32x4.min(f32x4.max(q, low), high);
}
