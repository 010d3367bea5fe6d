/**
 * `deno task models:evaluate <checkpoint> [validation|test]`: measures an embedded checkpoint from its committed file.
 *
 * Classifiers: accuracy with its 95 % interval, calibration error and log loss on one side of the polarity data.
 * The language model: share of the held-out cases whose most probable next word is the answer.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { type Embedded, openEmbedded } from "./embedded.ts";
import { type Example, readPolarity } from "./polarity.ts";
import { accuracy, argmax, calibrationError, logLoss, type Prediction, softmax, wilson } from "./scores.ts";

/** A held-out prompt of `ioi-lm/cases.json`. */
export interface Case {
  readonly text: string;
  readonly answer: string;
  readonly foil: string;
  readonly evidence: readonly string[];
  readonly evidence_positions: readonly number[];
  readonly kind: "indirect-object" | "agreement";
}

/** The held-out prompts of the language model. */
export const readCases = async (): Promise<Case[]> =>
  JSON.parse(await readFile(new URL("ioi-lm/cases.json", import.meta.url), "utf8"));

/** The classifier's probabilities for each example. */
export async function predictions(model: Embedded, examples: readonly Example[]): Promise<Prediction[]> {
  const found: Prediction[] = [];
  for (const { text, label } of examples) {
    found.push({ probabilities: softmax(await model.logits(text)), truth: model.labels.indexOf(label) });
  }
  return found;
}

/** How many of the cases the language model completes with the answer. */
export async function answered(model: Embedded, cases: readonly Case[]): Promise<number> {
  let right = 0;
  for (const { text, answer } of cases) {
    if (model.tokenizer.piece(argmax(await model.logits(text))) === answer) right++;
  }
  return right;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Accuracy as the cards write it. */
function share(right: number, count: number): string {
  const [low, high] = wilson(right, count);
  return `${right} of ${count} right: ${percent(right / count)}, 95 % interval ${percent(low)} to ${percent(high)}`;
}

async function main([id = "sentiment-en", side = "test"]: string[]): Promise<void> {
  const model = await openEmbedded(id);
  if (model.labels.length < 2) {
    const cases = await readCases();
    console.log(`${id}, held-out cases: ${share(await answered(model, cases), cases.length)}`);
  } else {
    const found = await predictions(model, (await readPolarity()).filter((example) => example.side === side));
    console.log(`${id}, ${side}: ${share(Math.round(accuracy(found) * found.length), found.length)}`);
    console.log(`calibration error ${calibrationError(found).toFixed(3)}, log loss ${logLoss(found).toFixed(3)}`);
  }
  await model.release();
}

if (import.meta.main) await main(process.argv.slice(2));
