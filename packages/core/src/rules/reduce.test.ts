import { int64s } from "../graph/tensor.ts";
import { ruleTester, tensor } from "../testing/mod.ts";
import { reduce } from "./reduce.ts";

for (const op of ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2", "ReduceSumSquare"]) {
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
ruleTester.run("GlobalMaxPool", reduce, { shapes: [[2, 3, 4], [1, 2, 2, 3]] });
ruleTester.run("GlobalAveragePool", reduce, { shapes: [[2, 3, 4], [1, 2, 2, 3]] });
ruleTester.run("CumSum", reduce, {
  shapes: [[2, 4], [1, 1]],
  given: { 1: tensor([], [1], "int64") },
  attributes: [{}, { exclusive: 1 }, { reverse: 1 }, { exclusive: 1, reverse: 1 }],
});
ruleTester.run("CumSum", reduce, { shapes: [[3, 2, 2]], given: { 1: tensor([], [-3], "int64") } });
