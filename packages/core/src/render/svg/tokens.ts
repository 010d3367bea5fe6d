/**
 * Words in coloured boxes, each with its score and sign below, flowing like text.
 *
 * @module
 */
import type { ExplanationOf } from "../../result/mod.ts";
import type { Catalogue } from "../locale.ts";
import { decimalsFor, plain, withSign } from "../numbers.ts";
import type { Theme } from "../palette.ts";
import { visible } from "../safe.ts";
import { scaleOf, unitsOf } from "../units.ts";
import { box, label, type Piece, px, scoreColours } from "./drawing.ts";
import { clipTo, textWidth } from "./measure.ts";
import { type Markup, markup } from "../markup.ts";

const size = 17, small = 10.5, height = 28, lineHeight = 54;

/** The heatmap of one explanation. Special tokens are outlined and do not set the scale. */
export function tokenPiece(
  explanation: ExplanationOf<"token-scores">,
  width: number,
  theme: Theme,
  say: Catalogue,
): Piece {
  const units = unitsOf(explanation), scale = scaleOf(units), decimals = Math.min(4, decimalsFor(scale));
  const content: Markup[] = [];
  let x = 0, y = 0, source: string | undefined;
  for (const unit of units) {
    if (unit.source !== source && unit.source !== undefined) {
      if (x > 0) y += lineHeight;
      source = unit.source;
      content.push(label(say.sources[source] ?? source, 0, y + 10, { size: 11, faint: true }));
      [x, y] = [0, y + 18];
    }
    const text = clipTo(visible(unit.text), size, width - 16);
    const number = explanation.signed ? withSign(unit.score, decimals) : plain(unit.score, decimals);
    const room = Math.max(textWidth(text, unit.special ? 12 : size) + 12, textWidth(number, small) + 6);
    const gap = unit.glued ? 1 : 5;
    if (x > 0 && x + gap + room > width) [x, y] = [0, y + lineHeight];
    else if (x > 0) x += gap;
    const { background, text: colour } = scoreColours(unit.score / scale, theme);
    content.push(
      unit.special ? outline(x, y, room) : box(x, y, room, height, background, 4),
      label(text, x + room / 2, y + 19.5, {
        size: unit.special ? 12 : size,
        anchor: "middle",
        ...(unit.special ? { faint: true } : { fill: colour }),
      }),
      label(number, x + room / 2, y + height + 12, {
        size: small,
        anchor: "middle",
        faint: unit.special,
      }),
    );
    if (unit.score < 0 && !unit.special) content.push(box(x + 4, y + height - 4.5, room - 8, 1.5, colour));
    x += room;
  }
  return { content, height: y + height + 16 };
}

const outline = (x: number, y: number, width: number): Markup =>
  markup`<rect x="${px(x + 0.5)}" y="${px(y + 0.5)}" width="${px(width - 1)}" height="${
    px(height - 1)
  }" rx="4" fill="none" stroke="currentColor" stroke-opacity="0.45"/>`;

/** The scale: from against to for, or from none to much. */
export function legendPiece(signed: boolean, theme: Theme, say: Catalogue): Piece {
  const steps = signed
    ? [-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1]
    : [0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1];
  const left = signed ? `− ${say.legend.against}` : say.legend.none;
  const right = signed ? `+ ${say.legend.for}` : say.legend.much;
  const start = textWidth(left, 11) + 8;
  return {
    content: [
      label(left, 0, 10, { size: 11 }),
      ...steps.map((step, i) => box(start + i * 14, 0, 14, 12, scoreColours(step, theme).background)),
      label(right, start + steps.length * 14 + 8, 10, { size: 11 }),
    ],
    height: 14,
  };
}
