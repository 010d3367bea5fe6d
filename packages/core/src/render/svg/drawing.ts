/**
 * A drawing: pieces of SVG with the height they take, stacked from top to bottom.
 *
 * @module
 */
import { type Markup, markup } from "../markup.ts";
import { colourOf, hex, type Rgb, textOn, type Theme } from "../palette.ts";

/** Pieces and the room they take below their origin. */
export interface Piece {
  readonly content: Markup | readonly Markup[];
  readonly height: number;
}

/** Colours that are not scores. `currentColor` lets a page decide; a file of its own sets it at the root. */
export const ink: Record<Theme, string> = { light: "#1b1b1f", dark: "#ececf0" };
export const paper: Record<Theme, string> = { light: "#ffffff", dark: "#17171b" };
export const font =
  "'Helvetica Neue', Helvetica, Arial, 'Noto Sans', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif";

/** Coordinates with one decimal: enough for print, short in a file. */
export const px = (value: number): string => `${Math.round(value * 10) / 10}`;

interface TextStyle {
  readonly size?: number;
  readonly anchor?: "start" | "middle" | "end";
  readonly fill?: string;
  /** Less important; still 4.5 to 1 on either paper. */
  readonly faint?: boolean;
  readonly weight?: number;
  /** Degrees about the text's own origin. */
  readonly turn?: number;
}

/** One line of text; `y` is its baseline. */
export const label = (text: string, x: number, y: number, style: TextStyle = {}): Markup => {
  const { size = 13, anchor = "start", fill = "currentColor", weight = 400, turn, faint } = style;
  return markup`<text x="${px(x)}" y="${px(y)}" font-size="${size}" text-anchor="${anchor}" fill="${fill}"${
    faint && markup` fill-opacity="0.7"`
  }${weight !== 400 && markup` font-weight="${weight}"`}${
    turn !== undefined && markup` transform="rotate(${turn} ${px(x)} ${px(y)})"`
  }>${text}</text>`;
};

/** A filled box. */
export const box = (x: number, y: number, width: number, height: number, fill: string, radius = 0): Markup =>
  markup`<rect x="${px(x)}" y="${px(y)}" width="${px(width)}" height="${px(height)}" fill="${fill}"${
    radius > 0 && markup` rx="${radius}"`
  }/>`;

/** Background and text colour of a score in [−1, 1]. */
export function scoreColours(score: number, theme: Theme): { background: string; text: string; rgb: Rgb } {
  const rgb = colourOf(score, theme);
  return { background: hex(rgb), text: hex(textOn(rgb)), rgb };
}

/** Moves a piece down. */
export const moved = (content: Piece["content"], x: number, y: number): Markup =>
  markup`<g transform="translate(${px(x)} ${px(y)})">${content}</g>`;

/** Puts pieces below each other. */
export function stack(pieces: readonly Piece[], gap = 0): Piece {
  let y = 0;
  const content = pieces.map((piece) => {
    const placed = moved(piece.content, 0, y);
    y += piece.height + gap;
    return placed;
  });
  return { content, height: Math.max(0, y - gap) };
}
