import { packPanel } from "./pack";
import { Weight } from "./pack_quantized";

/** Panels of integers for `gemm_integer_8x12`: two neighbours along the depth share a word of 32 bits; an odd depth ends with a zero. */

/** `depth` whole numbers kept as floats, as 16-bit integers side by side. */
// @ts-ignore: decorator
@inline
function toHalfWords(target: usize, source: usize, depth: i32, step: i32): void {
  let d = 0, t = target, s = source;
  if (step == 1) {
    for (; d + 8 <= depth; d += 8, s += 32, t += 16) {
      v128.store(t, i16x8.narrow_i32x4_s(i32x4.trunc_sat_f32x4_s(v128.load(s, 0)), i32x4.trunc_sat_f32x4_s(v128.load(s, 16))));
    }
  }
  for (; d < depth; d++, s += <usize>step << 2, t += 2) store<i16>(t, <i16>f32.load(s));
  if (depth & 1) store<i16>(t, 0);
}

/** A block of A in panels of eight rows, and one of four where four or fewer are left. `line` has room for eight rows. */
export function packIntegerRows(target: usize, a: usize, rows: i32, rowStep: i32, depth: i32, depthStep: i32, line: usize): void {
  const pairs = (depth + 1) >> 1;
  for (let i = 0; i < rows; i += 8) {
    const left = rows - i, lines = min(8, left);
    for (let r = 0; r < lines; r++) {
      toHalfWords(line + (<usize>(r * pairs) << 2), a + (<usize>(i + r) * <usize>rowStep << 2), depth, depthStep);
    }
    packPanel(target + (<usize>(i * pairs) << 2), left > 4 ? 8 : 4, line, lines, pairs, pairs, 1);
  }
}

// @ts-ignore: decorator
@inline
function centred(w: Weight, at: usize, zero: usize, signed: bool): i16 {
  return <i16>(signed ? <i32>load<i8>(at) : <i32>load<u8>(at)) - <i16>(zero ? f32.load(zero) : 0);
}

/** Zero points of eight columns from `zero` (floats, or 0 for none), `step` bytes apart. */
// @ts-ignore: decorator
@inline
function zeros8(zero: usize, step: usize): v128 {
  if (!zero) return i16x8.splat(0);
  if (!step) return i16x8.splat(<i16>f32.load(zero));
  return i16x8.narrow_i32x4_s(i32x4.trunc_sat_f32x4_s(v128.load(zero, 0)), i32x4.trunc_sat_f32x4_s(v128.load(zero, 16)));
}

/** Twelve columns of a weight of bytes whose rows lie side by side, less its zero points. The scale is left aside. */
export function packIntegerPanel(target: usize, w: Weight, column: i32, columns: i32, d0: i32, depth: i32, signed: bool): void {
  const along = <usize>w.depthStep, source = w.data + <usize>d0 * along + <usize>column, step = <usize>w.scaleColumn << 2;
  const zero = w.zero ? w.zero + <usize>column * step : 0;
  let d = 0, t = target;
  if (columns == 12) {
    const z0 = zeros8(zero, step);
    // Of the last four columns: the upper half of eight that end with them.
    const z1 = zeros8(zero && step ? zero + 4 * step : zero, step);
    for (let s = source; d + 2 <= depth; d += 2, s += 2 * along, t += 48) {
      const a0 = i16x8.sub(half(s, signed), z0), b0 = i16x8.sub(half(s + along, signed), z0);
      const a1 = i16x8.sub(half(s + 4, signed), z1), b1 = i16x8.sub(half(s + along + 4, signed), z1);
      v128.store(t, i16x8.shuffle(a0, b0, 0, 8, 1, 9, 2, 10, 3, 11), 0);
      v128.store(t, i16x8.shuffle(a0, b0, 4, 12, 5, 13, 6, 14, 7, 15), 16);
      v128.store(t, i16x8.shuffle(a1, b1, 4, 12, 5, 13, 6, 14, 7, 15), 32);
    }
  }
  const from = d;
  if (d < depth) memory.fill(t, 0, <usize>((depth - d + 1) >> 1) * 48);
  for (; d < depth; d++) {
    const row = t + <usize>((d - from) >> 1) * 48 + (d & 1 ? 2 : 0);
    for (let j: usize = 0; j < <usize>columns; j++) {
      store<i16>(row + (j << 2), centred(w, source + <usize>d * along + j, zero ? zero + j * step : 0, signed));
    }
  }
}

/** Eight bytes as 16-bit integers. */
// @ts-ignore: decorator
@inline
function half(at: usize, signed: bool): v128 {
  return signed ? v128.load8x8_s(at) : v128.load8x8_u(at);
}
