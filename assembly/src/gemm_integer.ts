import { ABREAST, DEPTH, ROWS } from "./gemm";
import { Form, packBytesAbreast, packEnds, packIntegerPanel, packIntegerRows } from "./pack_integers";
import { Weight } from "./pack_quantized";
import { sweepIntegers, TAIL } from "./sweep_integers";

const BLOCK: i32 = ROWS * (DEPTH + 1) << 2;
const PANEL: i32 = 12 * (DEPTH + TAIL) << 2;
const SUMS: i32 = 8 * 12 << 2;

/**
 * C[m×n] ← scale ⊙ ((A[m×k] − zero) · W[k × (column … column+n)]) + bias: A holds whole numbers from `low` to `low` + 255 kept as floats, `zero` is
 * one more of them or 0 for none, W are bytes whose rows lie side by side, their own scales are not read. `scale` is one float for all
 * columns (`scaleStep` = 0) or one for each (1), or 0 for none; the rest is as in `gemm_f32_8x12`. The products are summed as integers,
 * exactly up to a depth of 33,025; the sum is rounded to a float once, then scaled, then biased.
 *
 * `form` is what `integer_form` answered. With bytes u = a − o and s = w − c that an instruction takes (c is 128 for uint8),
 * x = o − zero and t = zero of W − c:
 *
 * Σ (a − zero)(w − zero of W) = Σ (u + x)(s − t) = Σ u·s + x·Σ s − t·(Σ u + k·x).
 *
 * The first sum is the tile's, the others are one number a row and two a column of a block. All are taken modulo 2³²: only what they add
 * up to has to fit. A word has four neighbours along the depth in the byte forms and two in the other, so a block is 1536 or 768 deep.
 * Four panels of bytes are packed abreast, as in `gemm_f32_8x12`.
 */
export function gemm_integer_8x12(
  form: Form, m: i32, n: i32, k: i32, a: usize, aRow: i32, aDepth: i32, low: i32, zero: usize, weight: usize, column: i32,
  c: usize, cRow: i32, scale: usize, scaleStep: i32, bias: usize, scratch: usize,
): void {
  const w = changetype<Weight>(weight), bytes = ASC_FEATURE_RELAXED_SIMD && form != Form.Pairs;
  const offset = form == Form.Signed ? low + 128 : form == Form.Unsigned ? low : 0;
  const x = offset - (zero ? <i32>f32.load(zero) : 0);
  const panels = scratch + BLOCK, sums = panels + ABREAST * PANEL, line = sums + SUMS;
  const cStep = <usize>cRow << 2, most = DEPTH << (bytes ? 2 : 1);
  let d = 0;
  do {
    const depth = min(most, k - d), steps = bytes ? (depth + 3) >> 2 : (depth + 1) >> 1;
    for (let i = 0; i < m; i += ROWS) {
      const rows = min(ROWS, m - i);
      packIntegerRows(scratch, a + ((<usize>i * <usize>aRow + <usize>d * <usize>aDepth) << 2), rows, aRow, depth, aDepth, bytes, offset, x, line);
      for (let j = 0, ready = 0, packed = 0; j < n; j += 12, ready--) {
        const columns = min(12, n - j);
        if (ready <= 0) {
          packed = bytes && n - j >= 12 * ABREAST ? packBytesAbreast(panels, PANEL, w, column + j, d, depth) : 0;
          ready = packed ? ABREAST : 1;
        }
        const panel = panels + (ABREAST - ready) * PANEL;
        packIntegerPanel(panel, w, column + j, columns, d, depth, packed, bytes, x);
        packEnds(panel, steps, columns, scale ? scale + <usize>(j * scaleStep << 2) : 0, scaleStep, bias ? bias + <usize>(j << 2) : 0);
        sweepIntegers(bytes, rows, columns, steps, scratch, panel, c + <usize>i * cStep + (<usize>j << 2), cStep, d > 0, d + depth >= k, bias != 0, sums);
      }
    }
    d += most;
  } while (d < k);
}

/**
 * How this engine's `i32x4.relaxed_dot_i8x16_i7x16_add_s` takes bytes above 127 in its second operand, which the standard leaves open: as
 * unsigned numbers (`vpdpbusd`), as signed ones (`sdot`), or not to be trusted (`pmaddubsw` saturates): then pairs of 16 bits are
 * multiplied, as they are without relaxed SIMD. `scratch` has room for 32 bytes; through it no compiler can see the operands and
 * answer for another machine.
 *
 * Signed products may be added two by two in 16 bits, which only (−128)² + (−128)² does not fit: V8 does so on arm64 until a function is
 * optimised, so it cannot be asked for. In the signed form no s of W may be −128.
 */
export function integer_form(scratch: usize): i32 {
  if (!ASC_FEATURE_RELAXED_SIMD) return Form.Pairs;
  v128.store(scratch, i8x16(-128, -128, -128, -128, 127, 127, 127, 127, -127, -127, -127, -127, 127, -128, 1, 100), 0);
  v128.store(scratch, i8x16(-1, -1, -1, -1, -1, -1, -1, -1, -128, -128, -128, -128, -1, 127, -128, -3), 16);
  const found = i32x4.relaxed_dot_i8x16_i7x16_add_s(v128.load(scratch, 0), v128.load(scratch, 16), i32x4.splat(1));
  if (v128.all_true<i32>(i32x4.eq(found, i32x4(-130559, 129541, -65023, 41558)))) return Form.Unsigned;
  if (v128.all_true<i32>(i32x4.eq(found, i32x4(513, -507, 65025, -16810)))) return Form.Signed;
  return Form.Pairs;
}
