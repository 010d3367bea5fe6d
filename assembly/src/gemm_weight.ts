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
  const panel = scratch + BLOCK, edge = panel + PANEL;
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
