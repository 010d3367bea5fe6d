import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { kernelExecutor, Model, type ModelOptions, ortExecutor, type SessionOptions } from "@hyaline/core";
import { afterAll, describe, expect, test } from "vitest";
import { modelFile } from "../../models/embedded.ts";
import { bars, cosine, errorsOf, type Golden, type GoldenSentence, gradientOf, type Method } from "./compare.ts";
import { fullPrecision } from "./full_precision.ts";

const session: SessionOptions = { backend: "wasm", threads: 1 }, kernel = kernelExecutor({ threads: 1 });
afterAll(() => kernel.stop());
const golden = JSON.parse(await readFile(new URL("sentiment-int8.json", import.meta.url), "utf8")) as {
  sha256: string;
  cases: GoldenSentence[];
};
const bytes = new Uint8Array(await readFile(modelFile("sentiment-en")));

const ways: readonly [string, ModelOptions][] = [
  ["ONNX Runtime", { session, executor: ortExecutor(session) }],
  ["the kernel alone", { session, executor: kernel, forward: "program" }],
];

test("the golden gradients are those of the committed file", () => {
  expect(golden.cases.length).toBe(100);
  expect(createHash("sha256").update(bytes).digest("hex"), "run test/golden/scripts/sentiment.py again").toBe(
    golden.sha256,
  );
});

describe.each(ways)("on %s", (_, options) => {
  test("in full precision every method gives what torch, captum and the oracle give, on three sentences", {
    timeout: 120_000,
  }, async () => {
    const full = new Model({ model: fullPrecision(bytes) }, options);
    const { cases, integrated_gradients: { steps } } = JSON.parse(
      await readFile(new URL("sentiment.json", import.meta.url), "utf8"),
    ) as Golden;
    for (const sentence of cases.slice(0, 3)) {
      const errors = await errorsOf(full, sentence, steps);
      for (const name of Object.keys(bars) as Method[]) {
        expect(errors[name], `${name} of "${sentence.text}"`).toBeLessThanOrEqual(bars[name]);
      }
    }
    await full.release();
  });

  // The attention's and the head's products round their activations to eight bits; the feed-forward layers keep them.
  test("the int8 file's gradient has torch's direction for the same weights, on each of 100 test sentences", {
    timeout: 300_000,
  }, async () => {
    const model = new Model({ model: bytes }, options), cosines: number[] = [];
    for (const sentence of golden.cases) {
      cosines.push(cosine((await gradientOf(model, sentence)).flat(), sentence.gradient!.flat()));
    }
    expect(Math.min(...cosines)).toBeGreaterThan(0.99);
    expect(cosines.reduce((a, b) => a + b) / cosines.length).toBeGreaterThan(0.997);
    await model.release();
  });
});
