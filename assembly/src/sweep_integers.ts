import { copyFloats } from "./simd";
import { tile4x12_bytes, tile4x12_pairs } from "./tile_4x12";
import { tile8x12_bytes, tile8x12_pairs } from "./tile_8x12";

/** Rows of twelve words behind a panel of W: see `packIntegerPanel` and `packEnds`. */
export const TAIL: i32 = 4;

/**
 * Every tile of one panel of W against a packed block of A. Sums of a tile are finished from `sums` (96 words), so nothing outside C is
 * ever touched. C keeps integers until the last block of the depth. `cRow` is in bytes.
 */
export function sweepIntegers(
  bytes: bool, rows: i32, columns: i32, steps: i32, a: usize, b: usize, c: usize, cRow: usize, begun: bool, done: bool, biased: bool, sums: usize,
): void {
  const tail = b + <usize>steps * 48;
  for (let i = 0; i < rows; i += 8) {
    const left = rows - i, width = left > 4 ? 8 : 4, ofRows = a + <usize>(steps * width << 2);
    if (ASC_FEATURE_RELAXED_SIMD && bytes) {
      if (left > 4) tile8x12_bytes(steps, a, b, sums);
      else tile4x12_bytes(steps, a, b, sums);
    } else if (left > 4) tile8x12_pairs(steps, a, b, sums);
    else tile4x12_pairs(steps, a, b, sums);
    finish(min(8, left), columns, sums, ofRows, tail, c, cRow, begun, done, biased);
    a = ofRows + <usize>(width << 2);
    c += 8 * cRow;
  }
}

/** c ← Σ u·s + x·Σ s − t·(Σ u + depth·x), plus the blocks before; behind the last one as floats, times the scale, plus the bias. */
// @ts-ignore: decorator
@inline
function finish(
  rows: i32, columns: i32, sums: usize, ofRows: usize, tail: usize, c: usize, cRow: usize, begun: bool, done: bool, biased: bool,
): void {
  const x0 = v128.load(tail, 0), x1 = v128.load(tail, 16), x2 = v128.load(tail, 32);
  const t0 = v128.load(tail, 48), t1 = v128.load(tail, 64), t2 = v128.load(tail, 80);
  for (let i = 0; i < rows; i++, sums += 48, ofRows += 4, c += cRow) {
    const q = v128.load32_splat(ofRows), whole = columns == 12, at = whole ? c : sums;
    let y0 = i32x4.sub(i32x4.add(v128.load(sums, 0), x0), i32x4.mul(t0, q));
    let y1 = i32x4.sub(i32x4.add(v128.load(sums, 16), x1), i32x4.mul(t1, q));
    let y2 = i32x4.sub(i32x4.add(v128.load(sums, 32), x2), i32x4.mul(t2, q));
    if (begun) {
      if (!whole) copyFloats(sums, c, columns);
      y0 = i32x4.add(y0, v128.load(at, 0)); y1 = i32x4.add(y1, v128.load(at, 16)); y2 = i32x4.add(y2, v128.load(at, 32));
    }
    if (done) {
      y0 = f32x4.mul(f32x4.convert_i32x4_s(y0), v128.load(tail, 96));
      y1 = f32x4.mul(f32x4.convert_i32x4_s(y1), v128.load(tail, 112));
      y2 = f32x4.mul(f32x4.convert_i32x4_s(y2), v128.load(tail, 128));
      if (biased) {
        y0 = f32x4.add(y0, v128.load(tail, 144)); y1 = f32x4.add(y1, v128.load(tail, 160)); y2 = f32x4.add(y2, v128.load(tail, 176));
      }
    }
    v128.store(at, y0, 0); v128.store(at, y1, 16); v128.store(at, y2, 32);
    if (!whole) copyFloats(c, sums, columns);
  }
}
