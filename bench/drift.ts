/**
 * How far explanations of the int8 file lie from those of its fp32 twin: rank correlation and the three strongest tokens.
 *
 * @module
 */
import { openEngine } from "../packages/cli/src/open.ts";
import { spearman } from "../packages/core/src/result/agreement.ts";
import { readPolarity } from "../models/polarity.ts";
import { conditions, table } from "./measure.ts";

const METHODS = ["attnlrp", "cp-lrp", "input-x-gradient", "saliency", "grad-cam", "attention-rollout"];
const quiet = { signal: new AbortController().signal, progress: () => {} };

/**
 * @param full folder of the fp32 twin, made by models/scripts/sentiment_en.py
 * @param count test sentences
 */
export async function drift(model: string, full: string, count: number): Promise<string> {
  const engine = await openEngine({ offline: true }),
    where = conditions(),
    rho = new Map<string, number[]>(),
    shared = new Map<string, number[]>();
  let flips = 0;
  const texts = (await readPolarity()).filter(({ side }) => side === "test").slice(0, count).map(({ text }) => text);
  for (const text of texts) {
    const ask = (which: string, index?: number) =>
      engine.explain({
        model: which,
        input: { text },
        checks: false,
        methods: METHODS.map((id) => ({ id })),
        ...(index === undefined ? {} : { target: { index } }),
      }, quiet);
    const exact = await ask(full), rounded = await ask(model, exact[0]!.target.index);
    if (rounded[0]!.predictions[0]!.index !== exact[0]!.target.index) flips++;
    METHODS.forEach((name, k) => {
      const a = exact[k]!, b = rounded[k]!;
      if (a.type !== "token-scores" || b.type !== "token-scores") return;
      const ordinary = a.tokens.map((_, i) => i).filter((i) => !a.tokens[i]!.special),
        of = (values: readonly number[]) => ordinary.map((i) => values[i]!);
      const top = (values: readonly number[]) => ordinary.toSorted((p, q) => values[q]! - values[p]!).slice(0, 3),
        mine = new Set(top(b.data.values));
      const agreement = spearman(of(a.data.values), of(b.data.values));
      if (agreement !== undefined) rho.set(name, [...(rho.get(name) ?? []), agreement]);
      shared.set(name, [
        ...(shared.get(name) ?? []),
        top(a.data.values).filter((i) => mine.has(i)).length / Math.min(3, ordinary.length),
      ]);
    });
  }
  await engine.close();
  const median = (list: readonly number[]): number => list.toSorted((a, b) => a - b)[list.length >> 1]!;
  const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;
  return [
    `## Drift of explanations from fp32 to int8 on ${texts.length} test sentences`,
    where,
    `The target is the class fp32 predicts; int8 predicts another on ${flips} sentences.`,
    table(
      ["method", "Spearman, median", "of the three strongest, shared"],
      METHODS.map((
        name,
      ) => [name, median(rho.get(name)!).toFixed(3), `${(100 * mean(shared.get(name)!)).toFixed(0)} %`]),
    ),
  ].join("\n\n");
}
