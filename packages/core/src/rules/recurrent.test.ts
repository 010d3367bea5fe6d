import { expect, test } from "vitest";
import { compile } from "../compile/mod.ts";
import { int64s, type Tensor } from "../graph/tensor.ts";
import { composites } from "../lrp/composite.ts";
import { carry, randomNumbers, ruleTester, sketch, tensor, Trial } from "../testing/mod.ts";
import { recurrent } from "./recurrent.ts";

const random = randomNumbers(11), weights = (...dims: number[]): Tensor => tensor(dims, () => 1.6 * random() - 0.8);
const IN = 2, HIDDEN = 3, GATES = { RNN: 1, GRU: 3, LSTM: 4 } as const;

/** X is the one input that is differentiated; W, R and B are constants of the file. */
const layerOf = (op: keyof typeof GATES, directions: number): Record<number, Tensor> => ({
  1: weights(directions, GATES[op] * HIDDEN, IN),
  2: weights(directions, GATES[op] * HIDDEN, HIDDEN),
  3: weights(directions, 2 * GATES[op] * HIDDEN),
});

for (const op of ["RNN", "GRU", "LSTM"] as const) {
  const outputs = op === "LSTM" ? 3 : 2,
    forms = op === "GRU" ? [{ linear_before_reset: 0 }, { linear_before_reset: 1 }] : [{}];
  const attributes = forms.map((form) => ({ ...form, hidden_size: HIDDEN }));
  ruleTester.run(op, recurrent, {
    shapes: [[4, 2, IN], [1, 1, IN]],
    given: layerOf(op, 1),
    attributes,
    outputs,
    opsets: [14],
  });
  ruleTester.run(op, recurrent, {
    shapes: [[3, 2, IN]],
    given: layerOf(op, 1),
    attributes: attributes.map((one) => ({ ...one, direction: "reverse" })),
    outputs,
    opsets: [14],
  });
  ruleTester.run(op, recurrent, {
    shapes: [[3, 2, IN]],
    given: layerOf(op, 2),
    attributes: attributes.map((one) => ({ ...one, direction: "bidirectional" })),
    outputs,
    opsets: [14],
  });

  // Initial states, and sequences of unequal length in both directions.
  const states = op === "LSTM" ? [[2, 3, HIDDEN], [2, 3, HIDDEN]] : [[2, 3, HIDDEN]];
  const lengths: Tensor = { dtype: "int32", dims: [3], data: Int32Array.of(4, 1, 2) };
  ruleTester.run(op, recurrent, {
    shapes: [[[4, 3, IN], ...states]],
    given: { ...layerOf(op, 2), 4: lengths },
    attributes: attributes.map((one) => ({ ...one, direction: "bidirectional" })),
    outputs,
    opsets: [14],
  });
  // Only the last state is asked for, as classifiers do: the states in between are run again.
  test(`${op} without its first output carries the message from the last state alone`, async () => {
    const given = layerOf(op, 1),
      inputs = { x: tensor([5, 1, IN], () => 2 * random() - 1) },
      constants = { w: given[1]!, r: given[2]!, b: given[3]! };
    const rest = op === "LSTM" ? " c" : "",
      slope = async (outputs: string): Promise<number[]> => {
        const trial = new Trial(
          sketch({ inputs, constants, nodes: [[op, "x w r b", outputs + rest, attributes[0]!]], opset: 14 }),
        );
        const { cotangents } = await carry(trial, {
          sources: ["x"],
          target: "h",
          seed: tensor([1, 1, HIDDEN], [1, -2, 3]),
        });
        await trial.release();
        return [...cotangents.get("x")!.data as Float32Array];
      };
    const whole = await slope("y h"), last = await slope("_ h");
    last.forEach((v, i) => expect(v).toBeCloseTo(whole[i]!, 5));
  });
}

ruleTester.run("RNN", recurrent, {
  shapes: [[3, 2, IN]],
  given: layerOf("RNN", 2),
  attributes: [{ hidden_size: HIDDEN, direction: "bidirectional", activations: ["Sigmoid", "Relu"] }],
  outputs: 2,
  opsets: [14],
});

test("an activation that no exporter writes is refused by name", () => {
  const given = layerOf("LSTM", 1), constants = { w: given[1]!, r: given[2]!, b: given[3]! };
  const { shaped } = new Trial(sketch({
    inputs: { x: tensor([2, 1, IN], () => 1) },
    constants,
    nodes: [["LSTM", "x w r b", "y", { hidden_size: HIDDEN, activations: ["HardSigmoid", "Tanh", "Tanh"] }]],
    opset: 14,
  }));
  const request = { shaped, sources: ["x"], target: "y", at: ["x"], composite: composites.get("gradient")! };
  expect(() => compile(request)).toThrowError(
    expect.objectContaining({ code: "MISSING_RULES", message: expect.stringContaining("HardSigmoid") }),
  );
});

test("128 steps of an LSTM compile to a program of modest size", () => {
  const given = layerOf("LSTM", 2), constants = { w: given[1]!, r: given[2]!, b: given[3]!, last: int64s([127]) };
  const { shaped } = new Trial(sketch({
    inputs: { x: tensor([128, 1, IN], () => 1) },
    constants,
    nodes: [["LSTM", "x w r b", "y", { hidden_size: HIDDEN, direction: "bidirectional" }], ["Gather", "y last", "z", {
      axis: 0,
    }]],
    opset: 14,
  }));
  for (const id of ["gradient", "attnlrp"]) {
    const program = compile({ shaped, sources: ["x"], target: "z", at: ["x"], composite: composites.get(id)! });
    expect(program.steps.length).toBeLessThan(2 * 128 * 12);
  }
});
