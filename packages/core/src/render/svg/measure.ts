/**
 * How wide a text will be in a sans-serif font, near enough to lay out boxes without a font at hand.
 *
 * @module
 */
import { cells, graphemes } from "../text/layout.ts";

/** Advance widths in em of Helvetica-like fonts, by kind of character. */
const narrow = /[iljtfrI.,:;'!|()[\]{}\s-]/, wide = /[mwMW@%—]/, capital = /[A-Z0-9_#+=<>~−]/;
const advance = (character: string): number =>
  narrow.test(character) ? 0.32 : wide.test(character) ? 0.86 : capital.test(character) ? 0.64 : 0.53;

/** Width of a text at a font size, in the same unit. */
export function textWidth(text: string, size: number): number {
  let em = 0;
  for (const segment of graphemes(text)) em += cells(segment) === 2 ? 1.02 : advance(segment[0]!);
  return em * size;
}

/** Cuts a text to a width, with an ellipsis where something is lost. */
export function clipTo(text: string, size: number, room: number): string {
  if (textWidth(text, size) <= room) return text;
  let kept = "";
  for (const segment of graphemes(text)) {
    if (textWidth(kept + segment + "…", size) > room) break;
    kept += segment;
  }
  return kept + "…";
}
