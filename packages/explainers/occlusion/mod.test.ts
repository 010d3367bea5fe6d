import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { tableGame, wordsOf } from "../game/sample.ts";
import { evidenceOf, optionsOf } from "../shared/sample.ts";
import manifest from "./explainer.json" with { type: "json" };
import explainers from "./mod.ts";

const golden = JSON.parse(await readFile(new URL("../goldens/blackbox.json", import.meta.url), "utf8")),
  table = golden.table as number[];
const evidence = wordsOf("a b c d e f g");
const run = (chosen = {}, context = tableGame(table), on = evidence) =>
  explainers.occlusion(on, optionsOf(manifest, "occlusion", chosen), context);
const valuesOf = (result: { data: unknown }): number[] => (result.data as { values: number[] }).values;
const near = (found: readonly number[], expected: readonly number[]) =>
  expected.forEach((value, i) => expect(found[i]).toBeCloseTo(value, 5));

describe("occlusion", () => {
  test("is captum's FeatureAblation, at n + 1 evaluations; special tokens stay and score zero", async () => {
    const context = tableGame(table), values = valuesOf(await run({}, context));
    near(values, [0, ...golden.ablation, 0]);
    expect(context.asked.edits).toHaveLength(8);
  });

  test("two-sided is the mean of leaving one out and putting one in, at 2n + 2 evaluations", async () => {
    const context = tableGame(table), full = table[127]!, empty = table[0]!;
    const expected = [0, 1, 2, 3, 4, 5, 6].map((i) => (full - table[127 - 2 ** i]! + table[2 ** i]! - empty) / 2);
    near(valuesOf(await run({ twoSided: true }, context)), [0, ...expected, 0]);
    expect(context.asked.edits).toHaveLength(16);
  });

  test("takes whole words and sentences away", async () => {
    const words = { ...evidence, words: [{ text: "ab", tokens: [1, 2] }, { text: "cdefg", tokens: [3, 4, 5, 6, 7] }] },
      full = table[127]!;
    const [ab, rest] = [(full - table[124]!) / 2, (full - table[3]!) / 5];
    near(valuesOf(await run({ unit: "word" }, tableGame(table), words)), [0, ab, ab, rest, rest, rest, rest, rest, 0]);
    const spans = await run({ unit: "sentence" }, tableGame(table), wordsOf("a b. c d e f g"));
    expect(spans).toMatchObject({
      type: "span-scores",
      data: { spans: [{ start: 1, end: 3, text: "a b." }, { start: 3, end: 8 }] },
    });
  });

  test("takes neighbours together when the budget is short, and says so", async () => {
    const context = tableGame(table), result = await run({ budget: 5 }, context), full = table[127]!;
    const pair = (i: number) => (full - table[127 - 2 ** i - 2 ** (i + 1)]!) / 2;
    near(valuesOf(result), [0, pair(0), pair(0), pair(2), pair(2), pair(4), pair(4), full - table[63]!, 0]);
    expect(result.notes![0]).toContain("2 neighbours");
    expect(context.asked.edits.length).toBeLessThanOrEqual(5);
  });

  test("a stopped run keeps what it measured", async () => {
    const stop = new AbortController(), long = wordsOf(Array.from({ length: 40 }, (_, i) => `w${i}`).join(" "));
    let calls = 0;
    const predict = (edits: readonly unknown[]) => {
      if (++calls === 3) stop.abort();
      return Promise.resolve({
        values: Float32Array.from(edits, (edit) => (edit as { keep: boolean[] }).keep.filter(Boolean).length),
      });
    };
    const result = await run({}, tableGame(table, { predict, signal: stop.signal }), long);
    const values = valuesOf(result);
    expect(values.slice(1, 33)).toEqual(Array(32).fill(1));
    expect(values.slice(33)).toEqual(Array(9).fill(0));
    expect(result.notes![0]).toContain("only the first 32 of 40 units were measured");
  });

  test("one token, and only special ones", async () => {
    near(valuesOf(await run({}, tableGame([1, 5]), wordsOf("a"))), [0, 4, 0]);
    const special = await run({}, tableGame([1]), evidenceOf("[CLS] [SEP]"));
    expect(valuesOf(special)).toEqual([0, 0]);
    expect(special.notes![0]).toContain("every one of them is special");
  });
});
