import { packPanel } from "./pack";
import { Kind, Weight } from "./pack_quantized";
import { Lane, mac, ZERO } from "./simd";

/**
 * Panels of integers for `gemm_integer_8x12`, in words of 32 bits: four bytes or two numbers of 16 bits that are neighbours along the
 * depth; zeros fill up the last word. Behind the words of a panel lies what is known of its rows or columns as a whole.
 */

/** What the product is made with: pairs of 16 bits, or bytes of which those of A are taken as unsigned or as signed ones. */
export const enum Form { Pairs = 0, Unsigned = 1, Signed = 2 }

/** 1.5 · 2²³: a whole number added to it lies in the lowest bits of the float. */
const WHOLE: f32 = 12582912;

/** Four whole numbers kept as floats, plus what `shift` has above `WHOLE`, as integers. */
// @ts-ignore: decorator
@inline
function whole4(at: usize, shift: v128): v128 {
  return i32x4.sub(f32x4.add(v128.load(at), shift), f32x4.splat(WHOLE));
}

// @ts-ignore: decorator
@inline
function whole8(at: usize, shift: v128): v128 {
  return i16x8.narrow_i32x4_s(whole4(at, shift), whole4(at + 16, shift));
}

/** `depth` whole numbers kept as floats, less `offset`, as bytes or numbers of 16 bits side by side. */
// @ts-ignore: decorator
@inline
function toWords(target: usize, source: usize, depth: i32, step: i32, bytes: bool, offset: i32): void {
  let d = 0, s = source;
  const shift = f32x4.splat(WHOLE - <f32>offset), byte = i16x8.splat(255), next = <usize>step << 2;
  if (bytes) {
    if (step == 1) {
      for (; d + 16 <= depth; d += 16, s += 64) {
        v128.store(target + d, i8x16.narrow_i16x8_u(v128.and(whole8(s, shift), byte), v128.and(whole8(s + 32, shift), byte)));
      }
    }
    for (; d < depth; d++, s += next) store<i8>(target + d, <i8>(<i32>f32.load(s) - offset));
    for (; d & 3; d++) store<i8>(target + d, 0);
  } else {
    if (step == 1) for (; d + 8 <= depth; d += 8, s += 32) v128.store(target + (d << 1), whole8(s, shift));
    for (; d < depth; d++, s += next) store<i16>(target + (d << 1), <i16>(<i32>f32.load(s) - offset));
    if (d & 1) store<i16>(target + (d << 1), 0);
  }
}

/**
 * A block of A in panels of eight rows, and one of four where four or fewer are left; each ends with Σ u + depth·x of its rows. `line`
 * has room for eight rows.
 */
export function packIntegerRows(
  target: usize, a: usize, rows: i32, rowStep: i32, depth: i32, depthStep: i32, bytes: bool, offset: i32, x: i32, line: usize,
): void {
  const steps = bytes ? (depth + 3) >> 2 : (depth + 1) >> 1;
  for (let i = 0; i < rows; i += 8) {
    const left = rows - i, lines = min(8, left), width = left > 4 ? 8 : 4;
    for (let r = 0; r < lines; r++) {
      toWords(line + (<usize>(r * steps) << 2), a + (<usize>(i + r) * <usize>rowStep << 2), depth, depthStep, bytes, offset);
    }
    packPanel(target, width, line, lines, steps, steps, 1);
    target = sumUp(target, width, steps, bytes, true, i32x4.splat(depth * x));
  }
}

/** Σ along the depth of every row or column of a panel, plus `more`, stored behind it; returns what lies behind that. */
function sumUp(panel: usize, width: i32, steps: i32, bytes: bool, rows: bool, more: v128): usize {
  if (bytes) return rows ? sumsOf(Lane.Bytes, true, panel, width, steps, more) : sumsOf(Lane.Bytes, false, panel, width, steps, more);
  return rows ? sumsOf(Lane.Pair, true, panel, width, steps, more) : sumsOf(Lane.Pair, false, panel, width, steps, more);
}

/** Four sums at once: an addition waits for the one before it. */
// @ts-ignore: decorator
@inline
function sumsOf(lane: Lane, rows: bool, panel: usize, width: i32, steps: i32, more: v128): usize {
  const row = <usize>width << 2, end = panel + <usize>steps * row, ones = lane == Lane.Bytes ? i8x16.splat(1) : i16x8.splat(1);
  for (let j: usize = 0; j < row; j += 16) {
    let p = panel + j, a = more, b = ZERO, c = ZERO, e = ZERO;
    for (; p + 3 * row < end; p += 4 * row) {
      a = added(lane, ones, v128.load(p), rows, a);
      b = added(lane, ones, v128.load(p + row), rows, b);
      c = added(lane, ones, v128.load(p + 2 * row), rows, c);
      e = added(lane, ones, v128.load(p + 3 * row), rows, e);
    }
    for (; p < end; p += row) a = added(lane, ones, v128.load(p), rows, a);
    v128.store(end + j, i32x4.add(i32x4.add(a, b), i32x4.add(c, e)));
  }
  return end + row;
}

/** Numbers of A go where the tile has them, and so do those of W: there an instruction takes them for the same. */
// @ts-ignore: decorator
@inline
function added(lane: Lane, ones: v128, numbers: v128, rows: bool, sum: v128): v128 {
  return rows ? mac(lane, numbers, ones, sum) : mac(lane, ones, numbers, sum);
}

/**
 * Twelve columns of a weight of bytes whose rows lie side by side, each less 128 if it is unsigned. Behind them, twelve words
 * each: x·Σ s and t.
 */
export function packIntegerPanel(
  target: usize, w: Weight, column: i32, columns: i32, d0: i32, depth: i32, packed: i32, bytes: bool, x: i32,
): void {
  const along = <usize>w.depthStep, source = w.data + <usize>d0 * along + <usize>column, signed = w.kind == Kind.I8;
  const flip = i8x16.splat(signed ? 0 : -128);
  const group = bytes ? 4 : 2, steps = (depth + group - 1) / group;
  let d = packed, t = target + <usize>(packed / group * 48);
  if (columns == 12) {
    if (bytes) {
      for (let s = source + <usize>packed * along; d + 4 <= depth; d += 4, s += 4 * along, t += 48) {
        const ab = low8(v128.load64_zero(s), v128.load64_zero(s + along));
        const ce = low8(v128.load64_zero(s + 2 * along), v128.load64_zero(s + 3 * along));
        const rest = s + 8;
        const ab2 = low8(v128.load32_zero(rest), v128.load32_zero(rest + along));
        const ce2 = low8(v128.load32_zero(rest + 2 * along), v128.load32_zero(rest + 3 * along));
        v128.store(t, v128.xor(flip, low4(ab, ce)), 0);
        v128.store(t, v128.xor(flip, high4(ab, ce)), 16);
        v128.store(t, v128.xor(flip, low4(ab2, ce2)), 32);
      }
    } else {
      for (let s = source; d + 2 <= depth; d += 2, s += 2 * along, t += 48) {
        const a = wide8(v128.load64_zero(s), flip), b = wide8(v128.load64_zero(s + along), flip);
        const a2 = wide8(v128.load32_zero(s + 8), flip), b2 = wide8(v128.load32_zero(s + along + 8), flip);
        v128.store(t, low4(a, b), 0);
        v128.store(t, high4(a, b), 16);
        v128.store(t, low4(a2, b2), 32);
      }
    }
  }
  const end = target + <usize>steps * 48;
  memory.fill(t, 0, end - t);
  for (; d < depth; d++) {
    const row = target + <usize>(d / group) * 48;
    for (let j: usize = 0; j < <usize>columns; j++) {
      const s = <i8>(load<u8>(source + <usize>d * along + j) ^ (signed ? 0 : 128)), p = row + (j << 2), place = <usize>(d & (group - 1));
      if (bytes) store<i8>(p + place, s);
      else store<i16>(p + (place << 1), s);
    }
  }
  sumUp(target, 12, steps, bytes, false, ZERO);
  for (let j: usize = 0; j < 48; j += 16) v128.store(end + j, i32x4.mul(v128.load(end + j), i32x4.splat(x)));
  for (let j = 0; j < columns; j++) {
    const zero = w.zero ? <i32>f32.load(w.zero + (<usize>((column + j) * w.scaleColumn) << 2)) : 0;
    store<i32>(end + <usize>(j << 2), zero - (signed ? 0 : 128), 48);
  }
}

/**
 * The same of four panels of bytes, `apart` bytes apart, as far as four rows make a word; returns how many rows those are. 48 columns are
 * three whole vectors.
 */
export function packBytesAbreast(target: usize, apart: i32, w: Weight, column: i32, d0: i32, depth: i32): i32 {
  const along = <usize>w.depthStep, flip = i8x16.splat(w.kind == Kind.I8 ? 0 : -128), next = <usize>apart, whole = depth & ~3;
  let s = w.data + <usize>d0 * along + <usize>column;
  for (let d = 0; d < whole; d += 4, s += 4 * along, target += 48) {
    const s1 = s + along, s2 = s1 + along, s3 = s2 + along;
    const p1 = target + next, p2 = p1 + next, p3 = p2 + next;
    let a = v128.load(s, 0), b = v128.load(s1, 0), c = v128.load(s2, 0), e = v128.load(s3, 0);
    let ab = low8(a, b), ce = low8(c, e);
    v128.store(target, v128.xor(flip, low4(ab, ce)), 0); v128.store(target, v128.xor(flip, high4(ab, ce)), 16);
    ab = high8(a, b); ce = high8(c, e);
    v128.store(target, v128.xor(flip, low4(ab, ce)), 32); v128.store(p1, v128.xor(flip, high4(ab, ce)), 0);
    a = v128.load(s, 16); b = v128.load(s1, 16); c = v128.load(s2, 16); e = v128.load(s3, 16);
    ab = low8(a, b); ce = low8(c, e);
    v128.store(p1, v128.xor(flip, low4(ab, ce)), 16); v128.store(p1, v128.xor(flip, high4(ab, ce)), 32);
    ab = high8(a, b); ce = high8(c, e);
    v128.store(p2, v128.xor(flip, low4(ab, ce)), 0); v128.store(p2, v128.xor(flip, high4(ab, ce)), 16);
    a = v128.load(s, 32); b = v128.load(s1, 32); c = v128.load(s2, 32); e = v128.load(s3, 32);
    ab = low8(a, b); ce = low8(c, e);
    v128.store(p2, v128.xor(flip, low4(ab, ce)), 32); v128.store(p3, v128.xor(flip, high4(ab, ce)), 0);
    ab = high8(a, b); ce = high8(c, e);
    v128.store(p3, v128.xor(flip, low4(ab, ce)), 16); v128.store(p3, v128.xor(flip, high4(ab, ce)), 32);
  }
  return whole;
}

/** Behind those, twelve floats each: what the sums are multiplied with, and what is added to them. */
export function packEnds(panel: usize, steps: i32, columns: i32, scale: usize, scaleStep: i32, bias: usize): void {
  let target = panel + <usize>((steps + 2) * 48);
  for (let j: usize = 0; j < <usize>columns; j++, target += 4) {
    f32.store(target, scale ? f32.load(scale + (j * scaleStep << 2)) : 1, 0);
    f32.store(target, bias ? f32.load(bias + (j << 2)) : 0, 48);
  }
}

/** Bytes of two rows, column by column: of their first eight columns, or of the last. */
// @ts-ignore: decorator
@inline
function low8(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
// @ts-ignore: decorator
@inline
function high8(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

/** Numbers of 16 bits alternating: of the first four lanes, or of the last. */
// @ts-ignore: decorator
@inline
function low4(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}
// @ts-ignore: decorator
@inline
function high4(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

/** Eight bytes as 16-bit integers, after their signs are flipped. */
// @ts-ignore: decorator
@inline
function wide8(x: v128, flip: v128): v128 {
  return i16x8.extend_low_i8x16_s(v128.xor(x, flip));
}
