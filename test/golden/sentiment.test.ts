import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Model, ortExecutor, type SessionOptions } from "@hyaline/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { modelFile } from "../../models/embedded.ts";
import { cosine, find, type GoldenSentence } from "./compare.ts";

const session: SessionOptions = { backend: "wasm", threads: 1 };
const golden = JSON.parse(await readFile(new URL("sentiment-int8.json", import.meta.url), "utf8")) as {
  sha256: string;
  cases: GoldenSentence[];
};
const bytes = new Uint8Array(await readFile(modelFile("sentiment-en")));
let model: Model;
beforeAll(() => {
  model = new Model({ model: bytes }, { session, executor: ortExecutor(session) });
});
afterAll(() => model.release());

test("the golden gradients are those of the committed file", () => {
  expect(golden.cases.length).toBe(100);
  expect(createHash("sha256").update(bytes).digest("hex"), "run test/golden/scripts/sentiment.py again").toBe(
    golden.sha256,
  );
});

// Activations rounded to eight bits turn the gradient: over all 100 sentences the cosine is 0.973 on average, 0.88 at least.
test("the int8 file's gradient keeps torch's direction for the same weights, on ten test sentences", {
  timeout: 120_000,
}, async () => {
  const chosen = golden.cases.filter((_, i) => i % 10 === 0), cosines: number[] = [];
  for (const sentence of chosen) {
    const { gradient } = await find(model, sentence);
    cosines.push(cosine(gradient.flat(), sentence.gradient!.flat()));
  }
  expect(Math.min(...cosines)).toBeGreaterThan(0.85);
  expect(cosines.reduce((a, b) => a + b) / cosines.length).toBeGreaterThan(0.95);
});
