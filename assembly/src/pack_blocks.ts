import { madd } from "./simd";
import { bytes4, storeTurned, Weight } from "./pack_quantized";

/**
 * Panels of weights in blocks of 4 or 8 bits (MatMulNBits): one scale, and perhaps one zero, for `block` neighbours of a row.
 */

/** Four entries at `p` of a row whose block has this scale and zero. */
// @ts-ignore: decorator
@inline
function entry4(p: usize, scale: usize, zero: usize, four: bool): v128 {
  const s = v128.load32_splat(scale), origin = zero ? v128.load32_splat(zero) : f32x4.splat(four ? 8 : 128);
  return scaled4(p, factor4(s, four), f32x4.neg(f32x4.mul(origin, s)), four);
}

/** The scale as `scaled4` takes it: lane i of four nibbles is 16ⁱ times too large, and a power of two takes it back exactly. */
// @ts-ignore: decorator
@inline
function factor4(scale: v128, four: bool): v128 {
  return four ? f32x4.mul(scale, f32x4(1, 0.0625, 0.00390625, 0.000244140625)) : scale;
}

/** Four entries at `p` times `factor`, plus `shift`. A nibble stays where it lies in the 16 bits. */
// @ts-ignore: decorator
@inline
function scaled4(p: usize, factor: v128, shift: v128, four: bool): v128 {
  const x = four ? f32x4.convert_i32x4_s(v128.and(v128.load16_splat(p), i32x4(0xf, 0xf0, 0xf00, 0xf000))) : bytes4(p, false);
  return madd(x, factor, shift);
}

/** Four neighbours of a block row as floats, dequantised; `at` is a multiple of four, so they share one block. */
// @ts-ignore: decorator
@inline
function block4(w: Weight, row: i32, at: i32, four: bool): v128 {
  const b = <usize>(row * w.blocks + <i32>(<u32>at / <u32>w.block)) << 2;
  const index = <usize>row * w.blocks * w.block + <usize>at;
  return entry4(w.data + (four ? index >> 1 : index), w.scale + b, w.zero ? w.zero + b : 0, four);
}

/** Sixteen nibbles' worth: eight entries of four rows, turned. A row's bytes give the even entries low, the odd ones high. */
// @ts-ignore: decorator
@inline
function nibbles8(
  t: usize, p: usize, row: usize, z0: v128, z1: v128, z2: v128, z3: v128, s0: v128, s1: v128, s2: v128, s3: v128,
): void {
  const low = i32x4.splat(15);
  const a = widened(p), b = widened(p + row), c = widened(p + 2 * row), e = widened(p + 3 * row);
  turn96(t, f32x4.mul(f32x4.sub(f32x4.convert_i32x4_s(v128.and(a, low)), z0), s0), f32x4.mul(f32x4.sub(f32x4.convert_i32x4_s(v128.and(b, low)), z1), s1),
    f32x4.mul(f32x4.sub(f32x4.convert_i32x4_s(v128.and(c, low)), z2), s2), f32x4.mul(f32x4.sub(f32x4.convert_i32x4_s(v128.and(e, low)), z3), s3));
  turn96(t + 48, f32x4.mul(f32x4.sub(f32x4.convert_i32x4_s(i32x4.shr_u(a, 4)), z0), s0), f32x4.mul(f32x4.sub(f32x4.convert_i32x4_s(i32x4.shr_u(b, 4)), z1), s1),
    f32x4.mul(f32x4.sub(f32x4.convert_i32x4_s(i32x4.shr_u(c, 4)), z2), s2), f32x4.mul(f32x4.sub(f32x4.convert_i32x4_s(i32x4.shr_u(e, 4)), z3), s3));
}

/** Four bytes as four integers. */
// @ts-ignore: decorator
@inline
function widened(p: usize): v128 {
  return i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(p)));
}

/** `storeTurned` into every second row of the panel. */
// @ts-ignore: decorator
@inline
function turn96(t: usize, a: v128, b: v128, c: v128, e: v128): void {
  const ab0 = i32x4.shuffle(a, b, 0, 4, 1, 5), ab1 = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const ce0 = i32x4.shuffle(c, e, 0, 4, 1, 5), ce1 = i32x4.shuffle(c, e, 2, 6, 3, 7);
  v128.store(t, i64x2.shuffle(ab0, ce0, 0, 2), 0);
  v128.store(t, i64x2.shuffle(ab0, ce0, 1, 3), 96);
  v128.store(t, i64x2.shuffle(ab1, ce1, 0, 2), 192);
  v128.store(t, i64x2.shuffle(ab1, ce1, 1, 3), 288);
}

/** Depth along the rows of the file (the forward product): block by block, so that scales and zeros are read once a block. */
// @ts-ignore: decorator
@inline
function packBlocksAlong(target: usize, w: Weight, column: i32, d0: i32, whole: i32, four: bool): void {
  const entries = w.block * w.blocks, row = <usize>(four ? entries >> 1 : entries), next = <usize>w.blocks << 2;
  for (let j = 0; j < 12; j += 4) {
    for (let d = 0; d < whole;) {
      const at = d0 + d, b = <i32>(<u32>at / <u32>w.block), end = min(whole, (b + 1) * w.block - d0);
      const index = <usize>((column + j) * w.blocks + b) << 2, s = w.scale + index, z = w.zero ? w.zero + index : 0, middle = f32x4.splat(four ? 8 : 128);
      const s0 = v128.load32_splat(s), s1 = v128.load32_splat(s + next), s2 = v128.load32_splat(s + 2 * next), s3 = v128.load32_splat(s + 3 * next);
      const z0 = z ? v128.load32_splat(z) : middle, z1 = z ? v128.load32_splat(z + next) : middle;
      const z2 = z ? v128.load32_splat(z + 2 * next) : middle, z3 = z ? v128.load32_splat(z + 3 * next) : middle;
      let t = target + <usize>d * 48 + (<usize>j << 2);
      if (four) {
        let p = w.data + <usize>(column + j) * row + (<usize>at >> 1);
        for (; d + 8 <= end; d += 8, p += 4, t += 384) nibbles8(t, p, row, z0, z1, z2, z3, s0, s1, s2, s3);
        for (; d < end; d += 4, t += 192) {
          storeTurned(t, block4(w, column + j, d0 + d, true), block4(w, column + j + 1, d0 + d, true), block4(w, column + j + 2, d0 + d, true), block4(w, column + j + 3, d0 + d, true));
        }
      } else {
        let p = w.data + <usize>(column + j) * row + <usize>at;
        for (; d < end; d += 4, p += 4, t += 192) {
          storeTurned(t, f32x4.mul(f32x4.sub(bytes4(p, false), z0), s0), f32x4.mul(f32x4.sub(bytes4(p + row, false), z1), s1),
            f32x4.mul(f32x4.sub(bytes4(p + 2 * row, false), z2), s2), f32x4.mul(f32x4.sub(bytes4(p + 3 * row, false), z3), s3));
        }
      }
    }
  }
}

/** Columns along the rows of the file (the product with the transpose): each step of depth is another row. */
// @ts-ignore: decorator
@inline
function packBlocksAcross(target: usize, w: Weight, column: i32, d0: i32, depth: i32, four: bool): void {
  const entries = w.block * w.blocks, row = <usize>(four ? entries >> 1 : entries), group: usize = four ? 2 : 4, next = <usize>w.blocks << 2;
  const b0 = <usize>(<u32>column / <u32>w.block) << 2, b1 = <usize>(<u32>(column + 4) / <u32>w.block) << 2, b2 = <usize>(<u32>(column + 8) / <u32>w.block) << 2;
  let p = w.data + <usize>d0 * row + (four ? <usize>column >> 1 : <usize>column), t = target;
  let s = w.scale + <usize>d0 * next, z = w.zero ? w.zero + <usize>d0 * next : 0;
  if (b0 == b2) { // the usual case: twelve columns of one block
    for (let d = 0; d < depth; d++, p += row, t += 48, s += next) {
      const scale = v128.load32_splat(s + b0), origin = z ? v128.load32_splat(z + b0) : f32x4.splat(four ? 8 : 128);
      const factor = factor4(scale, four), shift = f32x4.neg(f32x4.mul(origin, scale));
      v128.store(t, scaled4(p, factor, shift, four), 0);
      v128.store(t, scaled4(p + group, factor, shift, four), 16);
      v128.store(t, scaled4(p + 2 * group, factor, shift, four), 32);
      if (z) z += next;
    }
    return;
  }
  const early = b1 == b0;
  if (early || b1 == b2) { // twelve columns of two blocks
    for (let d = 0; d < depth; d++, p += row, t += 48, s += next) {
      const middle = f32x4.splat(four ? 8 : 128), s0 = v128.load32_splat(s + b0), s2 = v128.load32_splat(s + b2);
      const f0 = factor4(s0, four), shift0 = f32x4.neg(f32x4.mul(z ? v128.load32_splat(z + b0) : middle, s0));
      const f2 = factor4(s2, four), shift2 = f32x4.neg(f32x4.mul(z ? v128.load32_splat(z + b2) : middle, s2));
      v128.store(t, scaled4(p, f0, shift0, four), 0);
      v128.store(t, scaled4(p + group, early ? f0 : f2, early ? shift0 : shift2, four), 16);
      v128.store(t, scaled4(p + 2 * group, f2, shift2, four), 32);
      if (z) z += next;
    }
    return;
  }
  for (let d = 0; d < depth; d++, p += row, t += 48, s += next) {
    v128.store(t, entry4(p, s + b0, z ? z + b0 : 0, four), 0);
    v128.store(t, entry4(p + group, s + b1, z ? z + b1 : 0, four), 16);
    v128.store(t, entry4(p + 2 * group, s + b2, z ? z + b2 : 0, four), 32);
    if (z) z += next;
  }
}

/** MatMulNBits blocks of 4 or 8 bits; `block` is a multiple of four, `column` and `d0` are too. */
// @ts-ignore: decorator
@inline
export function packBlocks(target: usize, w: Weight, column: i32, columns: i32, d0: i32, depth: i32, four: bool): void {
  const forward = w.depthStep == 1;
  if (columns < 12) memory.fill(target, 0, <usize>depth * 48);
  if (columns == 12 && !forward) return packBlocksAcross(target, w, column, d0, depth, four);
  const whole = columns == 12 ? depth & ~3 : 0;
  if (whole > 0) packBlocksAlong(target, w, column, d0, whole, four);
  for (let d = whole; d < depth; d++) {
    for (let j = 0; j < columns; j++) {
      const row = forward ? column + j : d0 + d, at = forward ? d0 + d : column + j;
      // The blob of a row is padded to whole blocks, so the group of four around `at` is always there to read.
      const x = block4(w, row, at & ~3, four);
      const lane = at & 3;
      const value = lane == 0 ? f32x4.extract_lane(x, 0) : lane == 1 ? f32x4.extract_lane(x, 1) : lane == 2 ? f32x4.extract_lane(x, 2) : f32x4.extract_lane(x, 3);
      f32.store(target + <usize>d * 48 + (<usize>j << 2), value);
    }
  }
}
