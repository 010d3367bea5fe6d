import { expect, test } from "vitest";
import { arrayOf, evidenceOf, optionsOf } from "../shared/sample.ts";
import manifest from "./explainer.json" with { type: "json" };
import explainers from "./mod.ts";

/** A model whose value is the sum of what its tokens weigh. */
const weights = [0, 4, -2, 1, 3, 0];
const context = {
  seed: 1,
  signal: new AbortController().signal,
  progress: () => {},
  log: () => {},
  predict: (edits: readonly unknown[]) =>
    Promise.resolve({
      values: Float32Array.from(
        edits as { keep: boolean[] }[],
        ({ keep }) => weights.reduce((sum, w, t) => sum + (keep[t] ? w : 0), 0),
      ),
    }),
};
const explain = (relevance: number[]) =>
  explainers["deletion-curve"](
    evidenceOf("[CLS] a b c d [SEP]", { relevances: { tokens: arrayOf(relevance) } }),
    optionsOf(manifest, "deletion-curve"),
    context,
  );

test("the true order falls fastest, its reverse slowest; special tokens stay", async () => {
  const { data, checks } = await explain(weights);
  expect(data.series[0]).toMatchObject({ x: [0, 0.25, 0.5, 0.75, 1], y: [6, 2, -1, -2, 0] });
  expect(data.series[1]!.y).toEqual([6, 8, 7, 4, 0]);
  expect(checks![0]).toMatchObject({ id: "deletion-area", status: "passed" });
});

test("an order turned upside down is worse than chance, and the check says so", async () => {
  const { checks } = await explain(weights.map((w) => -w));
  expect(checks![0]).toMatchObject({ status: "failed" });
  expect(checks![0]!.value).toBeLessThan(0);
});
