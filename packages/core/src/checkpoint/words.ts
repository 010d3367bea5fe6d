/**
 * Sub-words → words, by where they lie in the text.
 *
 * @module
 */
import type { TextToken } from "./tokenizer.ts";

/** Tokens that make up one word of the text. */
export interface TextWord {
  /** The word, spaces left out; a special token's own text where it stands alone. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Positions in the token list, ascending. */
  readonly tokens: readonly number[];
  readonly special: boolean;
}

/**
 * Groups tokens into words. Words are Unicode's (UAX 29, with the dictionaries of `Intl.Segmenter` for languages that write
 * no spaces); punctuation stands for itself. A token that covers several words joins them. Special tokens stay alone,
 * and a token that stands for nothing (a lone `▁`) goes with the word behind it.
 *
 * @example
 * ```ts
 * import { joinWords } from "@hyaline/core";
 * const at = (start: number, end: number) => ({ id: 1, piece: "", text: "", start, end, special: false });
 * const words = joinWords("unhappy man", [at(0, 2), at(2, 7), at(7, 11)]);
 * console.assert(words.map(({ text }) => text).join("|") === "unhappy|man" && words[0]?.tokens.length === 2);
 * ```
 */
export function joinWords(
  text: string,
  tokens: readonly Pick<TextToken, "text" | "start" | "end" | "special">[],
): TextWord[] {
  const segments = [...new Intl.Segmenter("en", { granularity: "word" }).segment(text)];
  // Segment of each UTF-16 unit: a token belongs where its first written character does.
  const segmentAt = new Int32Array(text.length + 1).fill(segments.length);
  segments.forEach(({ index, segment }, i) => segmentAt.fill(i, index, index + segment.length));

  const words: { tokens: number[]; start: number; end: number; special: boolean; until: number }[] = [];
  let waiting: number[] = [];
  tokens.forEach((token, i) => {
    if (token.special) {
      words.push({ tokens: [i], start: token.start, end: token.end, special: true, until: -1 });
      return;
    }
    const written = text.slice(token.start, token.end),
      start = token.start + (written.length - written.trimStart().length),
      end = token.start + written.trimEnd().length;
    if (start >= end) {
      waiting.push(i);
      return;
    }
    const first = segmentAt[start]!, until = segmentAt[end - 1]!, last = words.at(-1);
    if (last && !last.special && first <= last.until) {
      last.tokens.push(...waiting, i);
      last.end = Math.max(last.end, end);
      last.until = Math.max(last.until, until);
    } else words.push({ tokens: [...waiting, i], start, end, special: false, until });
    waiting = [];
  });
  if (waiting.length) {
    const last = words.findLast(({ special }) => !special), { start, end } = tokens[waiting[0]!]!;
    if (last) last.tokens.push(...waiting);
    else words.push({ tokens: waiting, start, end, special: false, until: -1 });
  }
  return words
    .sort((a, b) => a.tokens[0]! - b.tokens[0]!)
    .map(({ tokens: members, start, end, special }) => ({
      text: text.slice(start, end) || tokens[members[0]!]!.text,
      start,
      end,
      tokens: members,
      special,
    }));
}
