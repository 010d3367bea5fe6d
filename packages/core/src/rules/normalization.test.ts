import { expect, test } from "vitest";
import { numbers } from "../graph/tensor.ts";
import { carry, ruleTester, sketch, tensor, Trial } from "../testing/mod.ts";
import { normalization } from "./normalization.ts";

ruleTester.run("LayerNormalization", normalization, {
  shapes: [[[2, 4], [4], [4]], [[2, 2, 3], [3]], [[0, 4], [4], [4]]],
  attributes: [{}, { epsilon: 0.1 }],
  opsets: [17],
});
ruleTester.run("LayerNormalization", normalization, {
  shapes: [[[2, 2, 3], [2, 3], [2, 3]]],
  attributes: [{ axis: 1 }],
  opsets: [17],
});
ruleTester.run("RMSNormalization", normalization, {
  shapes: [[[2, 4], [4]], [[1, 2, 1], [1]]],
  attributes: [{ epsilon: 0.01 }],
});
ruleTester.run("InstanceNormalization", normalization, {
  shapes: [[[2, 3, 4], [3], [3]], [[1, 2, 2, 3], [2], [2]]],
  attributes: [{ epsilon: 0.01 }],
});
ruleTester.run("GroupNormalization", normalization, {
  shapes: [[[2, 4, 3], [4], [4]], [[1, 4, 2, 2], [4], [4]]],
  attributes: [{ num_groups: 2, epsilon: 0.01 }],
});
ruleTester.run("LpNormalization", normalization, {
  shapes: [[2, 3], [2, 2, 2]],
  attributes: [{}, { p: 1, axis: 1 }, { p: 2, axis: 0 }],
});
ruleTester.run("MeanVarianceNormalization", normalization, {
  shapes: [[2, 3, 2, 2]],
  attributes: [{}, { axes: [1, 2, 3] }],
});
ruleTester.run("BatchNormalization", normalization, {
  shapes: [[2, 3, 2]],
  given: {
    1: tensor([3], [1, -2, 0.5]),
    2: tensor([3], [0.1, 0.2, 0.3]),
    3: tensor([3], [0.5, -0.5, 1]),
    4: tensor([3], [1, 2, 0.5]),
  },
  opsets: [15],
});
ruleTester.run("Softmax", normalization, {
  shapes: [[2, 3], [1, 1], [4, 0], [2, 2, 5]],
  attributes: [{}, { axis: -1 }, { axis: 1 }],
  opsets: [13],
});
ruleTester.run("Softmax", normalization, { shapes: [[2, 3]], attributes: [{}, { axis: -1 }], opsets: [11] });
ruleTester.run("LogSoftmax", normalization, { shapes: [[2, 3], [2, 2, 2]], attributes: [{ axis: -1 }, { axis: 0 }] });

test("a softmax row's relevance is the explicit rule of AttnLRP, equation 13", async () => {
  const x = [0.3, -1.2, 2, 0.7],
    seed = [1, 0.5, -0.2, 0.1],
    trial = new Trial(sketch({ inputs: { x: tensor([1, 4], x) }, nodes: [["Softmax", "x", "y"]] }));
  const { cotangents } = await carry(trial, { sources: ["x"], target: "y", seed: tensor([1, 4], seed) });
  const y = numbers((await trial.run(["y"])).get("y")!),
    relevance = y.map((v, i) => v * seed[i]!),
    total = relevance.reduce((a, b) => a + b);
  // R_i = x_i (R_i − s_i Σ_j R_j)
  numbers(cotangents.get("x")!).forEach((g, i) =>
    expect(g * x[i]!).toBeCloseTo(x[i]! * (relevance[i]! - y[i]! * total), 6)
  );
  await trial.release();
});
