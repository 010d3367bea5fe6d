import { Lane, mac, ZERO } from "./simd";
import { storeRow } from "./tile_4x12";

/**
 * The large register tile: C[8×12] ← α · A(8×k) · B(k×12) + β · C (+ bias); the contract of `tile4x12`.
 *
 * 24 accumulators: they all fit the 32 vector registers of arm64; on x86-64 eight of them live on the stack, and the tile is
 * still a tenth faster than 4×12 because 5 loads feed 24 multiply-adds (on a Xeon in Deno 94 % of the peak against 83 %).
 */
// @ts-ignore: decorator
@inline
function tile(lane: Lane, depth: i32, a: usize, b: usize, c: usize, cRow: usize, alpha: f32, beta: f32, bias: usize): void {
  let c00 = ZERO, c01 = ZERO, c02 = ZERO;
  let c10 = ZERO, c11 = ZERO, c12 = ZERO;
  let c20 = ZERO, c21 = ZERO, c22 = ZERO;
  let c30 = ZERO, c31 = ZERO, c32 = ZERO;
  let c40 = ZERO, c41 = ZERO, c42 = ZERO;
  let c50 = ZERO, c51 = ZERO, c52 = ZERO;
  let c60 = ZERO, c61 = ZERO, c62 = ZERO;
  let c70 = ZERO, c71 = ZERO, c72 = ZERO;
  let b0: v128, b1: v128, b2: v128, q: v128, s: v128;
  for (; depth >= 2; depth -= 2, a += 64, b += 96) {
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
    q = v128.load(a, 16);
    s = i32x4.shuffle(q, q, 0, 0, 0, 0);
    c40 = mac(lane, s, b0, c40); c41 = mac(lane, s, b1, c41); c42 = mac(lane, s, b2, c42);
    s = i32x4.shuffle(q, q, 1, 1, 1, 1);
    c50 = mac(lane, s, b0, c50); c51 = mac(lane, s, b1, c51); c52 = mac(lane, s, b2, c52);
    s = i32x4.shuffle(q, q, 2, 2, 2, 2);
    c60 = mac(lane, s, b0, c60); c61 = mac(lane, s, b1, c61); c62 = mac(lane, s, b2, c62);
    s = i32x4.shuffle(q, q, 3, 3, 3, 3);
    c70 = mac(lane, s, b0, c70); c71 = mac(lane, s, b1, c71); c72 = mac(lane, s, b2, c72);

    b0 = v128.load(b, 48); b1 = v128.load(b, 64); b2 = v128.load(b, 80);
    q = v128.load(a, 32);
    s = i32x4.shuffle(q, q, 0, 0, 0, 0);
    c00 = mac(lane, s, b0, c00); c01 = mac(lane, s, b1, c01); c02 = mac(lane, s, b2, c02);
    s = i32x4.shuffle(q, q, 1, 1, 1, 1);
    c10 = mac(lane, s, b0, c10); c11 = mac(lane, s, b1, c11); c12 = mac(lane, s, b2, c12);
    s = i32x4.shuffle(q, q, 2, 2, 2, 2);
    c20 = mac(lane, s, b0, c20); c21 = mac(lane, s, b1, c21); c22 = mac(lane, s, b2, c22);
    s = i32x4.shuffle(q, q, 3, 3, 3, 3);
    c30 = mac(lane, s, b0, c30); c31 = mac(lane, s, b1, c31); c32 = mac(lane, s, b2, c32);
    q = v128.load(a, 48);
    s = i32x4.shuffle(q, q, 0, 0, 0, 0);
    c40 = mac(lane, s, b0, c40); c41 = mac(lane, s, b1, c41); c42 = mac(lane, s, b2, c42);
    s = i32x4.shuffle(q, q, 1, 1, 1, 1);
    c50 = mac(lane, s, b0, c50); c51 = mac(lane, s, b1, c51); c52 = mac(lane, s, b2, c52);
    s = i32x4.shuffle(q, q, 2, 2, 2, 2);
    c60 = mac(lane, s, b0, c60); c61 = mac(lane, s, b1, c61); c62 = mac(lane, s, b2, c62);
    s = i32x4.shuffle(q, q, 3, 3, 3, 3);
    c70 = mac(lane, s, b0, c70); c71 = mac(lane, s, b1, c71); c72 = mac(lane, s, b2, c72);
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
    q = v128.load(a, 16);
    s = i32x4.shuffle(q, q, 0, 0, 0, 0);
    c40 = mac(lane, s, b0, c40); c41 = mac(lane, s, b1, c41); c42 = mac(lane, s, b2, c42);
    s = i32x4.shuffle(q, q, 1, 1, 1, 1);
    c50 = mac(lane, s, b0, c50); c51 = mac(lane, s, b1, c51); c52 = mac(lane, s, b2, c52);
    s = i32x4.shuffle(q, q, 2, 2, 2, 2);
    c60 = mac(lane, s, b0, c60); c61 = mac(lane, s, b1, c61); c62 = mac(lane, s, b2, c62);
    s = i32x4.shuffle(q, q, 3, 3, 3, 3);
    c70 = mac(lane, s, b0, c70); c71 = mac(lane, s, b1, c71); c72 = mac(lane, s, b2, c72);
  }
  storeRow(lane, c, c00, c01, c02, alpha, beta, bias);
  storeRow(lane, c + 1 * cRow, c10, c11, c12, alpha, beta, bias);
  storeRow(lane, c + 2 * cRow, c20, c21, c22, alpha, beta, bias);
  storeRow(lane, c + 3 * cRow, c30, c31, c32, alpha, beta, bias);
  storeRow(lane, c + 4 * cRow, c40, c41, c42, alpha, beta, bias);
  storeRow(lane, c + 5 * cRow, c50, c51, c52, alpha, beta, bias);
  storeRow(lane, c + 6 * cRow, c60, c61, c62, alpha, beta, bias);
  storeRow(lane, c + 7 * cRow, c70, c71, c72, alpha, beta, bias);
}

export function tile8x12(depth: i32, a: usize, b: usize, c: usize, cRow: usize, alpha: f32, beta: f32, bias: usize): void {
  tile(Lane.Float, depth, a, b, c, cRow, alpha, beta, bias);
}
/** The same on pairs of 16 bits and on bytes, `depth` words of them, for `gemm_integer_8x12`: sums are stored as they are, twelve a row. */
export function tile8x12_pairs(depth: i32, a: usize, b: usize, sums: usize): void {
  tile(Lane.Pair, depth, a, b, sums, 48, 1, 0, 0);
}
export function tile8x12_bytes(depth: i32, a: usize, b: usize, sums: usize): void {
  tile(Lane.Bytes, depth, a, b, sums, 48, 1, 0, 0);
}
