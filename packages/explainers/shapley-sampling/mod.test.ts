import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { tableGame, wordsOf } from "../game/sample.ts";
import { evidenceOf, optionsOf } from "../shared/sample.ts";
import manifest from "./explainer.json" with { type: "json" };
import explainers from "./mod.ts";

const golden = JSON.parse(await readFile(new URL("../goldens/blackbox.json", import.meta.url), "utf8")),
  table = golden.table as number[],
  shapley = golden.shapley as number[];
const evidence = wordsOf("a b c d e f g"), difference = table[127]! - table[0]!;
type Data = { values: number[]; low?: number[]; high?: number[] };
const run = async (chosen = {}, context = tableGame(table), on = evidence) => {
  const result = await explainers["shapley-sampling"](on, optionsOf(manifest, "shapley-sampling", chosen), context);
  return { ...result, data: result.data as unknown as Data };
};
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

describe("shapley-sampling", () => {
  test("is exact where the budget covers every coalition: the mean over all 5040 orders", async () => {
    const { data, notes } = await run();
    shapley.forEach((phi, i) => expect(data.values[i + 1]).toBeCloseTo(phi, 5));
    expect(data.low).toEqual(data.values);
    expect(notes![0]).toContain("every coalition");
  });

  test.each([true, false])(
    "with antithetic orders %s adds up to the difference, within the budget",
    async (antithetic) => {
      const context = tableGame(table), { data, notes } = await run({ budget: 60, antithetic }, context);
      expect(sum(data.values)).toBeCloseTo(difference, 5);
      expect(context.asked.edits.length).toBeLessThanOrEqual(60);
      expect(notes!.join(" ")).toMatch(/Student's, at 95 %.*budget of 60 evaluations was spent/);
    },
  );

  test("its 95 % intervals hold the true value about that often", async () => {
    let covered = 0, all = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const { data } = await run({ budget: 100 }, tableGame(table, { seed }));
      shapley.forEach((phi, i) => {
        all++;
        if (data.low![i + 1]! <= phi && phi <= data.high![i + 1]!) covered++;
      });
    }
    expect(covered / all).toBeGreaterThan(0.88);
    expect(covered / all).toBeLessThan(0.995);
  });

  test("antithetic orders are nearer the truth for the same budget", async () => {
    const miss = async (antithetic: boolean) => {
      let error = 0;
      for (let seed = 1; seed <= 40; seed++) {
        const { data } = await run({ budget: 50, antithetic }, tableGame(table, { seed }));
        error += sum(shapley.map((phi, i) => (phi - data.values[i + 1]!) ** 2));
      }
      return error;
    };
    expect(await miss(true)).toBeLessThan(await miss(false));
  });

  test("a smaller budget gives wider intervals; the same seed the same result, another one another", async () => {
    const width = ({ low, high }: Data) => sum(high!.map((h, i) => h - low![i]!));
    const [small, large, again, other] = await Promise.all([
      run({ budget: 40 }),
      run({ budget: 110 }),
      run({ budget: 40 }),
      run({ budget: 40 }, tableGame(table, { seed: 9 })),
    ]);
    expect(width(small.data)).toBeGreaterThan(width(large.data));
    expect(again).toEqual(small);
    expect(other.data.values).not.toEqual(small.data.values);
  });

  test("a stopped run is a result: from the orders that were finished, or an equal share", async () => {
    const stopping = (after: number) => {
      const stop = new AbortController();
      return tableGame(table, { signal: stop.signal, progress: (done) => done >= after && stop.abort() });
    };
    const some = await run({ budget: 100 }, stopping(50)),
      none = await run({ budget: 100 }, stopping(2)),
      equal = difference / 7;
    expect(sum(some.data.values)).toBeCloseTo(difference, 5);
    expect(some.data.low).toBeDefined();
    expect(some.notes!.join()).toContain("Stopped after");
    none.data.values.slice(1, -1).forEach((value) => expect(value).toBeCloseTo(equal, 5));
    expect(none.data.low).toBeUndefined();
  });

  test("one token takes all, and special ones none", async () => {
    expect((await run({}, tableGame([1, 5]), wordsOf("a"))).data.values).toEqual([0, 4, 0]);
    expect((await run({}, tableGame([1]), evidenceOf("[CLS]"))).data.values).toEqual([0]);
  });
});
