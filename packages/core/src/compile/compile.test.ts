import { describe, expect, test } from "vitest";
import { numbers, type Tensor } from "../graph/tensor.ts";
import { composites } from "../lrp/composite.ts";
import type { OpRule } from "../rules/rule.ts";
import { carry, conservation, randomNumbers, sketch, type SketchNode, tensor, Trial } from "../testing/mod.ts";
import { compile, SEED } from "./mod.ts";

const random = randomNumbers(9), draw = (...dims: number[]): Tensor => tensor(dims, () => 2 * random() - 1);
const gradient = composites.get("gradient")!, attnlrp = composites.get("attnlrp")!;
const trialOf = (inputs: Record<string, Tensor>, nodes: SketchNode[], constants: Record<string, Tensor> = {}): Trial =>
  new Trial(sketch({ inputs, constants, nodes }));

describe("what cannot be compiled", () => {
  test("operators without a rule are listed all at once, those off the way are not", () => {
    const { shaped } = trialOf({ x: draw(2) }, [["Shrink", "x", "a"], ["Shrink", "a", "b"], ["Shrink", "x", "aside"], [
      "Relu",
      "b",
      "y",
    ]]);
    const attempt = () => compile({ shaped, sources: ["x"], target: "y", at: ["x"], composite: gradient });
    expect(attempt).toThrowError(expect.objectContaining({ code: "MISSING_RULES" }));
    expect(attempt).toThrowError(/"Shrink" \(node "Shrink_0"\), "Shrink" \(node "Shrink_1"\)$/);
  });

  test("a target that does not depend on what is explained is unreachable", () => {
    const { shaped } = trialOf({ x: draw(2), other: draw(2) }, [["Relu", "x", "y"], ["Tanh", "other", "z"]]);
    expect(() => compile({ shaped, sources: ["x"], target: "z", at: ["x"], composite: gradient })).toThrowError(
      expect.objectContaining({ code: "UNREACHABLE" }),
    );
  });

  test("a target the graph does not have is named", () => {
    const { shaped } = trialOf({ x: draw(2) }, [["Relu", "x", "y"]]);
    expect(() => compile({ shaped, sources: ["x"], target: "nowhere", at: ["x"], composite: gradient })).toThrowError(
      /"nowhere"/,
    );
  });
});

describe("activity", () => {
  test("what hangs off a shape is constant: a factor made of it halves nothing", async () => {
    const trial = trialOf({ x: tensor([3], [1, 2, 3]) }, [["Shape", "x", "n"], ["ConstantOfShape", "n", "ones", {
      value: tensor([1], [2]),
    }], ["Mul", "x ones", "y"]]);
    const { cotangents } = await carry(trial, {
      sources: ["x"],
      target: "y",
      seed: tensor([3], [1, 1, 1]),
      composite: attnlrp,
    });
    expect(numbers(cotangents.get("x")!)).toEqual([2, 2, 2]);
    await trial.release();
  });

  test("what moves in steps is a constant: |x| written as x · sign x has the slope sign x", async () => {
    const trial = trialOf({ x: tensor([3], [1.2, 2.7, -3.1]) }, [
      ["Round", "x", "r"],
      ["Sign", "x", "s"],
      ["Mul", "x s", "size"],
      ["Add", "r size", "y"],
    ]);
    const request = { sources: ["x"], target: "y", seed: tensor([3], [1, 1, 1]) };
    expect(numbers((await carry(trial, request)).cotangents.get("x")!)).toEqual([1, 1, -1]);
    expect(() => compile({ shaped: trial.shaped, sources: ["x"], target: "r", at: ["x"], composite: gradient }))
      .toThrow(
        expect.objectContaining({ code: "UNREACHABLE" }),
      );
    await trial.release();
  });

  test("every source counts as active, whichever is explained", async () => {
    const trial = trialOf({ encoder: tensor([2], [1, 2]), decoder: tensor([2], [3, 4]) }, [[
      "Mul",
      "encoder decoder",
      "y",
    ]]);
    const { cotangents } = await carry(trial, {
      sources: ["encoder", "decoder"],
      at: ["encoder"],
      target: "y",
      seed: tensor([2], [1, 1]),
      composite: attnlrp,
    });
    expect(numbers(cotangents.get("encoder")!)).toEqual([1.5, 2]);
    await trial.release();
  });

  test("a detached node lets nothing through and makes its output a constant", async () => {
    const trial = trialOf({ x: tensor([2], [0.5, -1]) }, [["Sigmoid", "x", "s"], ["Mul", "x s", "y"]]);
    const composite = { ...attnlrp, rules: [{ match: { op: "Sigmoid" }, use: "detach" as const }, ...attnlrp.rules] };
    const { cotangents } = await carry(trial, { sources: ["x"], target: "y", seed: tensor([2], [1, 1]), composite });
    const s = numbers((await trial.run(["s"])).get("s")!);
    numbers(cotangents.get("x")!).forEach((g, i) => expect(g).toBeCloseTo(s[i]!, 6)); // whole, not half
    await trial.release();
  });
});

describe("the program", () => {
  test("messages of a tensor that is read more than once are added", async () => {
    const trial = trialOf({ x: tensor([2], [3, -2]) }, [["Mul", "x x", "square"], ["Add", "square x", "y"]]);
    const { cotangents } = await carry(trial, { sources: ["x"], target: "y", seed: tensor([2], [1, 1]) });
    expect(numbers(cotangents.get("x")!)).toEqual([7, -3]); // 2x + 1
    await trial.release();
  });

  test("every step names the node it explains, and nothing is computed that nobody reads", () => {
    const { shaped } = trialOf({ x: draw(2, 3) }, [["MatMul", "x w", "h"], ["Tanh", "h", "t"], ["Softmax", "t", "y"]], {
      w: draw(3, 4),
    });
    const whole = compile({ shaped, sources: ["x"], target: "y", at: ["x"], composite: gradient }),
      upper = compile({ shaped, sources: ["x"], target: "y", at: ["t"], composite: gradient });
    expect(new Set(whole.steps.map(({ origin }) => origin))).toEqual(new Set(["Softmax_2", "Tanh_1", "MatMul_0"]));
    expect(new Set(upper.steps.map(({ origin }) => origin))).toEqual(new Set(["Softmax_2"]));
    expect([...upper.constants.keys()]).not.toContain("w");
    expect(upper.taps).toEqual(["y"]);
    expect(whole.seed).toBe(SEED);
  });

  test("what merely moves elements is moved again instead of copied out of the runtime", () => {
    const nodes: SketchNode[] = [["Tanh", "x", "t"], ["Transpose", "t", "u", { perm: [1, 0] }], ["MatMul", "t u", "y"]];
    const { shaped } = trialOf({ x: draw(2, 3) }, nodes);
    expect(compile({ shaped, sources: ["x"], target: "y", at: ["x"], composite: gradient }).taps).toEqual(["t"]);
  });

  test("a sum of taps is summed again; a chain of sums keeps every second one", async () => {
    const trial = trialOf({ x: tensor([3], [0.1, -0.4, 0.7]) }, [
      ["Tanh", "x", "t"],
      ["Exp", "t", "u"],
      ["Add", "t u", "first"],
      ["Add", "first half", "shifted"],
      ["Mul", "shifted u", "second"],
      ["Mul", "first second", "y"],
    ], { half: tensor([], [0.5]) });
    const request = { sources: ["x"], target: "y", seed: tensor([3], [1, 1, 1]), composite: gradient };
    const { program, cotangents } = await carry(trial, request);
    // first = t + u is made again; shifted = first + ½ would be made from one that is not kept, and stays; second = shifted · u is made again.
    expect([...program.taps].sort()).toEqual(["shifted", "t", "u"]);
    const slope = (x: number): number => {
      const t = Math.tanh(x), u = Math.exp(t), s = t + u, dt = 1 - t * t, du = u * dt;
      return (dt + du) * (s + 0.5) * u + s * ((dt + du) * u + (s + 0.5) * du);
    };
    numbers(cotangents.get("x")!).forEach((g, i) => expect(g).toBeCloseTo(slope([0.1, -0.4, 0.7][i]!), 5));
    await trial.release();
  });

  test("a cast that changes nothing is read before it", () => {
    const { shaped } = trialOf({ x: draw(2, 3) }, [["Tanh", "x", "t"], ["Cast", "t", "same", { to: 1 }], [
      "Mul",
      "same same",
      "y",
    ]]);
    expect(compile({ shaped, sources: ["x"], target: "y", at: ["x"], composite: gradient }).taps).toEqual(["t"]);
  });

  test("values can be asked for alone, without a message", () => {
    const { shaped } = trialOf({ x: draw(2, 3) }, [["Tanh", "x", "t"], ["Transpose", "t", "u"]]);
    const program = compile({ shaped, sources: ["x"], target: "u", at: [], values: ["u"], composite: gradient });
    expect(program.types.has(program.seed)).toBe(false);
    expect(program.taps).toEqual(["t"]);
    expect([...program.values.keys()]).toEqual(["u"]);
  });

  test("a rule brought along wins over the built-in one and fills a gap", async () => {
    const trial = trialOf({ x: tensor([2], [1, 2]) }, [["Shrink", "x", "y"]]),
      own: OpRule = { op: "Shrink", vjp: ({ b, g }) => [b.scale(g, 3)] };
    const { cotangents } = await carry(trial, {
      sources: ["x"],
      target: "y",
      seed: tensor([2], [1, 2]),
      extraRules: new Map([["Shrink", own]]),
    });
    expect(numbers(cotangents.get("x")!)).toEqual([3, 6]);
    await trial.release();
  });
});

test("the ledger closes on a block with biases, a mask, a norm and a softmax", async () => {
  const constants = {
    w: draw(4, 4),
    bias: draw(4),
    scale: draw(4),
    shift: draw(4),
    v: draw(4, 4),
    mask: tensor([3, 3], [0, -Infinity, -Infinity, 0, 0, -Infinity, 0, 0, 0]),
    out: draw(4, 2),
    last: draw(2),
  };
  const trial = trialOf({ x: draw(3, 4) }, [
    ["LayerNormalization", "x scale shift", "n"],
    ["MatMul", "n w", "qw"],
    ["Add", "qw bias", "q"],
    ["Transpose", "n", "nt", { perm: [1, 0] }],
    ["MatMul", "q nt", "s"],
    ["Add", "s mask", "masked"],
    ["Softmax", "masked", "a"],
    ["MatMul", "n v", "values"],
    ["MatMul", "a values", "o"],
    ["Add", "o x", "residual"],
    ["Gelu", "residual", "h"],
    ["Gemm", "h out last", "y"],
  ], constants);
  const { value, sources, lines, residual } = await conservation(trial, {
    sources: ["x"],
    target: "y",
    seed: tensor([3, 2], [0, 0, 0, 0, 1, -0.5]),
    composite: attnlrp,
  });
  expect(new Set(lines.map(({ kind }) => kind))).toEqual(new Set(["bias", "softmax"]));
  expect(Math.abs(value - sources)).toBeGreaterThan(0.01);
  expect(residual / value).toBeCloseTo(0, 5);
  await trial.release();
});
