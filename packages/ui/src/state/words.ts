/**
 * A text's words, in any language, and texts with one of them changed.
 *
 * @module
 */

/** A part of a text, end exclusive. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

/** A word or mark, or what lies between. */
export interface Piece extends Place {
  readonly text: string;
  /** Whether it can be changed: white space cannot. */
  readonly word: boolean;
}

/** Special tokens are one word: `[MASK]`, `<pad>`. */
const special = /\[[A-Z]+\]|<\/?[a-z]+>/g;
const segmenter = new Intl.Segmenter(undefined, { granularity: "word" });

export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  const plain = (from: number, to: number): void => {
    for (const { segment, index } of segmenter.segment(text.slice(from, to))) {
      const start = from + index;
      pieces.push({ text: segment, start, end: start + segment.length, word: segment.trim() !== "" });
    }
  };
  let at = 0;
  for (const { 0: found, index } of text.matchAll(special)) {
    plain(at, index);
    at = index + found.length;
    pieces.push({ text: found, start: index, end: at, word: true });
  }
  plain(at, text.length);
  return pieces;
}

export const withWord = (text: string, { start, end }: Place, word: string): string =>
  text.slice(0, start) + word + text.slice(end);

/** The text without a word, and without the space that would stand twice. */
export function without(text: string, { start, end }: Place): string {
  const before = text.slice(0, start), after = text.slice(end);
  return before + (/(^|\s)$/.test(before) ? after.trimStart() : after);
}
