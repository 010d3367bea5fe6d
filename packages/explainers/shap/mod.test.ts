import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { random } from "../game/random.ts";
import { tableGame, wordsOf } from "../game/sample.ts";
import { evidenceOf, optionsOf } from "../shared/sample.ts";
import manifest from "./explainer.json" with { type: "json" };
import { design, solve } from "./kernel.ts";
import explainers from "./mod.ts";

const golden = JSON.parse(await readFile(new URL("../goldens/blackbox.json", import.meta.url), "utf8")),
  table = golden.table as number[];
const evidence = wordsOf("a b c d e f g"), ends = { full: table[127]!, empty: table[0]! };
const run = async (chosen = {}, context = tableGame(table), on = evidence) => {
  const result = await explainers.shap(on, optionsOf(manifest, "shap", chosen), context);
  return { ...result, data: result.data as unknown as { values: number[]; low?: number[]; high?: number[] } };
};
const valueOf = (mask: readonly number[]): number => table[mask.reduce((bits, there, i) => bits + there * 2 ** i, 0)]!;
const near = (found: ArrayLike<number>, expected: readonly number[], digits = 5) =>
  expected.forEach((value, i) => expect(found[i]).toBeCloseTo(value, digits));
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

describe("shap by partition", () => {
  test("gives the Owen values of Python's PartitionExplainer on a balanced tree", async () => {
    const { data, notes } = await run();
    near(data.values, [0, ...golden.partition.all, 0]);
    expect(notes).toEqual([]);
    expect(data.low).toBeUndefined();
  });

  test("splits the same groups first when the budget is short, with intervals that hold the Owen values", async () => {
    const context = tableGame(table), { data, notes } = await run({ budget: golden.partition.some.budget }, context);
    near(data.values, [0, ...golden.partition.some.values, 0]);
    expect(sum(data.values)).toBeCloseTo(ends.full - ends.empty, 5);
    expect(data.low!.every((low, t) => low <= data.values[t]! && data.values[t]! <= data.high![t]!)).toBe(true);
    expect(data.high!.some((high, t) => high > data.low![t]!)).toBe(true);
    expect(notes![0]).toContain("share the score of their group");
    expect(context.asked.edits.length).toBeLessThanOrEqual(golden.partition.some.budget);
  });

  test("with no evaluation left beyond the ends shares the difference equally", async () => {
    near((await run({ budget: 2 })).data.values, [0, ...Array(7).fill((ends.full - ends.empty) / 7), 0]);
  });

  test("a stopped run still adds up", async () => {
    const stop = new AbortController(),
      context = tableGame(table, { signal: stop.signal, progress: (done) => done >= 16 && stop.abort() });
    const { data, notes } = await run({}, context);
    expect(sum(data.values)).toBeCloseTo(ends.full - ends.empty, 5);
    expect(notes![0]).toContain("Stopped after");
  });
});

describe("shap by kernel", () => {
  test("is exact when the budget covers every coalition, as Python's KernelExplainer is", async () => {
    const { data, notes } = await run({ algorithm: "kernel" });
    near(data.values, [0, ...golden.kernel.all, 0]);
    near(golden.kernel.all, golden.shapley);
    expect(notes![0]).toContain("every coalition");
  });

  test("solves what Python's KernelExplainer solves on the same masks and weights", () => {
    const { masks, weights, values } = golden.kernel.some as { masks: number[][]; weights: number[]; values: number[] };
    near(solve(masks.map((mask) => mask.map(Boolean)), masks.map(valueOf), weights, ends).values, values, 6);
  });

  test("enumerates the same sizes with the same weights, and shares the rest alike", () => {
    const { masks, weights } = golden.kernel.some as { masks: number[][]; weights: number[] },
      ours = design(7, 60, random(1));
    const byMask = new Map(masks.map((mask, i) => [mask.join(""), weights[i]!])),
      size = (mask: readonly boolean[]) => Math.min(mask.filter(Boolean).length, 7 - mask.filter(Boolean).length);
    ours.coalitions.forEach((mask, i) =>
      size(mask) === 1 && expect(ours.weights[i]).toBeCloseTo(byMask.get(mask.map(Number).join(""))!, 8)
    );
    expect(ours.coalitions).toHaveLength(masks.length);
    expect(sum(ours.weights)).toBeCloseTo(sum(weights), 6);
    expect(new Set(ours.coalitions.map(String)).size).toBe(60);
  });

  test("adds up at any budget, and its intervals hold the Shapley values about as often as they say", async () => {
    let covered = 0;
    for (let seed = 1; seed <= 30; seed++) {
      const { data } = await run({ algorithm: "kernel", budget: 70 }, tableGame(table, { seed }));
      expect(sum(data.values)).toBeCloseTo(ends.full - ends.empty, 5);
      golden.shapley.forEach((phi: number, i: number) =>
        data.low![i + 1]! <= phi && phi <= data.high![i + 1]! && covered++
      );
    }
    expect(covered / 210).toBeGreaterThan(0.85);
  });

  test("too few coalitions give finite scores without intervals", async () => {
    for (const budget of [2, 4, 7]) {
      const { data } = await run({ algorithm: "kernel", budget });
      expect(data.low).toBeUndefined();
      expect(sum(data.values)).toBeCloseTo(ends.full - ends.empty, 4);
    }
  });
});

test.each(["partition", "kernel"])(
  "shap by %s: one token takes all, two share, special ones take none",
  async (algorithm) => {
    expect((await run({ algorithm }, tableGame([1, 5]), wordsOf("a"))).data.values).toEqual([0, 4, 0]);
    near((await run({ algorithm }, tableGame([0, 1, 2, 9]), wordsOf("a b"))).data.values, [0, 4, 5, 0]);
    expect((await run({ algorithm }, tableGame([1]), evidenceOf("[CLS]"))).data.values).toEqual([0]);
  },
);
