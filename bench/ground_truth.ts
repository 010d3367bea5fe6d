/**
 * Ground truth: how often a method's strongest token is the word that is known to decide, on the held-out cases of `ioi-lm`.
 *
 * @module
 */
import { type Explanation, methodNamed } from "@hyaline/core/result";
import { type Case, readCases } from "../models/evaluate.ts";
import { wilson } from "../models/scores.ts";
import { openEngine } from "../packages/cli/src/open.ts";
import { conditions, table } from "./measure.ts";
import { blackBox, whiteBox } from "./methods.ts";

const METHODS = [...whiteBox, ...blackBox];
const quiet = { signal: new AbortController().signal, progress: () => {} };
const questions = ["indirect object", "its contrast", "agreement", "its contrast "] as const;

/** Positions of ordinary tokens from the strongest down, by amount: for a contrast, what speaks against it counts as much. */
function ranking({ tokens, data, type }: Explanation, amount: (score: number) => number): number[] {
  if (type !== "token-scores") throw new Error(`${type} ranks no tokens`);
  const { values } = data as { values: readonly number[] };
  return values.map((_, i) => i).filter((i) => !tokens[i]!.special).sort((a, b) =>
    amount(values[b]!) - amount(values[a]!)
  );
}

/** Where a word stands among the words and marks, the special token before them counted. */
const places = (text: string, word: string): number[] =>
  [...text.matchAll(/\w+|[^\w\s]/g)].flatMap(([found], i) => (found === word ? [i + 1] : []));

/**
 * Whether an explanation finds the evidence. Plain target: the strongest token is the deciding word. Contrast of an indirect
 * object: the two strongest of either sign are the receiver and a mention of the giver, whose second mention excludes it.
 */
function finds(explanation: Explanation, { text, foil, evidence_positions, kind }: Case, contrast: boolean): boolean {
  const evidence = evidence_positions.map((i) => i + 1);
  if (!contrast || kind === "agreement") return evidence.includes(ranking(explanation, (v) => v)[0]!);
  const top = ranking(explanation, Math.abs).slice(0, 2), giver = places(text, foil);
  return top.some((i) => evidence.includes(i)) && top.some((i) => giver.includes(i));
}

/** @param count cases of each kind */
export async function groundTruth(count: number): Promise<string> {
  const engine = await openEngine({ offline: true }), where = conditions(), cases = await readCases();
  const right = new Map(METHODS.map((method) => [method, questions.map(() => 0)])), asked = questions.map(() => 0);
  const chosen = (["indirect-object", "agreement"] as const).flatMap((kind) =>
    cases.filter((one) => one.kind === kind).slice(0, count)
  );
  for (const [i, one] of chosen.entries()) {
    for (const contrast of [false, true]) {
      const column = (one.kind === "agreement" ? 2 : 0) + Number(contrast);
      const found = await engine.explain({
        model: "ioi-lm",
        input: { text: one.text },
        target: { label: one.answer, ...(contrast ? { foil: one.foil } : {}) },
        checks: false,
        methods: METHODS.map((name) => methodNamed(name)),
      }, quiet);
      asked[column]!++;
      found.forEach((explanation, k) => {
        if (finds(explanation, one, contrast)) right.get(METHODS[k]!)![column]!++;
      });
    }
    if ((i + 1) % 20 === 0) console.error(`${i + 1} of ${chosen.length} cases`);
  }
  await engine.close();
  const share = (hits: number, of: number): string => {
    const [low, high] = wilson(hits, of);
    return `${(100 * hits / of).toFixed(0)} % (${(100 * low).toFixed(0)}–${(100 * high).toFixed(0)})`;
  };
  const rows = [...right].sort(([, a], [, b]) => sum(b) - sum(a));
  return [
    `## Ground truth: ${chosen.length} cases of ioi-lm`,
    where,
    "Share of cases in which the strongest token is the deciding word (the receiver's name, the first noun); for the contrast of the indirect object, in which the " +
    "two strongest of either sign are the receiver and a mention of the giver. 95 % interval (Wilson).",
    table(
      ["method", ...questions.map((q) => q.trim())],
      rows.map(([method, hits]) => [method, ...hits.map((h, k) => share(h, asked[k]!))]),
    ),
  ].join("\n\n");
}

const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
