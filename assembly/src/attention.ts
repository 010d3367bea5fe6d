import { gemm_f32_8x12, gemm_scratch_bytes } from "./gemm";
import { dotRun, softmaxRow } from "./softmax";

/** Query rows of one tile. The two buffers of a tile are 64 × keys floats: linear in the sequence, shared by all heads and layers. */
const TILE: i32 = 64;

/** Bytes of scratch for one call: scores and cotangents of one tile of rows, and the GEMM's own. */
export function attention_scratch_bytes(keys: i32): i32 {
  return gemm_scratch_bytes() + (2 * TILE * keys << 2) + 64;
}

/** One head, as the host writes it (32-bit words). Rows lie `…Row` elements apart, columns are contiguous. */
@unmanaged
export class Head {
  queries: i32;
  keys: i32;
  /** Width of q and k, and of v. */
  width: i32;
  valueWidth: i32;
  q: usize; qRow: i32;
  k: usize; kRow: i32;
  v: usize; vRow: i32;
  /** Added to the scores: rows lie maskRow elements apart (0: one row for all). 0 for no mask. */
  mask: usize; maskRow: i32;
  /** Query i sees keys up to i + causal; a value ≥ keys sees all. */
  causal: i32;
  scale: f32;
  /** Factor on the cotangent of v and of the probabilities at the product with v; ½ in AttnLRP, 1 else. */
  valueShare: f32;
  /** Factor on the cotangents of q and k at the score product: ½ in AttnLRP, 1 for gradients, 0 where the softmax is detached. */
  scoreShare: f32;
  g: usize; gRow: i32;
  dq: usize; dqRow: i32;
  dk: usize; dkRow: i32;
  dv: usize; dvRow: i32;
  /** Where two floats are added to: Σ A⊙g_A (what enters the softmax) and Σ S⊙g_S (what leaves it). 0 for no ledger. */
  ledger: usize;
}

/** Scores of rows i … i+rows: scale·Q·Kᵀ + mask, −∞ beyond the causal edge. */
function scores(h: Head, i: i32, rows: i32, s: usize, scratch: usize): void {
  const keys = h.keys, row = <usize>keys << 2;
  gemm_f32_8x12(rows, keys, h.width, h.q + (<usize>i * h.qRow << 2), h.qRow, 1, h.k, 1, h.kRow, s, keys, h.scale, 0, 0, scratch);
  for (let r = 0; r < rows; r++, s += row) {
    if (h.mask) {
      const m = h.mask + (<usize>(i + r) * h.maskRow << 2);
      let j: usize = 0;
      for (; j + 16 <= row; j += 16) v128.store(s + j, f32x4.add(v128.load(s + j), v128.load(m + j)));
      for (; j < row; j += 4) f32.store(s + j, f32.load(s + j) + f32.load(m + j));
    }
    for (let j = max(0, i + r + h.causal + 1); j < keys; j++) f32.store(s + (<usize>j << 2), -Infinity);
  }
}

/** Attention of one head, forwards: out[queries × valueWidth] (rows `gRow` apart, in `g`). Nothing T×T is kept. */
export function attention_f32(head: usize, scratch: usize): void {
  const h = changetype<Head>(head);
  const keys = h.keys, row = <usize>keys << 2;
  const a = scratch + gemm_scratch_bytes();
  for (let i = 0; i < h.queries; i += TILE) {
    const rows = min(TILE, h.queries - i);
    scores(h, i, rows, a, scratch);
    for (let r = 0; r < rows; r++) softmaxRow(keys, a + <usize>r * row, a + <usize>r * row);
    gemm_f32_8x12(rows, h.valueWidth, keys, a, keys, 1, h.v, h.vRow, 1, h.g + (<usize>i * h.gRow << 2), h.gRow, 1, 0, 0, scratch);
  }
}

/**
 * Cotangents of one head, 64 query rows at a time: scores and probabilities are computed again, used, and forgotten.
 *
 *   A = softmax(S), S = c·QKᵀ + M
 *   g_V += ½·Aᵀ·g_O        g_A = ½·g_O·Vᵀ         (½: valueShare)
 *   g_S = A ⊙ (g_A − Σ A⊙g_A)
 *   g_Q = ½·c·g_S·K        g_K += ½·c·g_Sᵀ·Q      (½: scoreShare)
 *
 * dq is written, dk and dv are added to (grouped queries share them; the caller clears them).
 */
export function attention_cotangent_f32(head: usize, scratch: usize): void {
  const h = changetype<Head>(head);
  const keys = h.keys, row = <usize>keys << 2;
  const a = scratch + gemm_scratch_bytes(), d = a + (<usize>TILE * row);
  for (let i = 0; i < h.queries; i += TILE) {
    const rows = min(TILE, h.queries - i);
    const g = h.g + (<usize>i * h.gRow << 2);
    scores(h, i, rows, a, scratch);
    for (let r = 0; r < rows; r++) softmaxRow(keys, a + <usize>r * row, a + <usize>r * row);
    gemm_f32_8x12(keys, h.valueWidth, rows, a, 1, keys, g, h.gRow, 1, h.dv, h.dvRow, h.valueShare, 1, 0, scratch);
    if (h.scoreShare == 0) {
      for (let r = 0; r < rows; r++) memory.fill(h.dq + (<usize>(i + r) * h.dqRow << 2), 0, <usize>h.width << 2);
      continue;
    }
    gemm_f32_8x12(rows, keys, h.valueWidth, g, h.gRow, 1, h.v, 1, h.vRow, d, keys, h.valueShare, 0, 0, scratch);
    throughSoftmax(h, i, rows, a, d);
    const by = h.scoreShare * h.scale;
    gemm_f32_8x12(rows, h.width, keys, d, keys, 1, h.k, h.kRow, 1, h.dq + (<usize>i * h.dqRow << 2), h.dqRow, by, 0, 0, scratch);
    gemm_f32_8x12(keys, h.width, rows, d, 1, keys, h.q + (<usize>i * h.qRow << 2), h.qRow, 1, h.dk, h.dkRow, by, 1, 0, scratch);
  }
}

/** d ← A ⊙ (d − Σ A⊙d) per row, and the ledger's two sums. */
function throughSoftmax(h: Head, i: i32, rows: i32, a: usize, d: usize): void {
  const keys = h.keys, row = <usize>keys << 2;
  let entered: f32 = 0, left: f32 = 0;
  for (let r = 0; r < rows; r++, a += row, d += row) {
    const mean = dotRun(keys, a, d);
    const m = f32x4.splat(mean);
    let j: usize = 0;
    for (; j + 16 <= row; j += 16) v128.store(d + j, f32x4.mul(v128.load(a + j), f32x4.sub(v128.load(d + j), m)));
    for (; j < row; j += 4) f32.store(d + j, f32.load(a + j) * (f32.load(d + j) - mean));
    if (!h.ledger) continue;
    entered += mean;
    // S before mask and shift; a masked key has g_S = 0 and drops out by itself.
    const q = h.q + (<usize>(i + r) * h.qRow << 2);
    for (let k = 0; k < keys; k++) {
      const gs = f32.load(d + (<usize>k << 2));
      if (gs != 0) left += gs * h.scale * dotRun(h.width, q, h.k + (<usize>k * h.kRow << 2));
    }
  }
  if (!h.ledger) return;
  f32.store(h.ledger, f32.load(h.ledger) + entered, 0);
  f32.store(h.ledger, f32.load(h.ledger, 4) + left, 4);
}
