import { afterAll, describe, expect, test } from "vitest";
import { numbers, size, type Tensor } from "../graph/tensor.ts";
import { composites } from "../lrp/composite.ts";
import { carry, conservation, randomNumbers, sketch, type SketchNode, tensor, Trial } from "../testing/mod.ts";
import { kernelExecutor } from "../runtime/kernel/executor.ts";
import { compile } from "./mod.ts";

const random = randomNumbers(31), draw = (...dims: number[]): Tensor => tensor(dims, () => 2 * random() - 1);
const [ROWS, HEADS, WIDTH] = [7, 2, 3] as const; // projections hold 42 numbers, a matrix of queries and keys at least 49
const executor = kernelExecutor({ threads: 2 });
afterAll(() => executor.stop());

/** Queries, keys and values of two heads, all made from x. */
const PROJECTIONS: SketchNode[] = [
  ["MatMul", "x wq", "qs"],
  ["Reshape", "qs heads", "qh"],
  ["Transpose", "qh", "q", { perm: [0, 2, 1, 3] }],
  ["MatMul", "x wk", "ks"],
  ["Reshape", "ks heads", "kh"],
  ["Transpose", "kh", "k", { perm: [0, 2, 1, 3] }],
  ["Transpose", "kh", "kt", { perm: [0, 2, 3, 1] }],
  ["MatMul", "x wv", "vs"],
  ["Reshape", "vs heads", "vh"],
  ["Transpose", "vh", "v", { perm: [0, 2, 1, 3] }],
];
const END: SketchNode[] = [["Transpose", "o", "ot", { perm: [0, 2, 1, 3] }], ["Reshape", "ot flat", "y"]];
const causal = Array.from({ length: ROWS * ROWS }, (_, at) => Number(at % ROWS <= Math.floor(at / ROWS)));
const CONSTANTS: Record<string, Tensor> = {
  ...Object.fromEntries(["wq", "wk", "wv"].map((name) => [name, draw(6, HEADS * WIDTH)])),
  heads: tensor([4], [1, ROWS, HEADS, WIDTH], "int64"),
  flat: tensor([3], [1, ROWS, HEADS * WIDTH], "int64"),
  three: tensor([3], [HEADS, ROWS, ROWS], "int64"),
  four: tensor([4], [1, HEADS, ROWS, ROWS], "int64"),
  half: tensor([], [0.5]),
  two: tensor([1], [2]),
  zero: tensor([], [0]),
  low: tensor([], [-1e9]),
  bias: draw(1, HEADS, ROWS, ROWS),
  mask: tensor([1, 1, ROWS, ROWS], causal.map((sees) => sees ? 0 : -3.4e38)),
  sees: tensor([1, 1, ROWS, ROWS], causal, "bool"),
  blind: tensor([1, 1, ROWS, ROWS], causal.map((sees) => 1 - sees), "bool"),
  rows: tensor([1, 1, ROWS, 1], Array.from({ length: ROWS }, (_, i) => i), "int64"),
  behind: tensor([1, 1, ROWS, 1], Array.from({ length: ROWS }, (_, i) => i - 3), "int64"),
  columns: tensor([1, 1, 1, ROWS], Array.from({ length: ROWS }, (_, i) => i), "int64"),
  square: tensor([4], [1, 1, ROWS, ROWS], "int64"),
  apart: tensor([3], [HEADS, ROWS, WIDTH], "int64"),
  turned: tensor([3], [HEADS, WIDTH, ROWS], "int64"),
  whole: tensor([4], [1, HEADS, ROWS, WIDTH], "int64"),
};

/** How exporters spell it. "a" holds the probabilities. */
const SPELLINGS: Record<string, SketchNode[]> = {
  "plain": [["MatMul", "q kt", "s"], ["Softmax", "s", "a"], ["MatMul", "a v", "o"]],
  "scaled and masked": [
    ["MatMul", "q kt", "s"],
    ["Mul", "s half", "scaled"],
    ["Add", "scaled mask", "masked"],
    ["Softmax", "masked", "a"],
    ["MatMul", "a v", "o"],
  ],
  "a bias before the scale": [
    ["MatMul", "q kt", "s"],
    ["Add", "bias s", "biased"],
    ["Div", "biased two", "scaled"],
    ["Softmax", "scaled", "a"],
    ["MatMul", "a v", "o"],
  ],
  "hidden by a condition, either way round": [
    ["MatMul", "q kt", "s"],
    ["Where", "sees s low", "kept"],
    ["Where", "blind low kept", "masked"],
    ["Softmax", "masked", "a"],
    ["MatMul", "a v", "o"],
  ],
  "a guard against rows that see nothing": [
    ["MatMul", "q kt", "s"],
    ["Add", "s mask", "masked"],
    ["Softmax", "masked", "p"],
    ["IsNaN", "p", "nan"],
    ["Where", "nan zero p", "a"],
    ["MatMul", "a v", "o"],
  ],
  "masked by order and padding": [
    ["LessOrEqual", "columns rows", "order"],
    ["And", "order padding", "both"],
    ["Expand", "both square", "sees2"],
    ["Where", "sees2 zero low", "hides"],
    ["MatMul", "q kt", "s"],
    ["Add", "s hides", "masked"],
    ["Softmax", "masked", "a"],
    ["MatMul", "a v", "o"],
  ],
  "masked by a window": [
    ["LessOrEqual", "columns rows", "order"],
    ["Greater", "columns behind", "near"],
    ["And", "order near", "both"],
    ["Where", "both zero low", "hides"],
    ["MatMul", "q kt", "s"],
    ["Add", "s hides", "masked"],
    ["Softmax", "masked", "a"],
    ["MatMul", "a v", "o"],
  ],
  "heads as the batch, masked as four axes": [
    ["Reshape", "q apart", "q3"],
    ["Reshape", "kt turned", "k3"],
    ["Reshape", "v apart", "v3"],
    ["MatMul", "q3 k3", "s3"],
    ["Reshape", "s3 four", "s"],
    ["Add", "s mask", "masked"],
    ["Reshape", "masked three", "m3"],
    ["Softmax", "m3", "a"],
    ["MatMul", "a v3", "o3"],
    ["Reshape", "o3 whole", "o"],
  ],
};
const padding = tensor([1, 1, 1, ROWS], [1, 1, 1, 1, 0, 1, 0], "bool");
const trialOf = (nodes: SketchNode[]): Trial =>
  new Trial(
    sketch({
      inputs: { x: draw(1, ROWS, 6), padding },
      constants: CONSTANTS,
      nodes: [...PROJECTIONS, ...nodes, ...END],
    }),
  );
const seed = draw(1, ROWS, HEADS * WIDTH), request = { sources: ["x"], target: "y", seed };
const matrices = (trial: Trial, names: readonly string[]): string[] =>
  names.filter((name) => size(trial.shaped.types.get(name)!.dims) >= ROWS * ROWS);

describe.each(Object.entries(SPELLINGS))("attention that is %s", (_, nodes) => {
  test.each(["gradient", "attnlrp", "cp-lrp"])(
    "carries under %s what its parts carry one by one, and taps no probabilities",
    async (id) => {
      const trial = trialOf(nodes), composite = composites.get(id)!;
      const whole = await carry(trial, { ...request, composite }),
        tiles = await carry(trial, { ...request, composite, executor }),
        parts = await carry(trial, { ...request, composite, at: ["x", "a"] });
      expect(matrices(trial, whole.program.taps)).toEqual([]);
      expect(whole.program.steps.map(({ op }) => op)).toContain("AttentionCotangent");
      if (id !== "cp-lrp") expect(matrices(trial, parts.program.taps)).not.toEqual([]);
      const want = numbers(parts.cotangents.get("x")!);
      for (const { cotangents } of [whole, tiles]) {
        numbers(cotangents.get("x")!).forEach((g, i) => expect(g).toBeCloseTo(want[i]!, 5));
      }
      await trial.release();
    },
  );

  test("keeps the books: what its masks and its softmax take has a line", async () => {
    const trial = trialOf(nodes);
    for (const on of [{}, { executor }]) {
      const { value, lines, residual } = await conservation(trial, {
        ...request,
        composite: composites.get("attnlrp")!,
        ...on,
      });
      expect(residual / value).toBeCloseTo(0, 4);
      expect(lines.map(({ kind }) => kind)).toContain("softmax");
    }
    await trial.release();
  });
});

test("a bias takes its own share, apart from the softmax's", async () => {
  const trial = trialOf(SPELLINGS["a bias before the scale"]!), composite = composites.get("attnlrp")!;
  const { lines } = await conservation(trial, { ...request, composite }),
    bias = lines.find(({ kind }) => kind === "bias")!;
  // Σ g_S ⊙ bias from the messages of the scores, which only the parts one by one show.
  const { cotangents } = await carry(trial, { ...request, composite, at: ["x", "biased"] });
  const g = numbers(cotangents.get("biased")!), b = numbers(CONSTANTS["bias"]!);
  expect(bias.node).toBe("Add_11");
  expect(bias.share).toBeCloseTo(g.reduce((sum, v, i) => sum + v * b[i]!, 0), 4);
  await trial.release();
});

describe("is left to its parts", () => {
  const compiled = (nodes: SketchNode[], more: Partial<Parameters<typeof compile>[0]> = {}) => {
    const { shaped } = trialOf(nodes);
    return compile({
      shaped,
      sources: ["x"],
      target: "y",
      at: ["x"],
      composite: composites.get("attnlrp")!,
      ...more,
    }).steps.map(({ op }) => op);
  };
  const plain = SPELLINGS["plain"]!;

  test("where the message of its probabilities is asked for", () => {
    expect(compiled(plain, { at: ["x", "a"] })).not.toContain("AttentionCotangent");
  });
  test("where somebody else reads its scores", () => {
    const read: SketchNode[] = [plain[0]!, ["ReduceMax", "s", "top", { keepdims: 1 }], ["Sub", "s top", "s2"], [
      "Softmax",
      "s2",
      "a",
    ], ["MatMul", "a v", "o"]];
    expect(compiled(read)).not.toContain("AttentionCotangent");
  });
  test("where scores pass a curve", () => {
    const capped: SketchNode[] = [plain[0]!, ["Tanh", "s", "capped"], ["Softmax", "capped", "a"], plain[2]!];
    expect(compiled(capped)).not.toContain("AttentionCotangent");
  });
  test("where a composite treats one of its parts in a way of its own", () => {
    const base = composites.get("attnlrp")!,
      composite = { ...base, rules: [{ match: { op: "Softmax" }, use: "identity" as const }, ...base.rules] };
    expect(compiled(plain, { composite })).not.toContain("AttentionCotangent");
  });
  test("where one of its rules was brought along", () => {
    const own = { op: "Softmax", vjp: ({ g }: { g: string }) => [g] };
    expect(compiled(plain, { extraRules: new Map([["Softmax", own]]) })).not.toContain("AttentionCotangent");
  });
});

test("several messages share one sweep through the probabilities", async () => {
  const trial = trialOf(SPELLINGS["scaled and masked"]!), composite = composites.get("attnlrp")!;
  const seeds = draw(3, 1, ROWS, HEADS * WIDTH), each = size(seed.dims);
  for (const on of [{}, { executor }]) {
    const together = numbers(
      (await carry(trial, { ...request, ...on, composite, seed: seeds, seeds: 3 })).cotangents.get("x")!,
    );
    for (let i = 0; i < 3; i++) {
      const one = tensor(seed.dims, numbers(seeds).slice(i * each, (i + 1) * each));
      const alone = numbers((await carry(trial, { ...request, ...on, composite, seed: one })).cotangents.get("x")!);
      alone.forEach((g, j) => expect(together[i * alone.length + j]).toBeCloseTo(g, 5));
    }
  }
  await trial.release();
});
