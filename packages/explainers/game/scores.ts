/**
 * Scores of units as a result: shared equally among a unit's tokens, or, for sentences, one score a span.
 *
 * @module
 */
import type { Evidence, Result } from "@hyaline/core/plugin";
import { tokenScores } from "../shared/scores.ts";
import type { Game } from "./game.ts";
import type { Unit, UnitName } from "./units.ts";

export interface UnitScores {
  readonly scores: ArrayLike<number>;
  /** Ends of each unit's interval, where there is one. */
  readonly low?: ArrayLike<number> | undefined;
  readonly high?: ArrayLike<number> | undefined;
  readonly checks?: Result["checks"];
  readonly notes?: readonly string[];
}

/** Σ over a word's tokens gives the word's score again, hence `join: "sum"`. */
export function unitScores(
  { tokens }: Evidence,
  game: Game,
  unit: UnitName,
  { scores, low, high, checks = [], notes = [] }: UnitScores,
): Result<"token-scores" | "span-scores"> {
  const { units } = game,
    around = {
      signed: true,
      checks,
      notes: [
        ...notes,
        ...(units.length === 0 ? ["There is no token to take away: every one of them is special"] : []),
      ],
    };
  if (unit === "sentence") {
    const spans = units.map((one, i) => ({
      start: one.tokens[0]!,
      end: one.tokens.at(-1)! + 1,
      text: textOf(tokens, one),
      score: scores[i]!,
    }));
    return { type: "span-scores", ...around, data: { spans } };
  }
  const shared = (values: ArrayLike<number>): Float64Array => {
    const each = new Float64Array(tokens.length);
    units.forEach((one, i) => one.tokens.forEach((t) => (each[t] = values[i]! / one.tokens.length)));
    return each;
  };
  const interval = low && high ? { low: [...shared(low)], high: [...shared(high)] } : {};
  return tokenScores(shared(scores), { join: "sum", ...around, ...interval });
}

/** Tokens as a text again, as near as their spelling allows. */
const textOf = (tokens: Evidence["tokens"], { tokens: members }: Unit): string =>
  members.map((t, i) =>
    (i > 0 && tokens[t]!.start > tokens[members[i - 1]!]!.end ? " " : "") +
    tokens[t]!.text.replace(/^##/, "").replace(/^[▁Ġ]/, i > 0 ? " " : "")
  ).join("").replace(/ {2,}/g, " ");
