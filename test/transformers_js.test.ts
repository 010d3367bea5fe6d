/**
 * The embedded classifier beside transformers.js, the library people run such checkpoints with: the same ids, the same answers.
 */
import { AutoTokenizer, env, pipeline } from "@huggingface/transformers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Engine } from "../packages/cli/src/engine.ts";
import { openEngine } from "../packages/cli/src/open.ts";

const texts = [
  "I love programming",
  "Too long by half an hour.",
  "not bad at all",
  "Ünïcödé 漢字 😀 don't",
  "a gorgeous , witty , seductive movie .",
];
let engine: Engine;

beforeAll(async () => {
  env.allowRemoteModels = false;
  env.localModelPath = fileURLToPath(new URL("../models/", import.meta.url));
  engine = await openEngine({ offline: true });
});
afterAll(() => engine.close());

const ask = (text: string) =>
  engine.predict({ input: { text } }, { signal: new AbortController().signal, progress: () => {} });

test("sentiment-en reads a text as transformers.js does, token for token", async () => {
  const tokenizer = await AutoTokenizer.from_pretrained("sentiment-en");
  for (const text of texts) {
    const { input_ids } = tokenizer(text) as { input_ids: { tolist(): bigint[][] } };
    expect((await ask(text)).tokens.map(({ id }) => id)).toEqual(input_ids.tolist()[0]!.map(Number));
  }
});

test("sentiment-en answers as transformers.js does on the native runtime", async () => {
  const classify = await pipeline("text-classification", "sentiment-en", { dtype: "q8" });
  for (const text of texts) {
    const [theirs] = await classify(text) as { label: string; score: number }[],
      ours = (await ask(text)).predictions[0]!;
    expect(ours.label).toBe(theirs!.label);
    expect(ours.probability).toBeCloseTo(theirs!.score, 2); // two runtimes round int8 activations in their own order
  }
  await classify.dispose();
});
