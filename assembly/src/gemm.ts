import { packAbreast, packPanel } from "./pack";
import { packRows, sweep } from "./sweep";

/** Depth of a block: a B panel of 12 × 384 floats is 18 KB and stays in the first-level cache while A passes by. */
export const DEPTH: i32 = 384;
/** Rows of a block: 128 × 384 floats of packed A are 192 KB and stay in the second-level cache. */
export const ROWS: i32 = 128;
const BLOCK: i32 = ROWS * DEPTH << 2;
const PANEL: i32 = 12 * DEPTH << 2;
/** Panels packed together where the columns of B lie side by side: 48 floats fill three cache lines, 12 only parts of two. */
export const ABREAST: i32 = 4;

/**
 * Bytes of scratch any GEMM needs: a packed block of A, panels of B, one edge tile, eight rows on their way into a panel; of integers
 * panels are one row of A and four of B longer.
 */
export function gemm_scratch_bytes(): i32 {
  return BLOCK + (ROWS << 2) + ABREAST * (PANEL + (4 * 12 << 2)) + (8 * 12 << 2) + (8 * DEPTH << 2);
}

/**
 * C[m×n] ← α · A[m×k] · B[k×n] + β · C + bias, fp32, any strides: A·B, A·Bᵀ and Aᵀ·B are the same call with other steps.
 *
 * Order: depth blocks of 384 → row blocks of 128 → panels of 12 columns → tiles of 8 rows. A is packed once per block, B a few panels
 * at a time; each panel of B is read from memory once per row block. Steps are in elements; C's columns are contiguous.
 * β = 0 does not read C; `bias` is n floats or 0. `scratch` holds `gemm_scratch_bytes()`.
 */
export function gemm_f32_8x12(
  m: i32, n: i32, k: i32, a: usize, aRow: i32, aDepth: i32, b: usize, bDepth: i32, bColumn: i32,
  c: usize, cRow: i32, alpha: f32, beta: f32, bias: usize, scratch: usize,
): void {
  const panels = scratch + BLOCK, edge = panels + ABREAST * PANEL;
  const cStep = <usize>cRow << 2;
  let d = 0;
  do {
    const depth = min(DEPTH, k - d);
    const keep: f32 = d == 0 ? beta : 1;
    const add = d + depth >= k ? bias : 0;
    for (let i = 0; i < m; i += ROWS) {
      const rows = min(ROWS, m - i);
      packRows(scratch, a + ((<usize>i * <usize>aRow + <usize>d * <usize>aDepth) << 2), rows, aRow, depth, aDepth);
      for (let j = 0, ready = 0; j < n; j += 12, ready--) {
        const columns = min(12, n - j), at = b + ((<usize>d * <usize>bDepth + <usize>j * <usize>bColumn) << 2);
        if (ready <= 0) {
          if (bColumn == 1 && n - j >= 12 * ABREAST) {
            packAbreast(panels, PANEL, at, depth, bDepth);
            ready = ABREAST;
          } else {
            packPanel(panels + (ABREAST - 1) * PANEL, 12, at, columns, bColumn, depth, bDepth);
            ready = 1;
          }
        }
        const panel = panels + (ABREAST - ready) * PANEL;
        sweep(rows, columns, depth, scratch, panel, c + <usize>i * cStep + (<usize>j << 2), cStep, alpha, keep, add ? add + (<usize>j << 2) : 0, edge);
      }
    }
    d += DEPTH;
  } while (d < k);
}
