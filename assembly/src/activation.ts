import { erf4, exp4, sigmoid4, tanh4 } from "./math";
import { madd } from "./simd";

/**
 * Activations: the function itself, its derivative on a cotangent (g·f′(x)) and the identity rule (g·f(x)/x, f′(0) at 0),
 * under which relevance x ⊙ g passes unchanged. f(x)/x is Φ(x) for GELU and σ(x) for SiLU: no division and no hole at 0.
 */
const enum Act { GeluErf, GeluTanh, Silu, Tanh, Relu, Sigmoid }
const enum Form { Value, Derivative, Identity }

// @ts-ignore: decorator
@inline
function act4(act: Act, form: Form, x: v128): v128 {
  const one = f32x4.splat(1), half = f32x4.splat(0.5);
  if (act == Act.GeluErf) {
    const phi = f32x4.mul(half, f32x4.add(one, erf4(f32x4.mul(x, f32x4.splat(0.70710678118654752)))));
    if (form == Form.Value) return f32x4.mul(x, phi);
    if (form == Form.Identity) return phi;
    const density = f32x4.mul(f32x4.splat(0.3989422804014327), exp4(f32x4.mul(f32x4.mul(x, x), f32x4.splat(-0.5))));
    return madd(x, density, phi); // Φ(x) + x·φ(x)
  }
  if (act == Act.GeluTanh) {
    const cube = f32x4.splat(0.044715), root = f32x4.splat(0.7978845608028654), xx = f32x4.mul(x, x);
    const t = tanh4(f32x4.mul(f32x4.mul(root, x), madd(cube, xx, one)));
    const gate = f32x4.mul(half, f32x4.add(one, t));
    if (form == Form.Value) return f32x4.mul(x, gate);
    if (form == Form.Identity) return gate;
    const slope = f32x4.mul(root, madd(f32x4.splat(0.134145), xx, one));
    const dt = f32x4.mul(f32x4.sub(one, f32x4.mul(t, t)), slope);
    return madd(f32x4.mul(half, x), dt, gate);
  }
  if (act == Act.Silu) {
    const s = sigmoid4(x);
    if (form == Form.Value) return f32x4.mul(x, s);
    if (form == Form.Identity) return s;
    return f32x4.mul(s, madd(x, f32x4.sub(one, s), one)); // σ(1 + x(1 − σ))
  }
  if (act == Act.Tanh) {
    const t = tanh4(x);
    if (form == Form.Value) return t;
    if (form == Form.Derivative) return f32x4.sub(one, f32x4.mul(t, t));
    return v128.bitselect(one, f32x4.div(t, x), f32x4.eq(x, f32x4.splat(0)));
  }
  if (act == Act.Sigmoid) {
    const s = sigmoid4(x);
    if (form == Form.Value) return s;
    const d = f32x4.mul(s, f32x4.sub(one, s));
    if (form == Form.Derivative) return d;
    return v128.bitselect(d, f32x4.div(s, x), f32x4.eq(x, f32x4.splat(0)));
  }
  if (form == Form.Value) return f32x4.max(x, f32x4.splat(0));
  return v128.and(f32x4.gt(x, f32x4.splat(0)), one); // ReLU: f′ and f(x)/x are the same step
}

// @ts-ignore: decorator
@inline
function value(act: Act, count: i32, x: usize, y: usize): void {
  let i = count;
  for (; i >= 4; i -= 4, x += 16, y += 16) v128.store(y, act4(act, Form.Value, v128.load(x)));
  for (; i > 0; i--, x += 4, y += 4) f32.store(y, f32x4.extract_lane(act4(act, Form.Value, v128.load32_splat(x)), 0));
}

// @ts-ignore: decorator
@inline
function pull(act: Act, form: Form, count: i32, x: usize, g: usize, out: usize): void {
  let i = count;
  for (; i >= 4; i -= 4, x += 16, g += 16, out += 16) v128.store(out, f32x4.mul(v128.load(g), act4(act, form, v128.load(x))));
  for (; i > 0; i--, x += 4, g += 4, out += 4) {
    f32.store(out, f32.load(g) * f32x4.extract_lane(act4(act, form, v128.load32_splat(x)), 0));
  }
}

export function gelu_erf_f32(count: i32, x: usize, y: usize): void { value(Act.GeluErf, count, x, y); }
export function gelu_tanh_f32(count: i32, x: usize, y: usize): void { value(Act.GeluTanh, count, x, y); }
export function silu_f32(count: i32, x: usize, y: usize): void { value(Act.Silu, count, x, y); }

export function gelu_erf_cotangent_f32(count: i32, x: usize, g: usize, out: usize): void { pull(Act.GeluErf, Form.Derivative, count, x, g, out); }
export function gelu_tanh_cotangent_f32(count: i32, x: usize, g: usize, out: usize): void { pull(Act.GeluTanh, Form.Derivative, count, x, g, out); }
export function silu_cotangent_f32(count: i32, x: usize, g: usize, out: usize): void { pull(Act.Silu, Form.Derivative, count, x, g, out); }
export function tanh_cotangent_f32(count: i32, x: usize, g: usize, out: usize): void { pull(Act.Tanh, Form.Derivative, count, x, g, out); }
export function sigmoid_cotangent_f32(count: i32, x: usize, g: usize, out: usize): void { pull(Act.Sigmoid, Form.Derivative, count, x, g, out); }
export function relu_cotangent_f32(count: i32, x: usize, g: usize, out: usize): void { pull(Act.Relu, Form.Derivative, count, x, g, out); }

export function gelu_erf_identity_f32(count: i32, x: usize, g: usize, out: usize): void { pull(Act.GeluErf, Form.Identity, count, x, g, out); }
export function gelu_tanh_identity_f32(count: i32, x: usize, g: usize, out: usize): void { pull(Act.GeluTanh, Form.Identity, count, x, g, out); }
export function silu_identity_f32(count: i32, x: usize, g: usize, out: usize): void { pull(Act.Silu, Form.Identity, count, x, g, out); }
export function tanh_identity_f32(count: i32, x: usize, g: usize, out: usize): void { pull(Act.Tanh, Form.Identity, count, x, g, out); }
export function sigmoid_identity_f32(count: i32, x: usize, g: usize, out: usize): void { pull(Act.Sigmoid, Form.Identity, count, x, g, out); }
