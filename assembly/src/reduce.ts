import { max4, min4, sum4 } from "./simd";

/** Reductions of x[outer × axis × inner] over the middle axis into y[outer × inner]. An empty axis gives the operator's neutral element. */
const enum Fold { Sum, Max, Min }

// @ts-ignore: decorator
@inline
function fold4(op: Fold, a: v128, b: v128): v128 {
  return op == Fold.Sum ? f32x4.add(a, b) : op == Fold.Max ? f32x4.max(a, b) : f32x4.min(a, b);
}

// @ts-ignore: decorator
@inline
function fold1(op: Fold, a: f32, b: f32): f32 {
  return op == Fold.Sum ? a + b : op == Fold.Max ? max(a, b) : min(a, b);
}

/** One contiguous run, in four vectors of four so that rounding grows with count/16. */
// @ts-ignore: decorator
@inline
function foldRun(op: Fold, neutral: f32, count: i32, x: usize): f32 {
  let a = f32x4.splat(neutral), b = a, c = a, e = a;
  let i = count;
  for (; i >= 16; i -= 16, x += 64) {
    a = fold4(op, a, v128.load(x, 0)); b = fold4(op, b, v128.load(x, 16));
    c = fold4(op, c, v128.load(x, 32)); e = fold4(op, e, v128.load(x, 48));
  }
  for (; i >= 4; i -= 4, x += 16) a = fold4(op, a, v128.load(x));
  const all = fold4(op, fold4(op, a, b), fold4(op, c, e));
  let y = op == Fold.Sum ? sum4(all) : op == Fold.Max ? max4(all) : min4(all);
  for (; i > 0; i--, x += 4) y = fold1(op, y, f32.load(x));
  return y;
}

// @ts-ignore: decorator
@inline
function fold(op: Fold, neutral: f32, scale: f32, outer: i32, axis: i32, inner: i32, x: usize, y: usize): void {
  const row = <usize>inner << 2;
  for (let o = 0; o < outer; o++, x += <usize>axis * row, y += row) {
    if (inner == 1) {
      f32.store(y, foldRun(op, neutral, axis, x) * scale);
      continue;
    }
    let j: usize = 0;
    for (; j + 16 <= row; j += 16) {
      let a = f32x4.splat(neutral);
      for (let i = 0, p = x + j; i < axis; i++, p += row) a = fold4(op, a, v128.load(p));
      v128.store(y + j, op == Fold.Sum ? f32x4.mul(a, f32x4.splat(scale)) : a);
    }
    for (; j < row; j += 4) {
      let a = neutral;
      for (let i = 0, p = x + j; i < axis; i++, p += row) a = fold1(op, a, f32.load(p));
      f32.store(y + j, op == Fold.Sum ? a * scale : a);
    }
  }
}

export function sum_f32(outer: i32, axis: i32, inner: i32, x: usize, y: usize): void { fold(Fold.Sum, 0, 1, outer, axis, inner, x, y); }
export function mean_f32(outer: i32, axis: i32, inner: i32, x: usize, y: usize): void { fold(Fold.Sum, 0, <f32>1 / <f32>axis, outer, axis, inner, x, y); }
export function reduce_max_f32(outer: i32, axis: i32, inner: i32, x: usize, y: usize): void { fold(Fold.Max, -Infinity, 1, outer, axis, inner, x, y); }
export function reduce_min_f32(outer: i32, axis: i32, inner: i32, x: usize, y: usize): void { fold(Fold.Min, Infinity, 1, outer, axis, inner, x, y); }

/** Sum of one contiguous run, for other files. */
export function sumRun(count: i32, x: usize): f32 { return foldRun(Fold.Sum, 0, count, x); }
/** Largest of one contiguous run, for other files. */
export function maxRun(count: i32, x: usize): f32 { return foldRun(Fold.Max, -Infinity, count, x); }
