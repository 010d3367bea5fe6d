import { packPanel } from "./pack";
import { tile4x12 } from "./tile_4x12";
import { tile8x12 } from "./tile_8x12";

/** Packs a block of A: panels of eight rows, and one of four where four or fewer are left. Steps are in elements. */
export function packRows(target: usize, a: usize, rows: i32, rowStep: i32, depth: i32, depthStep: i32): void {
  for (let i = 0; i < rows; i += 8) {
    const left = rows - i;
    packPanel(
      target + (<usize>(i * depth) << 2), left > 4 ? 8 : 4, a + (<usize>i * <usize>rowStep << 2), min(8, left), rowStep, depth, depthStep,
    );
  }
}

/**
 * Every tile of one B panel against a packed block of A. Edge tiles are computed whole in `edge` (96 floats) and only what is
 * real of them is copied, so nothing outside C is ever touched. `cRow` is in bytes.
 */
export function sweep(
  rows: i32, columns: i32, depth: i32, a: usize, b: usize, c: usize, cRow: usize, alpha: f32, beta: f32, bias: usize, edge: usize,
): void {
  for (let i = 0; i < rows; i += 8) {
    const left = rows - i;
    const pa = a + (<usize>(i * depth) << 2);
    const pc = c + <usize>i * cRow;
    const whole = columns == 12 && (left >= 8 || left == 4);
    const target = whole ? pc : edge, step = whole ? cRow : 48, keep = whole ? beta : 0, add = whole ? bias : 0;
    if (left > 4) tile8x12(depth, pa, b, target, step, alpha, keep, add);
    else tile4x12(depth, pa, b, target, step, alpha, keep, add);
    if (!whole) {
      copyEdge(min(8, left), columns, edge, pc, cRow, beta, bias);
    }
  }
}

function copyEdge(rows: i32, columns: i32, edge: usize, c: usize, cRow: usize, beta: f32, bias: usize): void {
  const width = <usize>columns << 2;
  for (let i = 0; i < rows; i++, edge += 48, c += cRow) {
    for (let j: usize = 0; j < width; j += 4) {
      let x = f32.load(edge + j);
      if (beta != 0) x += beta * f32.load(c + j);
      if (bias) x += f32.load(bias + j);
      f32.store(c + j, x);
    }
  }
}
