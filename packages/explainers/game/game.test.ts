import { describe, expect, test } from "vitest";
import { evidenceOf, tokensOf } from "../shared/sample.ts";
import { Game, type GameOptions } from "./game.ts";
import { tableGame, wordsOf } from "./sample.ts";
import { unitScores } from "./scores.ts";
import { unitsOf } from "./units.ts";

const options: GameOptions = { unit: "token", replacement: "mask", quantity: "value", budget: 100 };
const table = Array.from({ length: 8 }, (_, i) => i * i), evidence = wordsOf("a b c");
const [none, a, b, all] = [[false, false, false], [true, false, false], [false, true, false], [
  true,
  true,
  true,
]] as const;

describe("Game", () => {
  test("keeps special tokens in every coalition, and passes the replacement on", async () => {
    const context = tableGame(table), game = new Game(evidence, { ...options, replacement: "delete" }, context);
    expect(await game.values([none, a])).toEqual([0, 1]);
    expect(context.asked.edits).toEqual([{ keep: [true, false, false, false, true], replacement: "delete" }, {
      keep: [true, true, false, false, true],
      replacement: "delete",
    }]);
  });

  test("asks for each coalition once", async () => {
    const context = tableGame(table), game = new Game(evidence, options, context);
    expect(await game.values([a, b, a])).toEqual([1, 4, 1]);
    expect(await game.values([b, all])).toEqual([4, 49]);
    expect(context.asked.batches).toEqual([2, 1]);
    expect(game.evaluations).toBe(3);
  });

  test("gives what the budget affords, in order, and says why it is not all", async () => {
    const game = new Game(evidence, { ...options, budget: 2 }, tableGame(table));
    expect(await game.values([a, b, none, all])).toEqual([1, 4]);
    expect(game.stopped).toBe("budget");
    expect(game.notes("something is missing")).toEqual(["The budget of 2 evaluations was spent: something is missing"]);
    expect(await game.values([b, a])).toEqual([4, 1]);
  });

  test("stops at the host's own count of the budget", async () => {
    const predict = () => Promise.reject(Object.assign(new Error("no more"), { code: "BUDGET_SPENT" }));
    const game = new Game(evidence, options, tableGame(table, { predict }));
    expect(await game.values([a])).toEqual([]);
    expect(game.stopped).toBe("budget");
  });

  test("stops between batches when the person does, and keeps what it knows", async () => {
    const stop = new AbortController(),
      big = wordsOf("a b c d e f g"),
      many = Array.from({ length: 60 }, (_, i) => Array.from({ length: 7 }, (_, bit) => (i & (1 << bit)) !== 0));
    const game = new Game(
      big,
      options,
      tableGame(Array.from({ length: 128 }, (_, i) => i), {
        signal: stop.signal,
        progress: (done) => done >= 20 && stop.abort(),
      }),
    );
    const found = await game.values(many);
    expect(found).toEqual(Array.from({ length: 32 }, (_, i) => i));
    expect(game.notes("the rest")).toEqual(["Stopped after 32 evaluations: the rest"]);
  });

  test("lets any other failure through", async () => {
    const game = new Game(
      evidence,
      options,
      tableGame(table, { predict: () => Promise.reject(new Error("broken model")) }),
    );
    await expect(game.values([a])).rejects.toThrow("broken model");
  });

  test("measures the probability on request, and refuses where there is none", async () => {
    expect((await new Game(evidence, { ...options, quantity: "probability" }, tableGame(table)).values([none]))[0])
      .toBeCloseTo(0.5, 6);
    const bare = tableGame(table, { predict: () => Promise.resolve({ values: Float32Array.of(1) }) });
    await expect(new Game(evidence, { ...options, quantity: "probability" }, bare).values([none])).rejects
      .toMatchObject({ code: "MISSING_EVIDENCE" });
  });

  test("refuses predictions that are no numbers, and a budget for nothing", async () => {
    await expect(new Game(evidence, options, tableGame([NaN])).values([none])).rejects.toMatchObject({
      code: "NOT_FINITE",
    });
    await expect(new Game(evidence, { ...options, budget: 1 }, tableGame(table)).ends()).rejects.toMatchObject({
      code: "BUDGET_TOO_SMALL",
    });
  });

  test("has nothing to tell when it is stopped before it began", async () => {
    const signal = AbortSignal.abort(new Error("stop"));
    await expect(new Game(evidence, options, tableGame(table, { signal })).ends()).rejects.toThrow("stop");
  });
});

describe("units", () => {
  const of = (line: string, unit: "token" | "word" | "sentence", words?: { text: string; tokens: number[] }[]) =>
    unitsOf({ ...evidenceOf(line), ...(words ? { words } : {}) }, unit).map(({ tokens }) => tokens);

  test("are tokens without the special ones", () => {
    expect(of("[CLS] I love it [SEP]", "token")).toEqual([[1], [2], [3]]);
    expect(of("[CLS] [SEP]", "token")).toEqual([]);
  });

  test("are words as the evidence has them; a token of no word stands alone", () => {
    expect(of("[CLS] program ming ! [SEP]", "word", [{ text: "programming", tokens: [1, 2] }])).toEqual([[1, 2], [3]]);
    expect(() => of("a b", "word")).toThrow(expect.objectContaining({ code: "MISSING_EVIDENCE" }));
  });

  test("are sentences, cut after their marks, not inside numbers", () => {
    expect(of("[CLS] I saw it. Was it good? Yes [SEP]", "sentence")).toEqual([[1, 2, 3], [4, 5, 6], [7]]);
    const tight = tokensOf("3 . 5 。 好").map((token, i) => ({ ...token, start: i, end: i + 1 }));
    expect(unitsOf({ ...evidenceOf("x"), tokens: tight }, "sentence").map(({ tokens }) => tokens)).toEqual([[
      0,
      1,
      2,
      3,
    ], [4]]);
  });

  test("belong to the first source alone", () => {
    const tokens = tokensOf("a b c").map((token, t) => ({ ...token, source: t < 2 ? "encoder" : "decoder" }));
    expect(unitsOf({ ...evidenceOf("a b c"), tokens }, "token").map(({ tokens }) => tokens)).toEqual([[0], [1]]);
  });
});

describe("scores", () => {
  test("of a word are shared by its tokens, intervals too, so that their sum is the word's", () => {
    const words = { ...evidenceOf("[CLS] program ming [SEP]"), words: [{ text: "programming", tokens: [1, 2] }] };
    const game = new Game(words, { ...options, unit: "word" }, tableGame(table));
    expect(unitScores(words, game, "word", { scores: [4], low: [2], high: [6] }).data).toEqual({
      shape: [4],
      values: [0, 2, 2, 0],
      low: [0, 1, 1, 0],
      high: [0, 3, 3, 0],
      join: "sum",
    });
  });

  test("of sentences are spans with their text", () => {
    const two = evidenceOf("[CLS] I saw it. Bad [SEP]"),
      game = new Game(two, { ...options, unit: "sentence" }, tableGame(table));
    expect(unitScores(two, game, "sentence", { scores: [1, -2] }).data).toEqual({
      spans: [{ start: 1, end: 4, text: "I saw it.", score: 1 }, { start: 4, end: 5, text: "Bad", score: -2 }],
    });
  });
});
