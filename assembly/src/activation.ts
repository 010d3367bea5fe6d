import { erf4, sigmoid4, tanh4 } from "./math";
import { madd } from "./simd";

/** Activations that ONNX Runtime fuses and a program recomputes. y may be x. */
const enum Act { GeluErf, GeluTanh, Silu }

// @ts-ignore: decorator
@inline
function act4(act: Act, x: v128): v128 {
  if (act == Act.Silu) return f32x4.mul(x, sigmoid4(x));
  const one = f32x4.splat(1);
  let t = x;
  if (act == Act.GeluErf) t = erf4(f32x4.mul(x, f32x4.splat(0.70710678118654752)));
  else t = tanh4(f32x4.mul(f32x4.mul(f32x4.splat(0.7978845608028654), x), madd(f32x4.splat(0.044715), f32x4.mul(x, x), one)));
  return f32x4.mul(x, f32x4.mul(f32x4.splat(0.5), f32x4.add(one, t)));
}

// @ts-ignore: decorator
@inline
function value(act: Act, count: i32, x: usize, y: usize): void {
  let i = count;
  for (; i >= 4; i -= 4, x += 16, y += 16) v128.store(y, act4(act, v128.load(x)));
  for (; i > 0; i--, x += 4, y += 4) f32.store(y, f32x4.extract_lane(act4(act, v128.load32_splat(x)), 0));
}

export function gelu_erf_f32(count: i32, x: usize, y: usize): void { value(Act.GeluErf, count, x, y); }
export function gelu_tanh_f32(count: i32, x: usize, y: usize): void { value(Act.GeluTanh, count, x, y); }
export function silu_f32(count: i32, x: usize, y: usize): void { value(Act.Silu, count, x, y); }
