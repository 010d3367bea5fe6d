import { Kind, Weight } from "./pack_quantized";
import { copyFloats } from "./simd";

/**
 * y ← x over `rank` dims with a step for each on both sides: transpose, slice, pad, concat and expand are all this copy.
 * `walk` holds rank, dims, steps of x, steps of y (elements, may be negative), then `rank` words the walk counts in.
 */
export function copy_strided_f32(walk: usize, x: usize, y: usize): void {
  const rank = load<i32>(walk);
  const size = <usize>rank << 2;
  const dims = walk + 4, xSteps = dims + size, ySteps = xSteps + size, at = ySteps + size;
  const last = size - 4;
  const inner = load<i32>(dims + last), xi = load<i32>(xSteps + last), yi = load<i32>(ySteps + last);
  // A turned plane: the last two axes of y are contiguous along the last, of x along the one before.
  const turned = rank >= 2 && yi == 1 && load<i32>(xSteps + last - 4) == 1 && load<i32>(dims + last - 4) > 1;
  const end = turned ? last - 4 : last;
  let outer = 1;
  for (let r: usize = 0; r < end; r += 4) {
    outer *= load<i32>(dims + r);
    store<i32>(at + r, 0);
  }
  for (; outer > 0; outer--) {
    if (turned) turn(x, xi, y, load<i32>(ySteps + last - 4), load<i32>(dims + last - 4), inner);
    else copyRun(inner, x, xi, y, yi);
    for (let r = end; r > 0;) {
      r -= 4;
      const d = load<i32>(dims + r), i = load<i32>(at + r) + 1, p = load<i32>(xSteps + r) << 2, q = load<i32>(ySteps + r) << 2;
      x += p; y += q;
      if (i < d) { store<i32>(at + r, i); break; }
      store<i32>(at + r, 0);
      x -= p * d; y -= q * d;
    }
  }
}

// @ts-ignore: decorator
@inline
function copyRun(count: i32, x: usize, xStep: i32, y: usize, yStep: i32): void {
  if (xStep == 1 && yStep == 1) {
    if (count < 16) for (let i: usize = 0; i < <usize>count << 2; i += 4) f32.store(y + i, f32.load(x + i));
    else copyFloats(y, x, count);
    return;
  }
  const p = xStep << 2, q = yStep << 2;
  for (let i = 0; i < count; i++, x += p, y += q) f32.store(y, f32.load(x));
}

/** y[i, j] = x[j, i] in blocks of 4×4: `rows` × `columns` as y sees it; x's rows lie `xStep`, y's `yStep` elements apart. */
function turn(x: usize, xStep: i32, y: usize, yStep: i32, rows: i32, columns: i32): void {
  const p = <usize>xStep << 2, q = <usize>yStep << 2;
  let i = 0;
  for (; i + 4 <= rows; i += 4) {
    let s = x + (<usize>i << 2), t = y + <usize>i * q;
    let j = 0;
    for (; j + 4 <= columns; j += 4, s += p << 2, t += 16) {
      const a = v128.load(s), b = v128.load(s + p), c = v128.load(s + 2 * p), e = v128.load(s + 3 * p);
      const ab0 = i32x4.shuffle(a, b, 0, 4, 1, 5), ab1 = i32x4.shuffle(a, b, 2, 6, 3, 7);
      const ce0 = i32x4.shuffle(c, e, 0, 4, 1, 5), ce1 = i32x4.shuffle(c, e, 2, 6, 3, 7);
      v128.store(t, i64x2.shuffle(ab0, ce0, 0, 2));
      v128.store(t + q, i64x2.shuffle(ab0, ce0, 1, 3));
      v128.store(t + 2 * q, i64x2.shuffle(ab1, ce1, 0, 2));
      v128.store(t + 3 * q, i64x2.shuffle(ab1, ce1, 1, 3));
    }
    for (; j < columns; j++, s += p, t += 4) {
      f32.store(t, f32.load(s, 0)); f32.store(t + q, f32.load(s, 4));
      f32.store(t + 2 * q, f32.load(s, 8)); f32.store(t + 3 * q, f32.load(s, 12));
    }
  }
  for (; i < rows; i++) {
    for (let j = 0; j < columns; j++) f32.store(y + <usize>i * q + (<usize>j << 2), f32.load(x + (<usize>i << 2) + <usize>j * p));
  }
}

/** `count` floats set to `value`. */
export function fill_f32(count: i32, value: f32, y: usize): void {
  const v = f32x4.splat(value);
  let i = count;
  for (; i >= 4; i -= 4, y += 16) v128.store(y, v);
  for (; i > 0; i--, y += 4) f32.store(y, value);
}

/** Whole numbers kept as floats, as the 32-bit indices that gather and scatter take. */
export function to_indices_i32(count: i32, x: usize, y: usize): void {
  for (let i: usize = 0; i < <usize>count << 2; i += 4) store<i32>(y + i, <i32>f32.load(x + i));
}

/** Where entry `i` of `indices` (i32, negative from the end) points to, or −1 where it points outside. */
// @ts-ignore: decorator
@inline
function place(indices: usize, i: i32, rows: i32): i32 {
  let r = load<i32>(indices + (<usize>i << 2));
  if (r < 0) r += rows;
  return <u32>r < <u32>rows ? r : -1;
}

/** y[o, i, :] = x[o, indices[i], :] for x[outer × rows × inner]; an index outside gives zeros. */
export function gather_f32(outer: i32, rows: i32, inner: i32, count: i32, indices: usize, x: usize, y: usize): void {
  const row = <usize>inner << 2;
  for (let o = 0; o < outer; o++, x += <usize>rows * row) {
    for (let i = 0; i < count; i++, y += row) {
      const r = place(indices, i, rows);
      if (r < 0) memory.fill(y, 0, row);
      else memory.copy(y, x + <usize>r * row, row);
    }
  }
}

/** y[i, :] = the row `indices[i]` of an 8-bit weight of `inner` columns, dequantised; an index outside gives zeros. */
export function gather_quantized_f32(rows: i32, inner: i32, count: i32, indices: usize, weight: usize, y: usize): void {
  const w = changetype<Weight>(weight), signed = w.kind == Kind.I8;
  const along = <usize>w.columnStep, sc = <usize>w.scaleColumn << 2;
  for (let i = 0; i < count; i++, y += <usize>inner << 2) {
    const r = place(indices, i, rows);
    if (r < 0) {
      memory.fill(y, 0, <usize>inner << 2);
      continue;
    }
    const q = w.data + <usize>r * w.depthStep, shift = <usize>r * w.scaleDepth << 2;
    const scale = w.scale + shift, zero = w.zero ? w.zero + shift : 0;
    for (let j: usize = 0; j < <usize>inner; j++) {
      const at = q + j * along, value = signed ? <f32>load<i8>(at) : <f32>load<u8>(at);
      f32.store(y + (j << 2), (value - (zero ? f32.load(zero + j * sc) : 0)) * f32.load(scale + j * sc));
    }
  }
}

/** Running sums of x[outer × axis × inner] along the middle axis; `reverse` from its end, `exclusive` without the element itself. */
export function cumulative_sum_f32(
  outer: i32, axis: i32, inner: i32, reverse: i32, exclusive: i32, x: usize, y: usize,
): void {
  const row = inner << 2, last = (axis - 1) * row, step = reverse ? -row : row, from = reverse ? last : 0;
  for (let o = 0; o < outer; o++, x += <usize>axis * row, y += <usize>axis * row) {
    for (let n = 0; n < row; n += 4) {
      let sum: f32 = 0;
      for (let i = 0, at = from + n; i < axis; i++, at += step) {
        const value = f32.load(x + at);
        f32.store(y + at, exclusive ? sum : sum + value);
        sum += value;
      }
    }
  }
}

/** x[o, indices[i], :] += y[o, i, :], in the order of i, so repeated indices add up the same way every time. */
export function scatter_add_f32(outer: i32, rows: i32, inner: i32, count: i32, indices: usize, x: usize, y: usize): void {
  const row = <usize>inner << 2;
  for (let o = 0; o < outer; o++, x += <usize>rows * row) {
    for (let i = 0; i < count; i++, y += row) {
      const r = place(indices, i, rows);
      if (r < 0) continue;
      const t = x + <usize>r * row;
      let j: usize = 0;
      for (; j + 16 <= row; j += 16) v128.store(t + j, f32x4.add(v128.load(t + j), v128.load(y + j)));
      for (; j < row; j += 4) f32.store(t + j, f32.load(t + j) + f32.load(y + j));
    }
  }
}

/** y[o, i, n] = x[o, indices[o, i, n], n] for x[outer × rows × inner] and indices[outer × count × inner]. */
export function gather_elements_f32(outer: i32, rows: i32, inner: i32, count: i32, indices: usize, x: usize, y: usize): void {
  let k = 0;
  for (let o = 0; o < outer; o++, x += <usize>(rows * inner) << 2) {
    for (let i = 0; i < count; i++) {
      for (let n = 0; n < inner; n++, k++, y += 4) {
        const r = place(indices, k, rows);
        f32.store(y, r < 0 ? 0 : f32.load(x + (<usize>(r * inner + n) << 2)));
      }
    }
  }
}
