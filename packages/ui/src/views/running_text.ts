/**
 * Drawn pieces put back into the text they came from: sources as paragraphs, and between pieces what really stands there.
 *
 * @module
 */
import type { Explanation } from "@hyaline/core/result";
import type { Unit } from "@hyaline/core/render";

/** A piece with its place among all pieces and the white space before it. */
export interface Placed {
  readonly unit: Unit;
  readonly i: number;
  readonly gap: string;
}

/** One paragraph a source; `name` where there is more than one. */
export interface Paragraph {
  readonly name?: string;
  readonly pieces: readonly Placed[];
}

export function paragraphsOf(explanation: Explanation, units: readonly Unit[]): Paragraph[] {
  const paragraphs: { name?: string; pieces: Placed[] }[] = [];
  units.forEach((unit, i) => {
    let last = paragraphs.at(-1);
    if (!last || last.name !== unit.source) {
      last = { ...(unit.source === undefined ? {} : { name: unit.source }), pieces: [] };
      paragraphs.push(last);
    }
    last.pieces.push({ unit, i, gap: last.pieces.length ? gap(explanation, units[i - 1]!, unit) : "" });
  });
  return paragraphs;
}

function gap(explanation: Explanation, before: Unit, unit: Unit): string {
  const { tokens, sources, text } = explanation;
  const whole = sources?.find(({ name }) => name === unit.source)?.text ?? text;
  const left = tokens[before.tokens.at(-1)!]!, right = tokens[unit.tokens[0]!]!;
  if (before.special || unit.special) return " ";
  if (whole === undefined || left.start === left.end || right.start === right.end) return unit.glued ? "" : " ";
  // Some tokenizers count the space before a word to the word itself.
  const between = whole.slice(left.end, right.start) + (/^\s*/.exec(whole.slice(right.start, right.end))?.[0] ?? "");
  return between;
}
