/**
 * Results of one score a token.
 *
 * @module
 */
import { notFinite } from "@hyaline/core/errors";
import type { Result } from "@hyaline/core/plugin";

type TokenScores = Result<"token-scores">;
type Around = Omit<TokenScores, "type" | "data"> & {
  readonly join: "sum" | "max";
  readonly low?: readonly number[];
  readonly high?: readonly number[];
};

/**
 * One score a token, with everything that goes beside it.
 *
 * @param scores `[T]`
 * @throws NOT_FINITE for NaN or Infinity among the scores
 */
export function tokenScores(scores: ArrayLike<number>, { join, low, high, ...around }: Around): TokenScores {
  const values = Array.from(scores, (score) => score + 0); // −0 would print as a sign
  if (!values.every(Number.isFinite)) throw notFinite("scores");
  const interval = low && high ? { low: [...low], high: [...high] } : {};
  return { type: "token-scores", ...around, data: { shape: [values.length], values, join, ...interval } };
}
