import { DEPTH, ROWS } from "./gemm";
import { packIntegerPanel, packIntegerRows } from "./pack_integers";
import { Kind, Weight } from "./pack_quantized";
import { sweepIntegers } from "./sweep";

const BLOCK: i32 = ROWS * DEPTH << 2;
const PANEL: i32 = 12 * DEPTH << 2;
const EDGE: i32 = 8 * 12 << 2;

/**
 * C[m×n] ← α · A[m×k] · (W − zero)[k × (column … column+n)] + β · C + bias, where A holds whole numbers of at most 16 bits kept as
 * floats and W bytes whose rows lie side by side; its scale is not read. The contract of `gemm_quantized_8x12` otherwise.
 *
 * Two neighbours along the depth share a word: `i32x4.dot_i16x8_s` multiplies eight at once where a float vector holds four. Sums
 * of a block (768 products of two nine-bit numbers) fit 32 bits and are exact; blocks are added as floats.
 */
export function gemm_integer_8x12(
  m: i32, n: i32, k: i32, a: usize, aRow: i32, aDepth: i32, weight: usize, column: i32,
  c: usize, cRow: i32, alpha: f32, beta: f32, bias: usize, scratch: usize,
): void {
  const w = changetype<Weight>(weight), signed = w.kind == Kind.I8;
  const panel = scratch + BLOCK, edge = panel + PANEL, line = edge + EDGE;
  const cStep = <usize>cRow << 2;
  let d = 0;
  do {
    const depth = min(2 * DEPTH, k - d), pairs = (depth + 1) >> 1;
    const keep: f32 = d == 0 ? beta : 1;
    const add = d + depth >= k ? bias : 0;
    for (let i = 0; i < m; i += ROWS) {
      const rows = min(ROWS, m - i);
      packIntegerRows(scratch, a + ((<usize>i * <usize>aRow + <usize>d * <usize>aDepth) << 2), rows, aRow, depth, aDepth, line);
      for (let j = 0; j < n; j += 12) {
        const columns = min(12, n - j);
        packIntegerPanel(panel, w, column + j, columns, d, depth, signed);
        sweepIntegers(rows, columns, pairs, scratch, panel, c + <usize>i * cStep + (<usize>j << 2), cStep, alpha, keep, add ? add + (<usize>j << 2) : 0, edge);
      }
    }
    d += 2 * DEPTH;
  } while (d < k);
}
