/**
 * The sources of a model's tokens: one text, or encoder and decoder, whose tokens stand one after the other.
 *
 * @module
 */
import type { Evidence } from "@hyaline/core/plugin";

/** One source's place among all tokens: `before`, then `length` of its own. */
export interface Source {
  readonly name: string;
  readonly before: number;
  readonly length: number;
}

/** @param unnamed what the source is called where tokens do not name theirs, as there is only one */
export function sourcesOf(tokens: Evidence["tokens"], unnamed = "text"): Source[] {
  const sources: Source[] = [];
  tokens.forEach(({ source: name = unnamed }, before) => {
    const last = sources.at(-1);
    if (last?.name === name) sources[sources.length - 1] = { ...last, length: last.length + 1 };
    else sources.push({ name, before, length: 1 });
  });
  return sources;
}
