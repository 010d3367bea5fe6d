import { expect, test } from "vitest";
import { numbers } from "../graph/tensor.ts";
import { carry, conservation, randomNumbers, sketch, type SketchNode, tensor, Trial } from "../testing/mod.ts";
import type { Composite, CompositeEntry } from "./composite.ts";

const random = randomNumbers(5), draw = (n: number): number[] => Array.from({ length: n }, () => 2 * random() - 1);
const using = (...rules: CompositeEntry[]): Composite => ({
  id: "test",
  title: "",
  summary: "",
  references: [],
  conserves: true,
  rules,
});

// One dense layer z_j = Σ_i x_i w_ij + b_j, five inputs, four outputs.
const N = 5, M = 4, x = draw(N), w = draw(N * M), bias = draw(M), seed = draw(M);
const contribution = (i: number, j: number): number => x[i]! * w[i * M + j]!;
const columns = Array.from({ length: M }, (_, j) => j), rows = Array.from({ length: N }, (_, i) => i);
const z = columns.map((j) => rows.reduce((sum, i) => sum + contribution(i, j), bias[j]!)),
  relevance = z.map((v, j) => v * seed[j]!);

type Slow = (i: number, j: number) => number;
/** R_i = Σ_j share(i, j) R_j, entry by entry. */
const slowly = (share: Slow): number[] =>
  rows.map((i) => columns.reduce((sum, j) => sum + share(i, j) * relevance[j]!, 0));
/** A contribution's part of all contributions, the bias among them, after `of` has changed them. */
const part = (of: (c: number, j: number) => number, b: readonly number[] = bias): Slow => (i, j) =>
  of(contribution(i, j), j) / rows.reduce((sum, k) => sum + of(contribution(k, j), j), of(b[j]!, j));
const plus = (v: number): number => Math.max(v, 0), minus = (v: number): number => Math.min(v, 0);

const slow: [CompositeEntry["use"], NonNullable<CompositeEntry["options"]>, Slow][] = [
  ["epsilon", { epsilon: 0.1 }, (i, j) => contribution(i, j) / (z[j]! + (z[j]! < 0 ? -0.1 : 0.1))],
  ["gamma", { gamma: 0.5 }, part((c, j) => c + 0.5 * (z[j]! > 0 ? plus(c) : minus(c)))],
  ["gamma", { gamma: 0 }, part((c) => c)],
  ["zplus", {}, part(plus)],
  ["alphabeta", { alpha: 2, beta: 1 }, (i, j) => 2 * part(plus)(i, j) - part(minus)(i, j)],
  ["alphabeta", { alpha: 1, beta: 0 }, part(plus)],
];

/** The same layer as exporters write it. */
const written: Record<
  string,
  { constants: Record<string, ReturnType<typeof tensor>>; nodes: SketchNode[]; dims: number[] }
> = {
  Gemm: { constants: { w: tensor([N, M], w), b: tensor([M], bias) }, nodes: [["Gemm", "x w b", "z"]], dims: [1, N] },
  "Gemm, transposed": {
    constants: { w: tensor([M, N], columns.flatMap((j) => rows.map((i) => w[i * M + j]!))), b: tensor([M], bias) },
    nodes: [["Gemm", "x w b", "z", { transB: 1 }]],
    dims: [1, N],
  },
  "Conv over the whole input": {
    constants: { w: tensor([M, 1, N], columns.flatMap((j) => rows.map((i) => w[i * M + j]!))), b: tensor([M], bias) },
    nodes: [["Conv", "x w b", "z"]],
    dims: [1, 1, N],
  },
};

for (const [name, { constants, nodes, dims }] of Object.entries(written)) {
  for (const [use, options, share] of slow) {
    test(`${use} ${JSON.stringify(options)} at ${name} is its matrix form`, async () => {
      const trial = new Trial(sketch({ inputs: { x: tensor(dims, x) }, constants, nodes }));
      const out = trial.shaped.types.get("z")!.dims,
        composite = using({ match: { op: nodes[0]![0], role: "weights" }, use, options });
      const { cotangents } = await carry(trial, { sources: ["x"], target: "z", seed: tensor(out, seed), composite });
      const want = slowly(share);
      numbers(cotangents.get("x")!).forEach((g, i) => expect(g * x[i]!).toBeCloseTo(want[i]!, 3));
      await trial.release();
    });
  }
}

test("a MatMul's weights on the left are weights too", async () => {
  const columnsFirst = tensor([M, N], columns.flatMap((j) => rows.map((i) => w[i * M + j]!)));
  const trial = new Trial(
    sketch({ inputs: { x: tensor([N, 1], x) }, constants: { w: columnsFirst }, nodes: [["MatMul", "w x", "z"]] }),
  );
  const composite = using({ match: { op: "MatMul", role: "weights" }, use: "zplus" });
  const { cotangents } = await carry(trial, {
    sources: ["x"],
    target: "z",
    seed: tensor([M, 1], columns.map((j) => relevance[j]! / (z[j]! - bias[j]!))),
    composite,
  });
  numbers(cotangents.get("x")!).forEach((g, i) =>
    expect(g * x[i]!).toBeCloseTo(slowly(part(plus, columns.map(() => 0)))[i]!, 3)
  );
  await trial.release();
});

for (const [use, options, share] of slow) {
  test(`${use} ${JSON.stringify(options)} books what the bias takes`, async () => {
    const { constants, nodes } = written["Gemm"]!,
      trial = new Trial(sketch({ inputs: { x: tensor([1, N], x) }, constants, nodes }));
    const composite = using({ match: { op: "Gemm" }, use, options }),
      { lines, residual } = await conservation(trial, {
        sources: ["x"],
        target: "z",
        seed: tensor([1, M], seed),
        composite,
      });
    expect(lines.map(({ kind }) => kind)).toEqual(["bias", "epsilon"]);
    expect(residual).toBeCloseTo(0, 4);
    // Whatever the inputs do not get, but for the stabiliser.
    const rest = relevance.reduce((sum, r) => sum + r, 0) - slowly(share).reduce((sum, r) => sum + r, 0);
    expect(lines[0]!.share + lines[1]!.share).toBeCloseTo(rest, 3);
    await trial.release();
  });
}

test("identity hands an activation's relevance on as it is, also at zero", async () => {
  const values = [-1.5, 0, 0.5, 2];
  for (const op of ["Tanh", "Relu", "Softplus", "Gelu", "hyaline.Silu", "Elu", "Sigmoid"]) {
    const trial = new Trial(sketch({ inputs: { x: tensor([4], values) }, nodes: [[op, "x", "y"]] })),
      seed = tensor([4], [1, 2, -3, 0.5]);
    const { cotangents } = await carry(trial, {
      sources: ["x"],
      target: "y",
      seed,
      composite: using({ match: { op }, use: "identity" }),
    });
    const y = numbers((await trial.run(["y"])).get("y")!), g = numbers(cotangents.get("x")!);
    values.forEach((v, i) => v !== 0 && expect(g[i]! * v, op).toBeCloseTo(numbers(seed)[i]! * y[i]!, 5));
    expect(Number.isFinite(g[1]!), op).toBe(true);
    await trial.release();
  }
});

test("uniform halves what a product of two active operands gets, and leaves a constant factor alone", async () => {
  const inputs = { p: tensor([3], [1, -2, 3]), q: tensor([3], [2, 0.5, -1]) },
    composite = using({ match: { op: "Mul", role: "bilinear" }, use: "uniform" });
  const trial = new Trial(
    sketch({ inputs, constants: { c: tensor([], [4]) }, nodes: [["Mul", "p q", "pq"], ["Mul", "pq c", "z"]] }),
  );
  const books = await conservation(trial, {
    sources: ["p", "q"],
    target: "z",
    seed: tensor([3], [1, 1, 1]),
    composite,
  });
  const { cotangents } = await carry(trial, {
    sources: ["p", "q"],
    target: "z",
    seed: tensor([3], [1, 1, 1]),
    composite,
  });
  expect(numbers(cotangents.get("p")!)).toEqual([4, 1, -2]); // 4 q / 2
  expect(numbers(cotangents.get("q")!)).toEqual([2, -4, 6]); // 4 p / 2
  expect(books).toMatchObject({ value: -8, sources: -8, lines: [] });
  await trial.release();
});
