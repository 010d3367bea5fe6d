import { DEPTH, ROWS } from "./gemm";
import { packPanel } from "./pack";
import { packBlocks } from "./pack_blocks";
import { Kind, packBytes, Weight } from "./pack_quantized";
import { packRows, sweep } from "./sweep";

const BLOCK: i32 = ROWS * DEPTH << 2;
const PANEL: i32 = 12 * DEPTH << 2;

/** One panel of a weight as fp32, whatever its bytes are. */
function packWeight(target: usize, w: Weight, column: i32, columns: i32, d0: i32, depth: i32): void {
  if (w.kind == Kind.F32) {
    const shift = <usize>d0 * w.depthStep + <usize>column * w.columnStep << 2;
    packPanel(target, 12, w.data + shift, columns, w.columnStep, depth, w.depthStep);
  } else if (w.kind == Kind.I8) packBytes(target, w, column, columns, d0, depth, true);
  else if (w.kind == Kind.U8) packBytes(target, w, column, columns, d0, depth, false);
  else if (w.kind == Kind.Q4) packBlocks(target, w, column, columns, d0, depth, true);
  else packBlocks(target, w, column, columns, d0, depth, false);
}

/**
 * C[m×n] ← α · A[m×k] · W[k × (column … column+n)] + β · C + bias, with W in 8 bits or in blocks of 4 or 8 bits.
 *
 * The loop order of `gemm_f32_8x12`; every panel of W is dequantised once per row block, into the first-level cache.
 * `column` is a multiple of four. C points at its own first column; its columns are contiguous.
 */
export function gemm_quantized_8x12(
  m: i32, n: i32, k: i32, a: usize, aRow: i32, aDepth: i32, weight: usize, column: i32,
  c: usize, cRow: i32, alpha: f32, beta: f32, bias: usize, scratch: usize,
): void {
  const w = changetype<Weight>(weight);
  const panel = scratch + 2 * BLOCK, edge = panel + 2 * PANEL;
  const cStep = <usize>cRow << 2;
  let d = 0;
  do {
    const depth = min(DEPTH, k - d);
    const keep: f32 = d == 0 ? beta : 1;
    const add = d + depth >= k ? bias : 0;
    for (let i = 0; i < m; i += ROWS) {
      const rows = min(ROWS, m - i);
      packRows(scratch, a + ((<usize>i * <usize>aRow + <usize>d * <usize>aDepth) << 2), rows, aRow, depth, aDepth);
      for (let j = 0; j < n; j += 12) {
        const columns = min(12, n - j);
        packWeight(panel, w, column + j, columns, d, depth);
        sweep(rows, columns, depth, scratch, panel, c + <usize>i * cStep + (<usize>j << 2), cStep, alpha, keep, add ? add + (<usize>j << 2) : 0, edge);
      }
    }
    d += DEPTH;
  } while (d < k);
}

/** w↑ = w + γ·w⁺ and w↓ = w + γ·w⁻, from one panel read once. */
function splitPanel(up: usize, down: usize, gamma: f32, count: i32): void {
  const g = f32x4.splat(gamma), zero = f32x4.splat(0);
  for (let i: usize = 0; i < <usize>count << 2; i += 16) {
    const w = v128.load(up + i);
    v128.store(up + i, f32x4.add(w, f32x4.mul(g, f32x4.max(w, zero))));
    v128.store(down + i, f32x4.add(w, f32x4.mul(g, f32x4.min(w, zero))));
  }
}

/**
 * The γ rule's two products in one pass over the weights (zennit's `Gamma`):
 *
 *   P = A₁·W↑ + A₂·W↓,   Q = A₁·W↓ + A₂·W↑,   W↑ = W + γW⁺, W↓ = W + γW⁻.
 *
 * Forwards A₁ = x⁺, A₂ = x⁻: P is the denominator where z > 0, Q where z < 0. Backwards (with W's transpose) A₁ = s⁺, A₂ = s⁻:
 * R_x = x⁺⊙P + x⁻⊙Q. The z⁺ rule is the limit γ → ∞: pass a large γ and divide by it. Any kind of weight.
 */
export function gemm_gamma_8x12(
  m: i32, n: i32, k: i32, a1: usize, a2: usize, aRow: i32, weight: usize, column: i32, gamma: f32,
  p: usize, q: usize, cRow: i32, scratch: usize,
): void {
  const w = changetype<Weight>(weight);
  const second = scratch + BLOCK, up = second + BLOCK, down = up + PANEL, edge = down + PANEL;
  const cStep = <usize>cRow << 2;
  let d = 0;
  do {
    const depth = min(DEPTH, k - d);
    const keep: f32 = d == 0 ? 0 : 1;
    for (let i = 0; i < m; i += ROWS) {
      const rows = min(ROWS, m - i);
      const from = (<usize>i * <usize>aRow + <usize>d) << 2;
      packRows(scratch, a1 + from, rows, aRow, depth, 1);
      packRows(second, a2 + from, rows, aRow, depth, 1);
      for (let j = 0; j < n; j += 12) {
        const columns = min(12, n - j);
        const to = <usize>i * cStep + (<usize>j << 2);
        packWeight(up, w, column + j, columns, d, depth);
        splitPanel(up, down, gamma, depth * 12);
        sweep(rows, columns, depth, scratch, up, p + to, cStep, 1, keep, 0, edge);
        sweep(rows, columns, depth, second, down, p + to, cStep, 1, 1, 0, edge);
        sweep(rows, columns, depth, scratch, down, q + to, cStep, 1, keep, 0, edge);
        sweep(rows, columns, depth, second, up, q + to, cStep, 1, 1, 0, edge);
      }
    }
    d += DEPTH;
  } while (d < k);
}
