import { asFloats, mac, madd, ZERO } from "./simd";

/**
 * The register tile: C[4×12] ← α · A(4×k) · B(k×12) + β · C (+ bias).
 *
 * `a` is a panel of 4 floats a step, `b` one of 12. Twelve accumulators stay in registers over the whole depth; a step takes
 * three vectors of B and four splats of A: 7 loads for 12 multiply-adds. Depth is unrolled by two (by four: 35.4 instead of
 * 38.3 GFLOPS on Zen 4). β = 0 does not read C. `bias` (12 floats, or 0 for none) is added to every row. `cRow` is in bytes.
 */
// @ts-ignore: decorator
@inline
function tile(integers: bool, depth: i32, a: usize, b: usize, c: usize, cRow: usize, alpha: f32, beta: f32, bias: usize): void {
  let c00 = ZERO, c01 = ZERO, c02 = ZERO;
  let c10 = ZERO, c11 = ZERO, c12 = ZERO;
  let c20 = ZERO, c21 = ZERO, c22 = ZERO;
  let c30 = ZERO, c31 = ZERO, c32 = ZERO;
  let b0: v128, b1: v128, b2: v128, s: v128;
  for (; depth >= 2; depth -= 2, a += 32, b += 96) {
    b0 = v128.load(b, 0); b1 = v128.load(b, 16); b2 = v128.load(b, 32);
    s = v128.load32_splat(a, 0);
    c00 = mac(integers, s, b0, c00); c01 = mac(integers, s, b1, c01); c02 = mac(integers, s, b2, c02);
    s = v128.load32_splat(a, 4);
    c10 = mac(integers, s, b0, c10); c11 = mac(integers, s, b1, c11); c12 = mac(integers, s, b2, c12);
    s = v128.load32_splat(a, 8);
    c20 = mac(integers, s, b0, c20); c21 = mac(integers, s, b1, c21); c22 = mac(integers, s, b2, c22);
    s = v128.load32_splat(a, 12);
    c30 = mac(integers, s, b0, c30); c31 = mac(integers, s, b1, c31); c32 = mac(integers, s, b2, c32);

    b0 = v128.load(b, 48); b1 = v128.load(b, 64); b2 = v128.load(b, 80);
    s = v128.load32_splat(a, 16);
    c00 = mac(integers, s, b0, c00); c01 = mac(integers, s, b1, c01); c02 = mac(integers, s, b2, c02);
    s = v128.load32_splat(a, 20);
    c10 = mac(integers, s, b0, c10); c11 = mac(integers, s, b1, c11); c12 = mac(integers, s, b2, c12);
    s = v128.load32_splat(a, 24);
    c20 = mac(integers, s, b0, c20); c21 = mac(integers, s, b1, c21); c22 = mac(integers, s, b2, c22);
    s = v128.load32_splat(a, 28);
    c30 = mac(integers, s, b0, c30); c31 = mac(integers, s, b1, c31); c32 = mac(integers, s, b2, c32);
  }
  if (depth) {
    b0 = v128.load(b, 0); b1 = v128.load(b, 16); b2 = v128.load(b, 32);
    s = v128.load32_splat(a, 0);
    c00 = mac(integers, s, b0, c00); c01 = mac(integers, s, b1, c01); c02 = mac(integers, s, b2, c02);
    s = v128.load32_splat(a, 4);
    c10 = mac(integers, s, b0, c10); c11 = mac(integers, s, b1, c11); c12 = mac(integers, s, b2, c12);
    s = v128.load32_splat(a, 8);
    c20 = mac(integers, s, b0, c20); c21 = mac(integers, s, b1, c21); c22 = mac(integers, s, b2, c22);
    s = v128.load32_splat(a, 12);
    c30 = mac(integers, s, b0, c30); c31 = mac(integers, s, b1, c31); c32 = mac(integers, s, b2, c32);
  }
  storeRow(c, asFloats(integers, c00), asFloats(integers, c01), asFloats(integers, c02), alpha, beta, bias);
  storeRow(c + 1 * cRow, asFloats(integers, c10), asFloats(integers, c11), asFloats(integers, c12), alpha, beta, bias);
  storeRow(c + 2 * cRow, asFloats(integers, c20), asFloats(integers, c21), asFloats(integers, c22), alpha, beta, bias);
  storeRow(c + 3 * cRow, asFloats(integers, c30), asFloats(integers, c31), asFloats(integers, c32), alpha, beta, bias);
}

export function tile4x12(depth: i32, a: usize, b: usize, c: usize, cRow: usize, alpha: f32, beta: f32, bias: usize): void {
  tile(false, depth, a, b, c, cRow, alpha, beta, bias);
}
/** The same on integers: `depth` pairs of them, see `gemm_integer_8x12`. */
export function tile4x12_integers(depth: i32, a: usize, b: usize, c: usize, cRow: usize, alpha: f32, beta: f32, bias: usize): void {
  tile(true, depth, a, b, c, cRow, alpha, beta, bias);
}

/** One row of a finished tile: twelve floats scaled, blended with what C held, biased, stored. */
// @ts-ignore: decorator
@inline
export function storeRow(c: usize, x0: v128, x1: v128, x2: v128, alpha: f32, beta: f32, bias: usize): void {
  const scale = f32x4.splat(alpha);
  x0 = f32x4.mul(x0, scale); x1 = f32x4.mul(x1, scale); x2 = f32x4.mul(x2, scale);
  if (beta != 0) {
    const keep = f32x4.splat(beta);
    x0 = madd(keep, v128.load(c, 0), x0); x1 = madd(keep, v128.load(c, 16), x1); x2 = madd(keep, v128.load(c, 32), x2);
  }
  if (bias) {
    x0 = f32x4.add(x0, v128.load(bias, 0)); x1 = f32x4.add(x1, v128.load(bias, 16)); x2 = f32x4.add(x2, v128.load(bias, 32));
  }
  v128.store(c, x0, 0); v128.store(c, x1, 16); v128.store(c, x2, 32);
}
