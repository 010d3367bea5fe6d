/**
 * Tables of scores as squares with their names along the sides; many of them as small multiples.
 *
 * @module
 */

import { type Markup, markup } from "../markup.ts";
import type { Matrix } from "../matrix.ts";
import { plain, withSign } from "../numbers.ts";
import type { Theme } from "../palette.ts";
import { visible } from "../safe.ts";
import { box, label, type Piece, px, scoreColours } from "./drawing.ts";
import { clipTo, textWidth } from "./measure.ts";

const names = 11, most = 110;

/** One table; cells carry their number where it fits, a minus sign where the score is negative. */
export function matrixPiece(
  matrix: Matrix,
  { scale, signed, width, theme }: { scale: number; signed: boolean; width: number; theme: Theme },
): Piece {
  const rows = matrix.rows.map((name) => clipTo(visible(name), names, most));
  const columns = matrix.columns.map((name) => clipTo(visible(name), names, most));
  const left = Math.max(20, ...rows.map((name) => textWidth(name, names))) + 8;
  const top = Math.max(20, ...columns.map((name) => textWidth(name, names))) * Math.SQRT1_2 + 18;
  const side = Math.max(2, Math.min(44, (width - left - top) / Math.max(1, columns.length)));
  const content: Markup[] = [label(`${matrix.axes[0]} ↓   ${matrix.axes[1]} →`, 0, 10, { size: names, faint: true })];
  if (side >= 9) {
    columns.forEach((name, c) =>
      content.push(label(name, left + (c + 0.6) * side, top - 4, { size: names, turn: -45 }))
    );
    rows.forEach((name, r) =>
      content.push(label(name, left - 6, top + (r + 0.5) * side + 4, { size: names, anchor: "end" }))
    );
  }
  for (let r = 0; r < rows.length; r++) {
    for (let c = 0; c < columns.length; c++) {
      const value = matrix.at(r, c), { background, text } = scoreColours(value / scale, theme);
      content.push(
        box(left + c * side, top + r * side, side - (side > 8 ? 1 : 0), side - (side > 8 ? 1 : 0), background),
      );
      const written = side >= 30
        ? (signed ? withSign(value, 2) : plain(value, 2))
        : value / scale < -0.05 && side >= 9
        ? "−"
        : "";
      if (written) {
        content.push(
          label(written, left + (c + 0.5) * side - 0.5, top + (r + 0.5) * side + 3.5, {
            size: side >= 30 ? 10 : 9,
            anchor: "middle",
            fill: text,
          }),
        );
      }
    }
  }
  return { content, height: top + rows.length * side };
}

/** Tables without names, side by side: one for each head, a row of them for each layer. */
export function multiplesPiece(
  matrices: readonly { title: readonly string[]; matrix: Matrix }[],
  { scale, width, theme }: { scale: number; width: number; theme: Theme },
): Piece {
  const perRow = matrices.findIndex(({ title }) => title[0] !== matrices[0]!.title[0]);
  const across = Math.min(12, perRow < 1 ? matrices.length : perRow);
  const room = Math.min(160, width / across), size = room - 10;
  const down = Math.ceil(matrices.length / across);
  const content = matrices.map(({ title, matrix }, i) => {
    const x = (i % across) * room, y = Math.floor(i / across) * (room + 12);
    const height = size / Math.max(1, matrix.rows.length), side = size / Math.max(1, matrix.columns.length);
    const cells = matrix.rows.flatMap((_, r) =>
      matrix.columns.flatMap((_, c) => {
        const share = matrix.at(r, c) / scale;
        return Math.abs(share) < 0.02
          ? []
          : [box(x + c * side, y + 12 + r * height, side, height, scoreColours(share, theme).background)];
      })
    );
    return markup`${label(title.join(" · "), x, y + 8, { size: 9, faint: true })}${cells}<rect x="${px(x)}" y="${
      px(y + 12)
    }" width="${px(size)}" height="${
      px(size)
    }" fill="none" stroke="currentColor" stroke-opacity="0.45" stroke-width="0.5"/>`;
  });
  return { content, height: down * (room + 12) };
}
