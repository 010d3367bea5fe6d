/**
 * Panels of a quantised matrix, dequantised as they are packed: w = (q − zero) · scale, exactly as DequantizeLinear rounds it.
 * Only one panel of 12 columns is ever fp32.
 */

/** What a weight's bytes mean. */
export const enum Kind { F32 = 0, I8 = 1, U8 = 2, Q4 = 3, Q8 = 4 }

/**
 * A weight seen as B[depth × columns], as the host writes it (eleven 32-bit words).
 *
 * F32, I8, U8: element (d, j) lies at `data` + d·depthStep + j·columnStep (in elements), its scale at d·scaleDepth + j·scaleColumn.
 * Q4, Q8 (MatMulNBits): rows of `blocks` blocks of `block` entries each, one scale a block; depthStep = 1 when depth runs along
 * a row (the forward product), columnStep = 1 when columns do (the product with the transpose).
 * `zero` is an array of floats beside the scales, or 0: then 0 for I8 and U8, 8 for Q4, 128 for Q8.
 */
@unmanaged
export class Weight {
  kind: i32;
  data: usize;
  depthStep: i32;
  columnStep: i32;
  scale: usize;
  zero: usize;
  scaleDepth: i32;
  scaleColumn: i32;
  block: i32;
  blocks: i32;
}

/** Four bytes as four floats. */
// @ts-ignore: decorator
@inline
export function bytes4(p: usize, signed: bool): v128 {
  const x = v128.load32_zero(p);
  return signed
    ? f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(x)))
    : f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(x)));
}

// @ts-ignore: decorator
@inline
function byte(p: usize, signed: bool): f32 {
  return signed ? <f32>load<i8>(p) : <f32>load<u8>(p);
}

/** Stores a 4×4 block given as lines, turned: lane i of the lines becomes row i of the panel. */
// @ts-ignore: decorator
@inline
export function storeTurned(t: usize, a: v128, b: v128, c: v128, e: v128): void {
  const ab0 = i32x4.shuffle(a, b, 0, 4, 1, 5), ab1 = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const ce0 = i32x4.shuffle(c, e, 0, 4, 1, 5), ce1 = i32x4.shuffle(c, e, 2, 6, 3, 7);
  v128.store(t, i64x2.shuffle(ab0, ce0, 0, 2), 0);
  v128.store(t, i64x2.shuffle(ab0, ce0, 1, 3), 48);
  v128.store(t, i64x2.shuffle(ab1, ce1, 0, 2), 96);
  v128.store(t, i64x2.shuffle(ab1, ce1, 1, 3), 144);
}

/** 8-bit weights with one scale for all, one a column or one a depth. */
// @ts-ignore: decorator
@inline
export function packBytes(target: usize, w: Weight, column: i32, columns: i32, d0: i32, depth: i32, signed: bool): void {
  const along = <usize>w.depthStep, across = <usize>w.columnStep;
  const source = w.data + <usize>d0 * along + <usize>column * across;
  const shift = <usize>d0 * w.scaleDepth + <usize>column * w.scaleColumn << 2;
  const scale = w.scale + shift, zero = w.zero ? w.zero + shift : 0;
  const sd = <usize>w.scaleDepth << 2, sc = <usize>w.scaleColumn << 2;
  if (columns == 12 && across == 1 && !sc) {
    for (let d: usize = 0; d < <usize>depth; d++) {
      const s = source + d * along, t = target + d * 48;
      const by = v128.load32_splat(scale + d * sd), at = zero ? v128.load32_splat(zero + d * sd) : f32x4.splat(0);
      v128.store(t, f32x4.mul(f32x4.sub(bytes4(s, signed), at), by), 0);
      v128.store(t, f32x4.mul(f32x4.sub(bytes4(s + 4, signed), at), by), 16);
      v128.store(t, f32x4.mul(f32x4.sub(bytes4(s + 8, signed), at), by), 32);
    }
    return;
  }
  if (columns == 12 && across == 1) {
    const by0 = v128.load(scale, 0), by1 = v128.load(scale, 16), by2 = v128.load(scale, 32);
    let at0 = f32x4.splat(0), at1 = at0, at2 = at0;
    if (zero) { at0 = v128.load(zero, 0); at1 = v128.load(zero, 16); at2 = v128.load(zero, 32); }
    for (let d: usize = 0; d < <usize>depth; d++) {
      const s = source + d * along, t = target + d * 48;
      v128.store(t, f32x4.mul(f32x4.sub(bytes4(s, signed), at0), by0), 0);
      v128.store(t, f32x4.mul(f32x4.sub(bytes4(s + 4, signed), at1), by1), 16);
      v128.store(t, f32x4.mul(f32x4.sub(bytes4(s + 8, signed), at2), by2), 32);
    }
    return;
  }
  const whole = columns == 12 && along == 1 ? depth & ~3 : 0;
  for (let j: usize = 0; whole > 0 && j < 12; j += 4) {
    const s = source + j * across;
    const p = scale + j * sc, q = zero ? zero + j * sc : 0;
    for (let d: usize = 0; d < <usize>whole; d += 4) {
      let a = bytes4(s + d, signed), b = bytes4(s + across + d, signed), c = bytes4(s + 2 * across + d, signed), e = bytes4(s + 3 * across + d, signed);
      if (sd) {
        const by = v128.load(p + d * sd), at = q ? v128.load(q + d * sd) : f32x4.splat(0);
        a = f32x4.mul(f32x4.sub(a, at), by); b = f32x4.mul(f32x4.sub(b, at), by);
        c = f32x4.mul(f32x4.sub(c, at), by); e = f32x4.mul(f32x4.sub(e, at), by);
      } else {
        if (q) {
          a = f32x4.sub(a, v128.load32_splat(q)); b = f32x4.sub(b, v128.load32_splat(q + sc));
          c = f32x4.sub(c, v128.load32_splat(q + 2 * sc)); e = f32x4.sub(e, v128.load32_splat(q + 3 * sc));
        }
        a = f32x4.mul(a, v128.load32_splat(p)); b = f32x4.mul(b, v128.load32_splat(p + sc));
        c = f32x4.mul(c, v128.load32_splat(p + 2 * sc)); e = f32x4.mul(e, v128.load32_splat(p + 3 * sc));
      }
      storeTurned(target + d * 48 + (j << 2), a, b, c, e);
    }
  }
  if (columns < 12) memory.fill(target, 0, <usize>depth * 48);
  for (let d = <usize>whole; d < <usize>depth; d++) {
    for (let j: usize = 0; j < <usize>columns; j++) {
      const at = zero ? f32.load(zero + d * sd + j * sc) : 0;
      f32.store(target + d * 48 + (j << 2), (byte(source + d * along + j * across, signed) - at) * f32.load(scale + d * sd + j * sc));
    }
  }
}
