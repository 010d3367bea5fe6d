import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { permutation, random } from "../game/random.ts";
import { tableGame, wordsOf } from "../game/sample.ts";
import { evidenceOf, optionsOf } from "../shared/sample.ts";
import manifest from "./explainer.json" with { type: "json" };
import { fitted, neighbourhood } from "./fit.ts";
import explainers from "./mod.ts";

const golden = JSON.parse(await readFile(new URL("../goldens/blackbox.json", import.meta.url), "utf8")),
  table = golden.table as number[];
const evidence = wordsOf("a b c d e f g");
const run = async (chosen = {}, context = tableGame(table), on = evidence) => {
  const result = await explainers.lime(on, optionsOf(manifest, "lime", chosen), context);
  return { ...result, data: result.data as unknown as { values: number[]; low?: number[]; high?: number[] } };
};
const valueOf = (mask: readonly number[]): number => table[mask.reduce((bits, there, i) => bits + there * 2 ** i, 0)]!;

describe("lime", () => {
  test("fits what Python's lime fits to the same masks", () => {
    const masks = golden.lime.masks as number[][],
      { coefficients, intercept, r2 } = fitted(masks.map((mask) => mask.map(Boolean)), masks.map(valueOf), 25);
    golden.lime.values.forEach((value: number, i: number) => expect(coefficients[i]).toBeCloseTo(value, 6));
    expect(intercept).toBeCloseTo(golden.lime.intercept, 6);
    expect(r2).toBeCloseTo(golden.lime.r2, 6);
    expect(intercept + coefficients.reduce((a, b) => a + b, 0)).toBeCloseTo(golden.lime.local, 6);
  });

  test("samples as lime does: the whole text first, then sizes from 1 to n evenly", () => {
    const samples = neighbourhood(7, 7001, random(2), permutation),
      gone = samples.map((s) => s.filter((there) => !there).length);
    expect(gone[0]).toBe(0);
    for (let size = 1; size <= 7; size++) {
      expect(Math.abs(gone.filter((g) => g === size).length - 1000)).toBeLessThan(120);
    }
  });

  test("comes near one answer from every seed, and its intervals hold it", async () => {
    const { data: { values: truth } } = await run({ budget: 20_000 });
    let covered = 0;
    for (let seed = 1; seed <= 30; seed++) {
      const { data } = await run({ budget: 300 }, tableGame(table, { seed }));
      for (let t = 1; t <= 7; t++) if (data.low![t]! <= truth[t]! && truth[t]! <= data.high![t]!) covered++;
    }
    expect(covered / 210).toBeGreaterThan(0.85);
  });

  test("reports how faithful the linear model is: perfectly, for a linear game", async () => {
    const linear = Array.from(
      { length: 128 },
      (_, bits) => [0, 1, 2, 3, 4, 5, 6].reduce((sum, i) => sum + (bits & (1 << i) ? i : 0), 0),
    );
    const { checks, data } = await run({ budget: 2000 }, tableGame(linear));
    expect(checks![0]!.value).toBeGreaterThan(0.999);
    [0, 1, 2, 3, 4, 5, 6].forEach((i) => expect(Math.abs(data.values[i + 1]! - i)).toBeLessThan(0.1));
  });

  test("stays within its budget, and a stopped run is a result with wider intervals", async () => {
    const stop = new AbortController(),
      context = tableGame(table, { signal: stop.signal, progress: (done) => done >= 30 && stop.abort() });
    const [whole, part] = [await run({ budget: 120 }), await run({ budget: 120 }, context)],
      width = ({ low, high }: { low?: number[]; high?: number[] }) => high![1]! - low![1]!;
    expect(context.asked.edits.length).toBeLessThan(60);
    expect(part.notes!.join()).toContain("Stopped after");
    expect(width(part.data)).toBeGreaterThan(width(whole.data));
  });

  test("fewer samples than units give scores without intervals", async () => {
    const { data, notes } = await run({ budget: 5 });
    expect(data.values.every(Number.isFinite)).toBe(true);
    expect(data.low).toBeUndefined();
    expect(notes![0]).toContain("too few");
  });

  test("one token is shrunk by the ridge as Python's lime shrinks it, and special ones have no score", async () => {
    const { data } = await run({ budget: 100 }, tableGame([1, 5]), wordsOf("a")), w = Math.exp(-8); // √exp(−100² / 25²), 99 times
    const mass = (99 * w) / (1 + 99 * w); // Σ w (x − x̄)² of one sample at 1 and 99 at 0
    expect(data.values[1]).toBeCloseTo((4 * mass) / (mass + 1), 6);
    expect((await run({}, tableGame([1]), evidenceOf("[CLS]"))).data.values).toEqual([0]);
  });
});
