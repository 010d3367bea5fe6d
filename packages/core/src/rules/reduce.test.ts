import { expect, test } from "vitest";
import { int64s, numbers } from "../graph/tensor.ts";
import { carry, ruleTester, sketch, tensor, Trial } from "../testing/mod.ts";
import { reduce } from "./reduce.ts";

for (
  const op of [
    "ReduceSum",
    "ReduceMean",
    "ReduceMax",
    "ReduceMin",
    "ReduceL1",
    "ReduceL2",
    "ReduceSumSquare",
    "ReduceLogSumExp",
    "ReduceProd",
  ]
) {
  ruleTester.run(op, reduce, {
    shapes: [[2, 3, 2], [1, 1, 1]],
    given: { 1: int64s([1, -1]) },
    attributes: [{}, { keepdims: 0 }],
    opsets: [18],
  });
  ruleTester.run(op, reduce, { shapes: [[2, 3]], attributes: [{}, { axes: [0], keepdims: 0 }], opsets: [11] });
}
ruleTester.run("ReduceSum", reduce, { shapes: [[2, 0]], given: { 1: int64s([1]) } });
ruleTester.run("ReduceSum", reduce, { shapes: [[2, 2]], attributes: [{ noop_with_empty_axes: 1 }] });
ruleTester.run("ReduceLogSum", reduce, { shapes: [[2, 3, 2]], given: { 1: int64s([1, -1]) }, range: [0.5, 2] });

test.each([
  ["one zero takes the product of the others", [2, 0, 3], [0, 6, 0]],
  ["two zeros leave nothing", [0, 0, 3], [0, 0, 0]],
])("ReduceProd: %s", async (_, x, slope) => {
  expect(await slopeAt("ReduceProd", x)).toEqual(slope);
});
test("ReduceL2 has no slope at the origin", async () => {
  expect(await slopeAt("ReduceL2", [0, 0])).toEqual([0, 0]);
});
async function slopeAt(op: string, x: readonly number[]): Promise<number[]> {
  const trial = new Trial(
    sketch({ inputs: { x: tensor([x.length], [...x]) }, nodes: [[op, "x", "y", { keepdims: 0 }]] }),
  );
  const { cotangents } = await carry(trial, { sources: ["x"], target: "y", seed: tensor([], [1]) });
  await trial.release();
  return numbers(cotangents.get("x")!).map((v) => v + 0);
}

ruleTester.run("GlobalMaxPool", reduce, { shapes: [[2, 3, 4], [1, 2, 2, 3]] });
ruleTester.run("GlobalAveragePool", reduce, { shapes: [[2, 3, 4], [1, 2, 2, 3]] });
ruleTester.run("CumSum", reduce, {
  shapes: [[2, 4], [1, 1]],
  given: { 1: tensor([], [1], "int64") },
  attributes: [{}, { exclusive: 1 }, { reverse: 1 }, { exclusive: 1, reverse: 1 }],
});
ruleTester.run("CumSum", reduce, { shapes: [[3, 2, 2]], given: { 1: tensor([], [-3], "int64") } });
