import { Lane, mac, madd, ZERO } from "./simd";

/**
 * The register tile: C[4×12] ← α · A(4×k) · B(k×12) + β · C (+ bias).
 *
 * `a` is a panel of 4 floats a step, `b` one of 12. Twelve accumulators stay in registers over the whole depth; a step takes
 * three vectors of B and one of A, whose lanes are spread by shuffles: where an engine checks each access against the memory's
 * end, as Deno's does, a load costs three instructions and a shuffle one. On a Xeon in Deno 83 % of the peak instead of 74 % with
 * a load for each number of A; depth unrolled by two (by four: 76 %). β = 0 does not read C. `bias` (12 floats, or 0 for none) is
 * added to every row. `cRow` is in bytes.
 */
// @ts-ignore: decorator
@inline
function tile(lane: Lane, depth: i32, a: usize, b: usize, c: usize, cRow: usize, alpha: f32, beta: f32, bias: usize): void {
  let c00 = ZERO, c01 = ZERO, c02 = ZERO;
  let c10 = ZERO, c11 = ZERO, c12 = ZERO;
  let c20 = ZERO, c21 = ZERO, c22 = ZERO;
  let c30 = ZERO, c31 = ZERO, c32 = ZERO;
  let b0: v128, b1: v128, b2: v128, q: v128, s: v128;
  for (; depth >= 2; depth -= 2, a += 32, b += 96) {
    b0 = v128.load(b, 0); b1 = v128.load(b, 16); b2 = v128.load(b, 32);
    q = v128.load(a, 0);
    s = i32x4.shuffle(q, q, 0, 0, 0, 0);
    c00 = mac(lane, s, b0, c00); c01 = mac(lane, s, b1, c01); c02 = mac(lane, s, b2, c02);
    s = i32x4.shuffle(q, q, 1, 1, 1, 1);
    c10 = mac(lane, s, b0, c10); c11 = mac(lane, s, b1, c11); c12 = mac(lane, s, b2, c12);
    s = i32x4.shuffle(q, q, 2, 2, 2, 2);
    c20 = mac(lane, s, b0, c20); c21 = mac(lane, s, b1, c21); c22 = mac(lane, s, b2, c22);
    s = i32x4.shuffle(q, q, 3, 3, 3, 3);
    c30 = mac(lane, s, b0, c30); c31 = mac(lane, s, b1, c31); c32 = mac(lane, s, b2, c32);

    b0 = v128.load(b, 48); b1 = v128.load(b, 64); b2 = v128.load(b, 80);
    q = v128.load(a, 16);
    s = i32x4.shuffle(q, q, 0, 0, 0, 0);
    c00 = mac(lane, s, b0, c00); c01 = mac(lane, s, b1, c01); c02 = mac(lane, s, b2, c02);
    s = i32x4.shuffle(q, q, 1, 1, 1, 1);
    c10 = mac(lane, s, b0, c10); c11 = mac(lane, s, b1, c11); c12 = mac(lane, s, b2, c12);
    s = i32x4.shuffle(q, q, 2, 2, 2, 2);
    c20 = mac(lane, s, b0, c20); c21 = mac(lane, s, b1, c21); c22 = mac(lane, s, b2, c22);
    s = i32x4.shuffle(q, q, 3, 3, 3, 3);
    c30 = mac(lane, s, b0, c30); c31 = mac(lane, s, b1, c31); c32 = mac(lane, s, b2, c32);
  }
  if (depth) {
    b0 = v128.load(b, 0); b1 = v128.load(b, 16); b2 = v128.load(b, 32);
    q = v128.load(a, 0);
    s = i32x4.shuffle(q, q, 0, 0, 0, 0);
    c00 = mac(lane, s, b0, c00); c01 = mac(lane, s, b1, c01); c02 = mac(lane, s, b2, c02);
    s = i32x4.shuffle(q, q, 1, 1, 1, 1);
    c10 = mac(lane, s, b0, c10); c11 = mac(lane, s, b1, c11); c12 = mac(lane, s, b2, c12);
    s = i32x4.shuffle(q, q, 2, 2, 2, 2);
    c20 = mac(lane, s, b0, c20); c21 = mac(lane, s, b1, c21); c22 = mac(lane, s, b2, c22);
    s = i32x4.shuffle(q, q, 3, 3, 3, 3);
    c30 = mac(lane, s, b0, c30); c31 = mac(lane, s, b1, c31); c32 = mac(lane, s, b2, c32);
  }
  storeRow(lane, c, c00, c01, c02, alpha, beta, bias);
  storeRow(lane, c + 1 * cRow, c10, c11, c12, alpha, beta, bias);
  storeRow(lane, c + 2 * cRow, c20, c21, c22, alpha, beta, bias);
  storeRow(lane, c + 3 * cRow, c30, c31, c32, alpha, beta, bias);
}

export function tile4x12(depth: i32, a: usize, b: usize, c: usize, cRow: usize, alpha: f32, beta: f32, bias: usize): void {
  tile(Lane.Float, depth, a, b, c, cRow, alpha, beta, bias);
}
/** The same on pairs of 16 bits and on bytes, `depth` words of them, for `gemm_integer_8x12`: sums are stored as they are, twelve a row. */
export function tile4x12_pairs(depth: i32, a: usize, b: usize, sums: usize): void {
  tile(Lane.Pair, depth, a, b, sums, 48, 1, 0, 0);
}
export function tile4x12_bytes(depth: i32, a: usize, b: usize, sums: usize): void {
  tile(Lane.Bytes, depth, a, b, sums, 48, 1, 0, 0);
}

/** One row of a finished tile: twelve numbers, floats scaled, blended with what C held, biased, stored. */
// @ts-ignore: decorator
@inline
export function storeRow(lane: Lane, c: usize, x0: v128, x1: v128, x2: v128, alpha: f32, beta: f32, bias: usize): void {
  if (lane == Lane.Float) {
    const scale = f32x4.splat(alpha);
    x0 = f32x4.mul(x0, scale); x1 = f32x4.mul(x1, scale); x2 = f32x4.mul(x2, scale);
  }
  if (beta != 0) {
    const keep = f32x4.splat(beta);
    x0 = madd(keep, v128.load(c, 0), x0); x1 = madd(keep, v128.load(c, 16), x1); x2 = madd(keep, v128.load(c, 32), x2);
  }
  if (bias) {
    x0 = f32x4.add(x0, v128.load(bias, 0)); x1 = f32x4.add(x1, v128.load(bias, 16)); x2 = f32x4.add(x2, v128.load(bias, 32));
  }
  v128.store(c, x0, 0); v128.store(c, x1, 16); v128.store(c, x2, 32);
}
