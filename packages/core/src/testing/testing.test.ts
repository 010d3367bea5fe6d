import { describe, expect, test } from "vitest";
import { compile } from "../compile/mod.ts";
import type { Tensor } from "../graph/tensor.ts";
import { composites } from "../lrp/composite.ts";
import type { OpRule } from "../rules/rule.ts";
import type { Executor } from "../runtime/executor.ts";
import { ortExecutor } from "../runtime/ort/executor.ts";
import { conservation, equivalence, gradcheck, lattice, randomNumbers, signs, sketch, tensor, Trial } from "./mod.ts";

const one = sketch({ inputs: { x: tensor([3], [0.5, -1, 2]) }, nodes: [["Tanh", "x", "y"]] }),
  seed = tensor([3], [1, -1, 2]);
/** A rule that forgets a factor. */
const wrong = new Map<string, OpRule>([["Tanh", {
  op: "Tanh",
  linear: true,
  vjp: ({ b, g, y }) => [b.mul(g, b.sub(b.scalar(1), y[0]!))],
}]]);

describe("a tester worth its name finds what is wrong", () => {
  test("gradcheck tells a right rule from a wrong one", async () => {
    const trial = new Trial(one), request = { sources: ["x"], target: "y", seed };
    const right = await gradcheck(trial, request, randomNumbers(1)),
      left = await gradcheck(trial, { ...request, extraRules: wrong }, randomNumbers(1));
    expect(right.differences[0]!.error).toBeLessThan(1e-4);
    expect(left.differences[0]!.error).toBeGreaterThan(0.1);
    await trial.release();
  });

  test("conservation shows what a rule loses without saying so", async () => {
    const trial = new Trial(one),
      request = { sources: ["x"], target: "y", seed, composite: { ...composites.get("gradient")!, conserves: true } };
    const honest = await conservation(trial, request),
      silent = await conservation(trial, { ...request, extraRules: wrong });
    expect(honest.lines.map(({ kind }) => kind)).toEqual(["nonlinear"]);
    expect(honest.residual).toBeCloseTo(0, 6);
    expect(Math.abs(silent.residual)).toBeGreaterThan(0.1);
    await trial.release();
  });

  test("equivalence measures executors against each other, output by output", async () => {
    const trial = new Trial(one),
      program = compile({
        shaped: trial.shaped,
        sources: ["x"],
        target: "y",
        at: ["x"],
        composite: composites.get("gradient")!,
      });
    const plain = ortExecutor({ backend: "wasm", threads: 1, level: "disabled" }),
      optimised = ortExecutor({ backend: "wasm", threads: 1, level: "all" });
    const doubled: Executor = {
      id: "ort",
      async prepare(of) {
        const inner = await plain.prepare(of);
        return {
          ...inner,
          run: async (taps, given) =>
            new Map(
              [...await inner.run(taps, given)].map((
                [name, t],
              ): [string, Tensor] => [name, { ...t, data: (t.data as Float32Array).map((v) => 2 * v) }]),
            ),
        };
      },
    };
    const given = { taps: await trial.run(program.taps), seed }, output = program.cotangents.get("x")!;
    expect((await equivalence(program, [plain, optimised], given)).get(output)!).toBeLessThan(1e-6);
    expect((await equivalence(program, [plain, doubled], given)).get(output)!).toBeCloseTo(1, 5);
    await trial.release();
  });
});

test("numbers of a lattice keep their distance from each other and from zero", () => {
  const values = lattice(40, { random: randomNumbers(3), range: [-2, 2] }), sorted = [...values].sort((a, b) => a - b);
  sorted.slice(1).forEach((v, i) => expect(v - sorted[i]!).toBeGreaterThan(0.08));
  values.forEach((v) => expect(Math.abs(v)).toBeGreaterThan(0.03));
  expect(values).not.toEqual(sorted);
});

test("the same seed draws the same numbers and signs", () => {
  expect(signs(20, randomNumbers(4))).toEqual(signs(20, randomNumbers(4)));
  expect(new Set(signs(20, randomNumbers(4)))).toEqual(new Set([-1, 1]));
});

test("a sketch names what is left out with an underscore and ends where nobody reads", () => {
  const { graph } = sketch({
    inputs: { x: tensor([2, 1, 1], [1, 2]) },
    constants: {},
    nodes: [["LSTM", "x w r _ _ h", "_ last"], ["com.microsoft.Gelu", "last", "y"]],
  });
  expect(graph.nodes[0]!.inputs).toEqual(["x", "w", "r", "", "", "h"]);
  expect(graph.nodes[0]!.outputs).toEqual(["", "last"]);
  expect(graph.nodes[1]).toMatchObject({ op: "Gelu", domain: "com.microsoft" });
  expect(graph.outputs.map(({ name }) => name)).toEqual(["y"]);
});
