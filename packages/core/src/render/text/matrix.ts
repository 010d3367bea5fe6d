/**
 * Tables of scores in a terminal: each cell two characters, a sign and a level from 0 to 9, on its colour.
 *
 * @module
 */
import type { Catalogue } from "../locale.ts";
import { type Matrix, strongestPairs } from "../matrix.ts";
import { decimalsFor, plain, withSign } from "../numbers.ts";
import { visible } from "../safe.ts";
import type { Ink } from "./ink.ts";
import { blocks, cells, clip, padStart } from "./layout.ts";

/** Rows and columns beyond which a map is told by its strongest pairs. */
const most = 64;
const nameWidth = 18;

/** Sign and tenths of the strongest score; a dot for less than a tenth, blank for nothing at all. */
export function levelText(share: number, signed: boolean): string {
  if (share === 0) return "  ";
  const level = Math.min(9, Math.floor(Math.abs(share) * 10));
  if (level === 0) return " ·";
  return (signed ? (share < 0 ? "−" : "+") : " ") + level;
}

/** Lines of a table; `scale` is the score drawn strongest. */
export function matrixLines(
  matrix: Matrix,
  { scale, signed, ink, width, say }: { scale: number; signed: boolean; ink: Ink; width: number; say: Catalogue },
): string[] {
  if (matrix.rows.length > most || matrix.columns.length > most) {
    return pairLines(matrix, { scale, signed, say, count: 20 });
  }
  const names = matrix.rows.map((name) => clip(visible(name), nameWidth));
  const margin = Math.max(...names.map(cells), 0) + 3;
  const heads = matrix.columns.map((name) => clip(visible(name), 8));
  const widths = heads.map((head) => Math.max(3, cells(head) + 1));
  const lines: string[] = [];
  for (const block of blocks(widths, margin, width)) {
    lines.push(" ".repeat(margin) + block.map((k) => padStart(heads[k]!, widths[k]! - 1) + " ").join("").trimEnd());
    names.forEach((name, row) => {
      const line = block.map((k) => {
        const share = matrix.at(row, k) / scale;
        return ink.cell(padStart(levelText(share, signed), widths[k]! - 1), share) + " ";
      });
      lines.push((padStart(name, margin - 1) + " " + line.join("")).trimEnd());
    });
    lines.push("");
  }
  return lines;
}

/** The strongest pairs as a list: `love → programming  +0.23`. */
export function pairLines(
  matrix: Matrix,
  { scale, signed, say, count }: { scale: number; signed: boolean; say: Catalogue; count: number },
): string[] {
  const decimals = decimalsFor(scale);
  const total = matrix.rows.length * matrix.columns.length;
  const pairs = strongestPairs(matrix, count).map(({ row, column, value }) =>
    `  ${visible(matrix.rows[row]!)} → ${visible(matrix.columns[column]!)}  ${
      (signed ? withSign : plain)(value, decimals)
    }`
  );
  return [`  ${say.strongestPairs}`, ...pairs, ...(total > count ? [`  … ${say.more(total - count)}`] : []), ""];
}
