import { erf4, exp4, log4, pow4, sigmoid4, sine4, tanh4 } from "./math";

/**
 * Elementwise operators on fp32. Truth values are 1 and 0. Unary ones take (count, x, y); y may be x.
 * Every loop is the same; `op` is a constant where it is called, so each exported function is compiled for its operator.
 */
const enum Unary { Neg, Abs, Exp, Log, Sqrt, Reciprocal, Tanh, Sigmoid, Erf, Relu, Floor, Ceil, Round, Sign, Not, Softplus, Trunc, NotZero, Sin, Cos }

// @ts-ignore: decorator
@inline
function unary4(op: Unary, x: v128): v128 {
  if (op == Unary.Neg) return f32x4.neg(x);
  if (op == Unary.Abs) return f32x4.abs(x);
  if (op == Unary.Exp) return exp4(x);
  if (op == Unary.Log) return log4(x);
  if (op == Unary.Sqrt) return f32x4.sqrt(x);
  if (op == Unary.Reciprocal) return f32x4.div(f32x4.splat(1), x);
  if (op == Unary.Tanh) return tanh4(x);
  if (op == Unary.Sigmoid) return sigmoid4(x);
  if (op == Unary.Erf) return erf4(x);
  if (op == Unary.Relu) return f32x4.max(x, f32x4.splat(0));
  if (op == Unary.Sin) return sine4(x, 0);
  if (op == Unary.Cos) return sine4(x, 1);
  if (op == Unary.Floor) return f32x4.floor(x);
  if (op == Unary.Ceil) return f32x4.ceil(x);
  if (op == Unary.Round) return f32x4.nearest(x);
  if (op == Unary.Sign) {
    const up = v128.and(f32x4.gt(x, f32x4.splat(0)), f32x4.splat(1));
    return f32x4.sub(up, v128.and(f32x4.lt(x, f32x4.splat(0)), f32x4.splat(1)));
  }
  if (op == Unary.Trunc) return f32x4.trunc(x);
  if (op == Unary.NotZero) return v128.and(f32x4.ne(x, f32x4.splat(0)), f32x4.splat(1));
  if (op == Unary.Not) return v128.and(f32x4.eq(x, f32x4.splat(0)), f32x4.splat(1));
  // softplus: max(x, 0) + ln(1 + u), u = e^−|x|; ln(1 + u) = ln(w)·u/(w − 1) with w = fl(1 + u), and u where w = 1 (Kahan).
  const one = f32x4.splat(1), u = exp4(f32x4.neg(f32x4.abs(x))), w = f32x4.add(one, u);
  const log1p = v128.bitselect(u, f32x4.div(f32x4.mul(log4(w), u), f32x4.sub(w, one)), f32x4.eq(w, one));
  return f32x4.add(f32x4.max(x, f32x4.splat(0)), log1p);
}

// @ts-ignore: decorator
@inline
function unary(op: Unary, count: i32, x: usize, y: usize): void {
  let i = count;
  for (; i >= 4; i -= 4, x += 16, y += 16) v128.store(y, unary4(op, v128.load(x)));
  for (; i > 0; i--, x += 4, y += 4) f32.store(y, f32x4.extract_lane(unary4(op, v128.load32_splat(x)), 0));
}

export function neg_f32(count: i32, x: usize, y: usize): void { unary(Unary.Neg, count, x, y); }
export function abs_f32(count: i32, x: usize, y: usize): void { unary(Unary.Abs, count, x, y); }
export function exp_f32(count: i32, x: usize, y: usize): void { unary(Unary.Exp, count, x, y); }
export function log_f32(count: i32, x: usize, y: usize): void { unary(Unary.Log, count, x, y); }
export function sqrt_f32(count: i32, x: usize, y: usize): void { unary(Unary.Sqrt, count, x, y); }
export function reciprocal_f32(count: i32, x: usize, y: usize): void { unary(Unary.Reciprocal, count, x, y); }
export function tanh_f32(count: i32, x: usize, y: usize): void { unary(Unary.Tanh, count, x, y); }
export function sigmoid_f32(count: i32, x: usize, y: usize): void { unary(Unary.Sigmoid, count, x, y); }
export function erf_f32(count: i32, x: usize, y: usize): void { unary(Unary.Erf, count, x, y); }
export function relu_f32(count: i32, x: usize, y: usize): void { unary(Unary.Relu, count, x, y); }
export function floor_f32(count: i32, x: usize, y: usize): void { unary(Unary.Floor, count, x, y); }
export function ceil_f32(count: i32, x: usize, y: usize): void { unary(Unary.Ceil, count, x, y); }
export function round_f32(count: i32, x: usize, y: usize): void { unary(Unary.Round, count, x, y); }
export function sign_f32(count: i32, x: usize, y: usize): void { unary(Unary.Sign, count, x, y); }
export function not_f32(count: i32, x: usize, y: usize): void { unary(Unary.Not, count, x, y); }
export function trunc_f32(count: i32, x: usize, y: usize): void { unary(Unary.Trunc, count, x, y); }
export function not_zero_f32(count: i32, x: usize, y: usize): void { unary(Unary.NotZero, count, x, y); }
export function sin_f32(count: i32, x: usize, y: usize): void { unary(Unary.Sin, count, x, y); }
export function cos_f32(count: i32, x: usize, y: usize): void { unary(Unary.Cos, count, x, y); }
export function softplus_f32(count: i32, x: usize, y: usize): void { unary(Unary.Softplus, count, x, y); }

const enum Binary { Add, Sub, Mul, Div, Pow, Min, Max, Equal, Greater, GreaterOrEqual, Less, LessOrEqual }

// @ts-ignore: decorator
@inline
function binary4(op: Binary, a: v128, b: v128): v128 {
  if (op == Binary.Add) return f32x4.add(a, b);
  if (op == Binary.Sub) return f32x4.sub(a, b);
  if (op == Binary.Mul) return f32x4.mul(a, b);
  if (op == Binary.Div) return f32x4.div(a, b);
  if (op == Binary.Pow) return pow4(a, b);
  if (op == Binary.Min) return f32x4.min(a, b);
  if (op == Binary.Max) return f32x4.max(a, b);
  const one = f32x4.splat(1);
  if (op == Binary.Equal) return v128.and(f32x4.eq(a, b), one);
  if (op == Binary.Greater) return v128.and(f32x4.gt(a, b), one);
  if (op == Binary.GreaterOrEqual) return v128.and(f32x4.ge(a, b), one);
  if (op == Binary.Less) return v128.and(f32x4.lt(a, b), one);
  return v128.and(f32x4.le(a, b), one);
}

/** One innermost run; a step of 0 repeats one value along it. */
// @ts-ignore: decorator
@inline
function run(op: Binary, count: i32, a: usize, aStep: i32, b: usize, bStep: i32, y: usize): void {
  let i = count;
  if (aStep && bStep) {
    for (; i >= 4; i -= 4, a += 16, b += 16, y += 16) v128.store(y, binary4(op, v128.load(a), v128.load(b)));
  } else if (aStep) {
    const s = v128.load32_splat(b);
    for (; i >= 4; i -= 4, a += 16, y += 16) v128.store(y, binary4(op, v128.load(a), s));
  } else if (i) {
    const s = v128.load32_splat(a);
    for (; i >= 4; i -= 4, b += bStep << 4, y += 16) v128.store(y, binary4(op, s, bStep ? v128.load(b) : v128.load32_splat(b)));
  }
  const up = <usize>aStep << 2, bp = <usize>bStep << 2;
  for (; i > 0; i--, a += up, b += bp, y += 4) {
    f32.store(y, f32x4.extract_lane(binary4(op, v128.load32_splat(a), v128.load32_splat(b)), 0));
  }
}

/**
 * y = a ∘ b with broadcasting; y is contiguous. `walk` holds rank, then dims, steps of a, steps of b (elements, 0 where repeated;
 * 0 or 1 in the last axis), then `rank` words the walk counts in.
 */
// @ts-ignore: decorator
@inline
function binary(op: Binary, walk: usize, a: usize, b: usize, y: usize): void {
  const rank = load<i32>(walk);
  const size = <usize>rank << 2;
  const dims = walk + 4, aSteps = dims + size, bSteps = aSteps + size, at = bSteps + size;
  const last = size - 4;
  const inner = load<i32>(dims + last), aStep = load<i32>(aSteps + last), bStep = load<i32>(bSteps + last);
  let outer = 1;
  for (let r: usize = 0; r < last; r += 4) {
    outer *= load<i32>(dims + r);
    store<i32>(at + r, 0);
  }
  for (; outer > 0; outer--, y += <usize>inner << 2) {
    run(op, inner, a, aStep, b, bStep, y);
    for (let r = last; r > 0;) {
      r -= 4;
      const d = load<i32>(dims + r), i = load<i32>(at + r) + 1, p = load<i32>(aSteps + r) << 2, q = load<i32>(bSteps + r) << 2;
      a += p; b += q;
      if (i < d) { store<i32>(at + r, i); break; }
      store<i32>(at + r, 0);
      a -= p * d; b -= q * d;
    }
  }
}

export function add_f32(walk: usize, a: usize, b: usize, y: usize): void { binary(Binary.Add, walk, a, b, y); }
export function sub_f32(walk: usize, a: usize, b: usize, y: usize): void { binary(Binary.Sub, walk, a, b, y); }
export function mul_f32(walk: usize, a: usize, b: usize, y: usize): void { binary(Binary.Mul, walk, a, b, y); }
export function div_f32(walk: usize, a: usize, b: usize, y: usize): void { binary(Binary.Div, walk, a, b, y); }
export function pow_f32(walk: usize, a: usize, b: usize, y: usize): void { binary(Binary.Pow, walk, a, b, y); }
export function min_f32(walk: usize, a: usize, b: usize, y: usize): void { binary(Binary.Min, walk, a, b, y); }
export function max_f32(walk: usize, a: usize, b: usize, y: usize): void { binary(Binary.Max, walk, a, b, y); }
export function equal_f32(walk: usize, a: usize, b: usize, y: usize): void { binary(Binary.Equal, walk, a, b, y); }
export function greater_f32(walk: usize, a: usize, b: usize, y: usize): void { binary(Binary.Greater, walk, a, b, y); }
export function greater_or_equal_f32(walk: usize, a: usize, b: usize, y: usize): void { binary(Binary.GreaterOrEqual, walk, a, b, y); }
export function less_f32(walk: usize, a: usize, b: usize, y: usize): void { binary(Binary.Less, walk, a, b, y); }
export function less_or_equal_f32(walk: usize, a: usize, b: usize, y: usize): void { binary(Binary.LessOrEqual, walk, a, b, y); }

/** y = c ? a : b, with a walk of three inputs (steps of c, a, b). */
export function where_f32(walk: usize, c: usize, a: usize, b: usize, y: usize): void {
  const rank = load<i32>(walk);
  const size = <usize>rank << 2;
  const dims = walk + 4, cSteps = dims + size, aSteps = cSteps + size, bSteps = aSteps + size, at = bSteps + size;
  const last = size - 4;
  const inner = load<i32>(dims + last);
  const ci = <usize>load<i32>(cSteps + last) << 2, ai = <usize>load<i32>(aSteps + last) << 2, bi = <usize>load<i32>(bSteps + last) << 2;
  let outer = 1;
  for (let r: usize = 0; r < last; r += 4) {
    outer *= load<i32>(dims + r);
    store<i32>(at + r, 0);
  }
  for (; outer > 0; outer--) {
    let i = 0, p = c, q = a, s = b;
    for (; i + 4 <= inner; i += 4, p += ci << 2, q += ai << 2, s += bi << 2, y += 16) {
      const mask = f32x4.ne(ci ? v128.load(p) : v128.load32_splat(p), f32x4.splat(0));
      v128.store(y, v128.bitselect(ai ? v128.load(q) : v128.load32_splat(q), bi ? v128.load(s) : v128.load32_splat(s), mask));
    }
    for (; i < inner; i++, p += ci, q += ai, s += bi, y += 4) f32.store(y, f32.load(f32.load(p) != 0 ? q : s));
    for (let r = last; r > 0;) {
      r -= 4;
      const d = load<i32>(dims + r), n = load<i32>(at + r) + 1;
      const cs = load<i32>(cSteps + r) << 2, as = load<i32>(aSteps + r) << 2, bs = load<i32>(bSteps + r) << 2;
      c += cs; a += as; b += bs;
      if (n < d) { store<i32>(at + r, n); break; }
      store<i32>(at + r, 0);
      c -= cs * d; a -= as * d; b -= bs * d;
    }
  }
}
