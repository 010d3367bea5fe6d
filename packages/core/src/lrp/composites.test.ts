import { beforeAll, describe, expect, test } from "vitest";
import { compile } from "../compile/mod.ts";
import { numbers } from "../graph/tensor.ts";
import { carry, conservation, randomNumbers, sketch, tensor, Trial } from "../testing/mod.ts";
import { composites, compositeSchema, prepend } from "./composite.ts";

// One head over T tokens of width D, spelled as exporters do, and after it a gated product.
const T = 3,
  D = 4,
  random = randomNumbers(21),
  draw = (n: number): number[] => Array.from({ length: n }, () => 2 * random() - 1);
type Matrix = number[][];
const matrix = (rows: number, columns: number, values: number[]): Matrix =>
  Array.from({ length: rows }, (_, i) => values.slice(i * columns, (i + 1) * columns));
const times = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, v, k) => sum + v * b[k]![j]!, 0)));
const turned = (a: Matrix): Matrix => a[0]!.map((_, j) => a.map((row) => row[j]!));
const map = (a: Matrix, f: (v: number, i: number, j: number) => number): Matrix =>
  a.map((row, i) => row.map((v, j) => f(v, i, j)));
const hadamard = (a: Matrix, b: Matrix): Matrix => map(a, (v, i, j) => v * b[i]![j]!);
const quotient = (a: Matrix, b: Matrix): Matrix => map(a, (v, i, j) => v / b[i]![j]!);
const plus = (...all: Matrix[]): Matrix => all.reduce((a, b) => map(a, (v, i, j) => v + b[i]![j]!));
const scaled = (a: Matrix, k: number): Matrix => map(a, (v) => k * v);

const [x, q, k, v] = [draw(T * D), draw(D * D), draw(D * D), draw(D * D)], seed = draw(T * D);
const attention = sketch({
  inputs: { x: tensor([T, D], x) },
  constants: { wq: tensor([D, D], q), wk: tensor([D, D], k), wv: tensor([D, D], v), c: tensor([], [0.5]) },
  nodes: [
    ["MatMul", "x wq", "q"],
    ["MatMul", "x wk", "k"],
    ["MatMul", "x wv", "v"],
    ["Transpose", "k", "kt", { perm: [1, 0] }],
    ["MatMul", "q kt", "qk"],
    ["Mul", "qk c", "s"],
    ["Softmax", "s", "a", { axis: -1 }],
    ["MatMul", "a v", "o"],
  ],
});

/** The relevance of x by the explicit rules of AttnLRP and CP-LRP: every product divided by its outcome, in doubles. */
function explicitly(method: "attnlrp" | "cp-lrp"): Matrix {
  const X = matrix(T, D, x), [Wq, Wk, Wv] = [q, k, v].map((w) => matrix(D, D, w)) as [Matrix, Matrix, Matrix];
  const Q = times(X, Wq), K = times(X, Wk), V = times(X, Wv), S = scaled(times(Q, turned(K)), 0.5);
  const A = S.map((row) => {
    const e = row.map(Math.exp), sum = e.reduce((a, b) => a + b);
    return e.map((v) => v / sum);
  });
  const O = times(A, V),
    R = hadamard(O, matrix(T, D, seed)),
    share = quotient(R, method === "attnlrp" ? scaled(O, 2) : O);
  const through = (z: Matrix, w: Matrix, r: Matrix): Matrix => hadamard(X, times(quotient(r, z), turned(w))); // R_x = x ⊙ W (R_z / z)
  const RV = hadamard(V, times(turned(A), share));
  if (method === "cp-lrp") return through(V, Wv, RV);
  const RA = hadamard(A, times(share, turned(V))),
    RS = map(RA, (r, i, j) => S[i]![j]! * (r - A[i]![j]! * RA[i]!.reduce((a, b) => a + b)));
  const half = scaled(quotient(RS, S), 0.5 * 0.5); // half to each operand, and the constant factor in S
  return plus(
    through(V, Wv, RV),
    through(Q, Wq, hadamard(Q, times(half, K))),
    through(K, Wk, hadamard(K, times(turned(half), Q))),
  );
}

describe("an attention head, spelled out", () => {
  let trial: Trial;
  beforeAll(() => {
    trial = new Trial(attention);
    return () => trial.release();
  });
  const request = { sources: ["x"], target: "o", seed: tensor([T, D], seed) };

  for (const method of ["attnlrp", "cp-lrp"] as const) {
    test(`${method} is the explicit rule, entry by entry`, async () => {
      const { cotangents } = await carry(trial, { ...request, composite: composites.get(method)! }),
        want = explicitly(method).flat();
      numbers(cotangents.get("x")!).forEach((g, i) => expect(g * x[i]!).toBeCloseTo(want[i]!, 4));
    });
  }

  test("CP-LRP keeps the sum to the last digit: a detached softmax leaves the value path whole", async () => {
    // Counted as active, the weights would take half of what belongs to the values.
    const { value, sources, lines } = await conservation(trial, { ...request, composite: composites.get("cp-lrp")! });
    expect(sources).toBeCloseTo(value, 5);
    expect(lines).toEqual([]);
  });

  test("AttnLRP books what the softmax absorbs, and nothing else", async () => {
    const { value, sources, lines, residual } = await conservation(trial, {
      ...request,
      composite: composites.get("attnlrp")!,
    });
    expect(lines.map(({ kind }) => kind)).toEqual(["softmax"]);
    expect(Math.abs(value - sources)).toBeGreaterThan(1e-3);
    expect(residual).toBeCloseTo(0, 5);
  });

  test("a person's own entries win over a composite's", async () => {
    const own = prepend([{ match: { op: "Softmax" }, use: "detach" }, {
      match: { op: "MatMul", name: "MatMul_7" },
      use: "gradient",
    }], composites.get("attnlrp")!);
    const { cotangents } = await carry(trial, { ...request, composite: own }),
      like = await carry(trial, { ...request, composite: composites.get("cp-lrp")! });
    expect(numbers(cotangents.get("x")!)).toEqual(numbers(like.cotangents.get("x")!));
  });
});

test("CP-LRP holds a gate constant; an activation without an active partner is no gate", () => {
  const inputs = { x: tensor([2], [1, -1]) };
  const gated = new Trial(sketch({ inputs, nodes: [["hyaline.Silu", "x", "g"], ["Mul", "g x", "y"]] })),
    alone = new Trial(sketch({ inputs, nodes: [["hyaline.Silu", "x", "y"]] }));
  const taps = (trial: Trial): readonly string[] =>
    compile({ shaped: trial.shaped, sources: ["x"], target: "y", at: ["x"], composite: composites.get("cp-lrp")! })
      .taps;
  expect(taps(gated)).toEqual(["g"]); // the message is g · gate, no derivative of it
  expect(taps(alone)).toEqual(["x"]); // g · σ(x)
});

test("a composite with an unknown modifier, role or field is refused", () => {
  const base = { id: "mine", title: "", summary: "", conserves: false };
  expect(
    compositeSchema.safeParse({ ...base, rules: [{ match: {}, use: "epsilon", options: { epsilon: 0.1 } }] }).success,
  ).toBe(true);
  expect(compositeSchema.safeParse({ ...base, rules: [{ match: {}, use: "delta" }] }).success).toBe(false);
  expect(compositeSchema.safeParse({ ...base, rules: [{ match: { role: "head" }, use: "detach" }] }).success).toBe(
    false,
  );
  expect(compositeSchema.safeParse({ ...base, rules: [{ match: { ops: "Mul" }, use: "detach" }] }).success).toBe(false);
});
