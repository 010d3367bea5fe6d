/**
 * What a renderer draws: tokens, or the words they make, with their share of the strongest score.
 *
 * @module
 */
import type { Explanation, ExplanationOf, Token } from "../result/mod.ts";

/** One drawn piece of text. */
export interface Unit {
  readonly text: string;
  readonly tokens: readonly number[];
  readonly special: boolean;
  /** Continues the piece before it without a gap, inside one word. */
  readonly glued: boolean;
  readonly source?: string;
  readonly score: number;
  /** How far the score may be off to either side, where it is an estimate. */
  readonly within?: number;
}

const alphabetic = /^[\p{L}\p{N}\p{M}']$/u;
const unspaced = /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Khmer}\p{sc=Lao}\p{sc=Myanmar}]$/u;
const runsOn = (before: string, after: string): boolean =>
  [before, after].every((c) => alphabetic.test(c) && !unspaced.test(c));

/** The text a token belongs to, if it is known. */
function textOf(explanation: Explanation, { source }: Token): string | undefined {
  return explanation.sources?.find(({ name }) => name === source)?.text ?? explanation.text;
}

/** A token as it stands in the text; as the vocabulary writes it where there is no text. */
export function tokenText(explanation: Explanation, index: number): string {
  const token = explanation.tokens[index]!;
  if (token.special || token.start === token.end) return token.text;
  return textOf(explanation, token)?.slice(token.start, token.end).trim() || token.text;
}

/** Whether a token goes on the word of the one before it. */
export function continues(explanation: Explanation, index: number): boolean {
  const token = explanation.tokens[index]!, before = explanation.tokens[index - 1];
  if (!before || token.special || before.special || token.start !== before.end || token.source !== before.source) {
    return false;
  }
  const text = textOf(explanation, token);
  if (!text || token.start === token.end) return false;
  return runsOn([...text.slice(0, token.start)].at(-1) ?? " ", [...text.slice(token.start)][0] ?? " ");
}

/** Tokens with their scores, or words where the explanation has them. */
export function unitsOf(explanation: ExplanationOf<"token-scores">): Unit[] {
  const { tokens, words, data: { values, join, low, high } } = explanation;
  const within = (t: number): number => Math.max(high![t]! - values[t]!, values[t]! - low![t]!);
  const wordAt = new Map(words?.map((word) => [word.tokens[0]!, word]));
  const inner = new Set(words?.flatMap((word) => word.tokens.slice(1)));
  const units: Unit[] = [];
  tokens.forEach((token, i) => {
    if (inner.has(i)) return;
    const word = wordAt.get(i);
    const indices = word?.tokens ?? [i];
    const scores = indices.map((t) => values[t]!);
    units.push({
      text: word?.text ?? tokenText(explanation, i),
      tokens: indices,
      special: token.special,
      glued: !word && continues(explanation, i),
      ...(token.source === undefined ? {} : { source: token.source }),
      score: join === "max" ? Math.max(...scores) : scores.reduce((a, b) => a + b, 0),
      ...(low && high ? { within: indices.map(within).reduce((a, b) => a + b, 0) } : {}),
    });
  });
  return units;
}

/** The strongest |score| among pieces of the text; special tokens do not set the scale, so they cannot pale the text. */
export function scaleOf(units: readonly Unit[]): number {
  const sizes = (some: readonly Unit[]) => some.reduce((max, { score }) => Math.max(max, Math.abs(score)), 0);
  return sizes(units.filter(({ special }) => !special)) || sizes(units) || 1;
}

/** The strongest |value| of a flat array, 1 if all are zero. */
export const strongest = (values: readonly number[]): number =>
  values.reduce((max, value) => Math.max(max, Math.abs(value)), 0) || 1;
