/**
 * Columns and lines in a terminal, where a Chinese character or an emoji takes two cells and an accent none.
 *
 * @module
 */
import { eastAsianWidth } from "get-east-asian-width";

const ascii = /^[\x20-\x7e]*$/;
// deno-lint-ignore no-control-regex
const escapes = /\x1b\[[0-9;]*m/g;
/** Marks, joiners and variation selectors on their own. */
const noWidth = /^[\p{M}\p{Cf}\p{Cc}\u200b-\u200f\ufe00-\ufe0f]+$/u;
/** Drawn as a picture: by itself, by a variation selector, as a flag or a keycap. */
const picture = /^\p{Emoji_Presentation}|\ufe0f|\u20e3/u;

let segmenter: Intl.Segmenter | undefined;

/** The characters that people see. The segmenter is made when first needed: it costs more than a whole heatmap of plain text. */
export const graphemes = (text: string): string[] =>
  ascii.test(text)
    ? [...text]
    : [...(segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" })).segment(text)].map(({ segment }) =>
      segment
    );

/** Cells a text takes; colour escapes take none. Ambiguous characters count as one, as in terminals set to any other than an East Asian language. */
export function cells(text: string): number {
  if (ascii.test(text)) return text.length;
  let sum = 0;
  for (const grapheme of graphemes(text.replace(escapes, ""))) {
    if (noWidth.test(grapheme)) continue;
    sum += picture.test(grapheme) ? 2 : eastAsianWidth(grapheme.codePointAt(0)!);
  }
  return sum;
}

/** Fills a text with blanks to so many cells. */
export const padEnd = (text: string, to: number): string => text + " ".repeat(Math.max(0, to - cells(text)));
export const padStart = (text: string, to: number): string => " ".repeat(Math.max(0, to - cells(text))) + text;
export const centre = (text: string, to: number): string => {
  const room = Math.max(0, to - cells(text)), left = Math.floor(room / 2);
  return " ".repeat(left) + text + " ".repeat(room - left);
};

/** Cuts a text to so many cells between graphemes, with an ellipsis where something is lost. */
export function clip(text: string, to: number): string {
  if (cells(text) <= to) return text;
  let kept = "";
  for (const segment of graphemes(text)) {
    if (cells(kept + segment) > to - 1) break;
    kept += segment;
  }
  return kept + "…";
}

/** Breaks a sentence into lines: at blanks, and between any two characters of scripts written without them. */
export function wrap(text: string, to: number): string[] {
  const pieces = text.match(
    /[\p{sc=Han}\u3000-\u303f\uff00-\uffef][，。；：、！？”）]*|[^\s\p{sc=Han}\u3000-\u303f\uff00-\uffef]+\s*|\s+/gu,
  ) ?? [];
  const lines: string[] = [];
  let line = "";
  for (const piece of pieces) {
    if (line && cells((line + piece).trimEnd()) > to) {
      lines.push(line.trimEnd());
      line = "";
    }
    line += piece;
  }
  if (line.trim()) lines.push(line.trimEnd());
  return lines;
}

/** Groups columns so that each group, with a margin before it, fits the width. A column too wide stands alone. */
export function blocks(widths: readonly number[], margin: number, to: number): number[][] {
  const groups: number[][] = [];
  let used = Infinity;
  widths.forEach((columnWidth, i) => {
    if (used + columnWidth > to) {
      groups.push([]);
      used = margin;
    }
    groups.at(-1)!.push(i);
    used += columnWidth;
  });
  return groups;
}

const eighths = ["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"];

/** A horizontal bar of a share in [0, 1], in eighths of a cell. */
export function bar(share: number, to: number): string {
  const units = Math.round(Math.max(0, Math.min(1, share)) * to * 8);
  return "█".repeat(Math.floor(units / 8)) + (units % 8 ? eighths[(units % 8) - 1] : "");
}

const risers = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/** A one-cell column of a share in [0, 1]; blank only for what rounds to nothing. */
export const riser = (share: number): string => {
  const level = Math.ceil(Math.min(1, share) * 8 - 0.08);
  return level <= 0 ? " " : risers[level - 1]!;
};
