/**
 * How an explanation takes small changes: words that count for little are left out, one at a time, and the text is explained again.
 *
 * @module
 */
import { spearman } from "@hyaline/core/render";
import type { Check, Explanation, ExplanationOf } from "@hyaline/core/result";
import { busy, problem, shown } from "./asking.ts";
import { engine } from "./engines.ts";
import { requestFor } from "./question.ts";
import { without } from "./words.ts";

type Scored = ExplanationOf<"token-scores">;

/** Changes that are tried. */
const TRIES = 4;

/** Tokens that count for least, weakest first; only those that can be cut out of the text. */
const weakest = ({ tokens, data }: Scored): number[] =>
  tokens.map((_, i) => i).filter((i) => !tokens[i]!.special && tokens[i]!.end > tokens[i]!.start).sort((a, b) =>
    Math.abs(data.values[a]!) - Math.abs(data.values[b]!)
  ).slice(0, TRIES);

/** Rank correlation of the words both texts have; none where leaving a token out changed how the rest falls into tokens. */
function kept(before: Scored, after: Scored, out: number): number | undefined {
  const rest = before.tokens.map((_, i) => i).filter((i) => i !== out);
  if (rest.length !== after.tokens.length || rest.some((i, k) => before.tokens[i]!.id !== after.tokens[k]!.id)) {
    return undefined;
  }
  const words = rest.map((i, k) => [i, k] as const).filter(([i]) => !before.tokens[i]!.special);
  return spearman(words.map(([i]) => before.data.values[i]!), words.map(([, k]) => after.data.values[k]!));
}

/** Adds the check to an explanation that is shown. */
export async function tryStability(explanation: Explanation): Promise<void> {
  const now = shown.value;
  if (!now || explanation.type !== "token-scores" || explanation.text === undefined) return;
  const { index, foil } = explanation.target, { text, tokens } = explanation;
  const question = { ...now.question, target: `#${index}`, foil: foil ? `#${foil.index}` : "", said: "" };
  const asked = now.question.methods.filter(({ id }) => id === explanation.method.id);
  const found: { rho: number; stays: boolean }[] = [];
  busy.value = true;
  try {
    for (const out of weakest(explanation)) {
      const { start, end } = tokens[out]!;
      const request = requestFor({ ...question, methods: asked }, without(text, { start, end }));
      const [after] = await engine.value.explain({ ...request, checks: false });
      const rho = after?.type === "token-scores" ? kept(explanation, after, out) : undefined;
      const stays = after?.predictions[0]?.index === explanation.predictions[0]?.index;
      if (rho !== undefined) found.push({ rho, stays });
    }
  } catch (error) {
    problem.value = error;
  }
  busy.value = false;
  if (found.length) replace(explanation, checkOf(found));
}

function checkOf(found: readonly { rho: number; stays: boolean }[]): Check {
  const least = Math.min(...found.map(({ rho }) => rho)), stays = found.filter((one) => one.stays).length;
  return {
    id: "stability",
    title: "Do small changes change the explanation?",
    status: "measured",
    value: least,
    summary:
      `After ${found.length} small changes of the text the scores of the other words keep a rank correlation of at least ${
        least.toFixed(2)
      }; the answer stays in ${stays} of ${found.length}`,
  };
}

function replace(explanation: Explanation, check: Check): void {
  const now = shown.value;
  const swapped = (list: readonly Explanation[]): Explanation[] =>
    list.map((one) => {
      if (one !== explanation) return one;
      const { checks, ...diagnostics } = one.diagnostics;
      return { ...one, diagnostics: { ...diagnostics, checks: [...checks, check] } };
    });
  if (now) shown.value = { ...now, explanations: swapped(now.explanations), changed: swapped(now.changed) };
}
