/**
 * Terminal colours. A cell sets both its text and its background, so it reads the same on light and dark terminals.
 *
 * @module
 */
import { colourOf, type Rgb, textOn } from "../palette.ts";

/** What a terminal can show. `none` means not one escape sequence. */
export type ColourDepth = "none" | "ansi256" | "truecolour";

/** Ways to mark text; each returns it with its escapes closed. */
export interface Ink {
  bold(text: string): string;
  dim(text: string): string;
  /** Text on the colour of a score in [−1, 1]; negative ones are underlined, so that the sign shows without colour. */
  cell(text: string, score: number): string;
}

const cube = [0, 95, 135, 175, 215, 255];
const nearest = (levels: readonly number[], c: number): number =>
  levels.reduce((best, level, i) => (Math.abs(level - c) < Math.abs(levels[best]! - c) ? i : best), 0);

/** Index of the closest colour of xterm's 6 × 6 × 6 cube or its grey ramp. */
export function ansi256(colour: Rgb): number {
  const [r, g, b] = colour.map((c) => nearest(cube, c)) as [number, number, number];
  const distance = (other: readonly number[]) => other.reduce((sum, c, i) => sum + (c - colour[i]!) ** 2, 0);
  const grey = Math.max(0, Math.min(23, Math.round((colour.reduce((a, c) => a + c, 0) / 3 - 8) / 10)));
  const inCube = distance([cube[r]!, cube[g]!, cube[b]!]) <= distance([8 + 10 * grey, 8 + 10 * grey, 8 + 10 * grey]);
  return inCube ? 16 + 36 * r + 6 * g + b : 232 + grey;
}

const sgr = (codes: string, text: string): string => `\x1b[${codes}m${text}\x1b[0m`;

/** The ink of a terminal. */
export function inkOf(depth: ColourDepth): Ink {
  if (depth === "none") return { bold: (text) => text, dim: (text) => text, cell: (text) => text };
  const colour = depth === "truecolour" ? (c: Rgb) => `2;${c.join(";")}` : (c: Rgb) => `5;${ansi256(c)}`;
  return {
    bold: (text) => sgr("1", text),
    dim: (text) => sgr("2", text),
    cell(text, score) {
      const background = colourOf(score);
      return sgr(`${score < 0 ? "4;" : ""}38;${colour(textOn(background))};48;${colour(background)}`, text);
    },
  };
}
