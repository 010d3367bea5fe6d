/**
 * Tokens that are matched before anything is cut: `[MASK]`, `<|endoftext|>`, and what people added to a vocabulary.
 *
 * @module
 */
import type { AddedToken } from "@huggingface/tokenizers";
import { type Aligned, slice } from "./alignment.ts";

/** A stretch of text, or an added token found in it. */
export interface Section {
  readonly text: Aligned;
  readonly token?: AddedToken;
}

/** Finds tokens in text: the leftmost, of those the longest. */
export class AddedTokenSplitter {
  readonly #pattern: RegExp | undefined;
  readonly #tokens: ReadonlyMap<string, AddedToken>;

  /** @param tokens by the text they match */
  constructor(tokens: ReadonlyMap<string, AddedToken>) {
    this.#tokens = tokens;
    const contents = [...tokens.keys()].filter(Boolean).sort((a, b) => b.length - a.length);
    if (contents.length) {
      this.#pattern = new RegExp(
        contents.map((content) => content.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&")).join("|"),
        "g",
      );
    }
  }

  split(text: Aligned): Section[] {
    if (!this.#pattern) return text.text ? [{ text }] : [];
    const sections: Section[] = [];
    let last = 0;
    const plain = (to: number) => to > last && sections.push({ text: slice(text, last, to) });
    for (const { 0: found, index } of text.text.matchAll(this.#pattern)) {
      const token = this.#tokens.get(found)!;
      let from = index, to = index + found.length;
      if (token.single_word && (wordy(text.text[from - 1]) || wordy(text.text[to]))) continue;
      if (token.lstrip) from = Math.max(last, text.text.slice(0, from).trimEnd().length);
      if (token.rstrip) to = text.text.length - text.text.slice(to).trimStart().length;
      if (from < last) continue;
      plain(from);
      sections.push({ text: slice(text, from, to), token });
      last = to;
    }
    plain(text.text.length);
    return sections;
  }
}

const wordy = (char: string | undefined): boolean => char !== undefined && /[\p{L}\p{N}\p{M}_]/u.test(char);
