/**
 * Questions put to an explanation by the host, the same for every method: does taking away what it points at change the answer,
 * do its books balance, and do methods agree?
 *
 * @module
 */
import { agreement } from "../result/agreement.ts";
import type { Check, Explanation, Result, Token } from "../result/mod.ts";
import type { BlackBox } from "./predict.ts";
import { random, shuffled } from "./random.ts";

const DRAWS = 8;
const round = (value: number): string => (Math.abs(value) < 0.0005 ? "0" : Number(value.toPrecision(3)).toString());

/** Token scores as the order in which tokens count for the target: signed ones from the most positive down. */
function ranking(scores: readonly number[], tokens: readonly Token[]): number[] {
  return scores.map((score, i) => ({ score, i })).filter(({ i }) => !tokens[i]!.special).sort((a, b) =>
    b.score - a.score
  ).map(({ i }) => i);
}

/**
 * Takes the strongest fifth of the tokens away and compares the loss with that of as many random ones.
 * It passes where at least three quarters of the random draws cost no more than the strongest (in a short text some draws are the
 * strongest themselves).
 */
export async function deletionCheck(result: Result<"token-scores">, { tokens, blackBox, seed, signal }: {
  tokens: readonly Token[];
  blackBox: BlackBox;
  seed: number;
  signal: AbortSignal;
}): Promise<Check | undefined> {
  const order = ranking(result.data.values, tokens).filter((i) => blackBox.covers(i)),
    count = Math.max(1, Math.round(order.length / 5));
  if (order.length < 3) return undefined;
  const without = (gone: readonly number[]) => ({ keep: tokens.map((_, i) => !gone.includes(i)) });
  const next = random(seed + 1), draws = Array.from({ length: DRAWS }, () => shuffled(order, next).slice(0, count));
  const found = await blackBox.values([
    { keep: tokens.map(() => true) },
    without(order.slice(0, count)),
    ...draws.map(without),
  ], signal);
  const whole = found[0]!.value,
    loss = whole - found[1]!.value,
    others = found.slice(2).map(({ value }) => whole - value);
  const mean = others.reduce((a, b) => a + b, 0) / others.length,
    beaten = others.filter((other) => loss >= other).length;
  const words = count === 1 ? "the strongest token" : `the ${count} strongest tokens`;
  return {
    id: "deletion",
    title: "Does the answer need these tokens?",
    status: loss > 0 && beaten >= DRAWS * 0.75 ? "passed" : "failed",
    value: loss,
    summary: `Without ${words} the value ${loss >= 0 ? "falls" : "rises"} by ${
      round(Math.abs(loss))
    }; without random ones it changes by ${round(-mean)} on average`,
  };
}

/** The ledger as a check: open books are said aloud. */
export function ledgerCheck(result: Result): Check | undefined {
  const { ledger } = result;
  if (!ledger) return undefined;
  return {
    id: "ledger",
    title: "Do the books balance?",
    status: ledger.closed ? "passed" : "failed",
    value: ledger.residual,
    summary: ledger.closed
      ? `Token relevance and the named leaks add up to the value; ${round(ledger.residual)} is rounding`
      : `${round(ledger.residual)} of ${round(ledger.value)} is unaccounted for: read these scores with care`,
  };
}

/** How far methods that were asked together agree, by rank and by their three strongest tokens. */
export function withAgreement(explanations: readonly Explanation[]): Explanation[] {
  const scored = explanations.filter((e) => e.type === "token-scores");
  if (scored.length < 2) return [...explanations];
  return explanations.map((one) => {
    if (one.type !== "token-scores") return one;
    const others = scored.filter((e) => e !== one).flatMap((e) => {
      const { rho, ...tops } = agreement(one, e);
      return rho === undefined ? [] : [{ name: e.method.composite ?? e.method.id, rho, ...tops }];
    });
    if (others.length === 0) return one;
    const mean = others.reduce((sum, { rho }) => sum + rho, 0) / others.length;
    const check: Check = {
      id: "agreement",
      title: "Do other methods say the same?",
      status: "measured",
      value: mean,
      summary: others.map(({ name, rho, shared, most }) =>
        `${name}: rank correlation ${rho.toFixed(2)}, ${shared} of the ${most} strongest tokens shared`
      ).join("; "),
    };
    return { ...one, diagnostics: { ...one.diagnostics, checks: [...one.diagnostics.checks, check] } };
  });
}
