import { copyFloats } from "./simd";

/**
 * Panels of a matrix, the way the GEMM micro-kernel reads them: depth-major, `width` neighbours side by side, zero-padded.
 *
 * A "line" is what lies along the panel's width (rows of A, columns of B). `lineStep` and `depthStep` are in elements.
 * Depth contiguous (depthStep = 1): four lines are transposed 4×4 by shuffles. Lines contiguous (lineStep = 1): copied.
 */
export function packPanel(
  target: usize, width: i32, source: usize, lines: i32, lineStep: i32, depth: i32, depthStep: i32,
): void {
  if (lines < width) memory.fill(target, 0, <usize>(width * depth) << 2);
  if (depthStep == 1) packAlongDepth(target, width, source, lines, lineStep, depth);
  else if (lineStep == 1) packAlongLines(target, width, source, lines, depth, depthStep);
  else packStrided(target, width, source, lines, lineStep, depth, depthStep);
}

/** Four panels of twelve neighbouring lines each, `apart` bytes apart; lines are contiguous and all there. */
export function packAbreast(target: usize, apart: i32, source: usize, depth: i32, depthStep: i32): void {
  const step = <usize>depthStep << 2, next = <usize>apart;
  for (let d = 0; d < depth; d++, source += step, target += 48) {
    let t = target, s = source;
    for (let p = 0; p < 4; p++, t += next, s += 48) {
      v128.store(t, v128.load(s, 0), 0);
      v128.store(t, v128.load(s, 16), 16);
      v128.store(t, v128.load(s, 32), 32);
    }
  }
}

function packAlongDepth(target: usize, width: i32, source: usize, lines: i32, lineStep: i32, depth: i32): void {
  const step = <usize>width << 2;
  const line = <usize>lineStep << 2;
  let l = 0;
  for (; l + 4 <= lines; l += 4) {
    let s = source + <usize>l * line;
    let t = target + (<usize>l << 2);
    let d = 0;
    for (; d + 4 <= depth; d += 4, s += 16, t += step << 2) {
      const a = v128.load(s), b = v128.load(s + line), c = v128.load(s + 2 * line), e = v128.load(s + 3 * line);
      const ab0 = i32x4.shuffle(a, b, 0, 4, 1, 5), ab1 = i32x4.shuffle(a, b, 2, 6, 3, 7);
      const ce0 = i32x4.shuffle(c, e, 0, 4, 1, 5), ce1 = i32x4.shuffle(c, e, 2, 6, 3, 7);
      v128.store(t, i64x2.shuffle(ab0, ce0, 0, 2));
      v128.store(t + step, i64x2.shuffle(ab0, ce0, 1, 3));
      v128.store(t + 2 * step, i64x2.shuffle(ab1, ce1, 0, 2));
      v128.store(t + 3 * step, i64x2.shuffle(ab1, ce1, 1, 3));
    }
    for (; d < depth; d++, s += 4, t += step) {
      f32.store(t, f32.load(s), 0);
      f32.store(t, f32.load(s + line), 4);
      f32.store(t, f32.load(s + 2 * line), 8);
      f32.store(t, f32.load(s + 3 * line), 12);
    }
  }
  for (; l < lines; l++) {
    const s = source + <usize>l * line;
    const t = target + (<usize>l << 2);
    for (let d = 0; d < depth; d++) f32.store(t + <usize>d * step, f32.load(s + (<usize>d << 2)));
  }
}

function packAlongLines(target: usize, width: i32, source: usize, lines: i32, depth: i32, depthStep: i32): void {
  const from = <usize>depthStep << 2;
  const to = <usize>width << 2;
  let s = source, t = target;
  if (lines == 12) {
    for (let d = 0; d < depth; d++, s += from, t += to) {
      v128.store(t, v128.load(s), 0);
      v128.store(t, v128.load(s, 16), 16);
      v128.store(t, v128.load(s, 32), 32);
    }
  } else if (lines == 4) {
    for (let d = 0; d < depth; d++, s += from, t += to) v128.store(t, v128.load(s));
  } else {
    for (let d = 0; d < depth; d++, s += from, t += to) copyFloats(t, s, lines);
  }
}

function packStrided(
  target: usize, width: i32, source: usize, lines: i32, lineStep: i32, depth: i32, depthStep: i32,
): void {
  for (let d = 0; d < depth; d++) {
    const s = source + (<usize>d * <usize>depthStep << 2);
    const t = target + (<usize>(d * width) << 2);
    for (let l = 0; l < lines; l++) f32.store(t + (<usize>l << 2), f32.load(s + (<usize>l * <usize>lineStep << 2)));
  }
}
