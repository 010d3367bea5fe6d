/**
 * What a black box takes away or leaves at once: a token, a word or a sentence. Special tokens always stay.
 *
 * @module
 */
import type { Evidence } from "@hyaline/core/plugin";
import { given } from "../shared/given.ts";
import { sourcesOf } from "../shared/sources.ts";

export type UnitName = "token" | "word" | "sentence";

/** A player of the game: its tokens, by index. */
export interface Unit {
  readonly tokens: readonly number[];
}

/** Ends a sentence, where white space or nothing follows; the full-width ones need no space. */
const END = /[.!?…]+["'”’)\]]*$/, WIDE_END = /[。！？；…]+[”’」』）]*$/;

/**
 * Units in the order of the text: those of the first source, which is the one that is edited.
 *
 * @throws MISSING_EVIDENCE for words of a model whose tokens are no text
 */
export function unitsOf({ tokens, words }: Evidence, unit: UnitName): Unit[] {
  const [source] = sourcesOf(tokens),
    text = tokens.flatMap(({ special }, t) => (special || t >= (source?.length ?? 0) ? [] : [t]));
  if (unit === "token") return text.map((t) => ({ tokens: [t] }));
  if (unit === "sentence") return sentences(tokens, text);
  const wordOf = new Map(given(words, "words").flatMap((word) => word.tokens.map((t) => [t, word] as const)));
  const units = new Map<unknown, number[]>();
  for (const t of text) units.set(wordOf.get(t) ?? t, [...(units.get(wordOf.get(t) ?? t) ?? []), t]);
  return [...units.values()].map((members) => ({ tokens: members }));
}

function sentences(tokens: Evidence["tokens"], text: readonly number[]): Unit[] {
  const units: number[][] = [];
  text.forEach((t, i) => {
    const before = text[i - 1], previous = before === undefined ? undefined : tokens[before]!;
    const apart = previous &&
      (WIDE_END.test(previous.text) ||
        (END.test(previous.text) && (tokens[t]!.start > previous.end || /^[\s▁Ġ]/.test(tokens[t]!.text))));
    if (!previous || apart) units.push([]);
    units.at(-1)!.push(t);
  });
  return units.map((members) => ({ tokens: members }));
}
