import { ruleTester, tensor } from "../testing/mod.ts";
import { linear } from "./linear.ts";

// Matrices, batches that are broadcast, vectors on either side, and nothing at all.
ruleTester.run("MatMul", linear, {
  shapes: [[[2, 3], [3, 4]], [[2, 1, 2, 3], [3, 3, 1]], [[3], [3, 2]], [[2, 2, 3], [3]], [[3], [3]], [[0, 3], [3, 2]], [
    [1, 1],
    [1, 1],
  ]],
});
ruleTester.run("MatMul", linear, { shapes: [[[3, 2], [4, 3]]], attributes: [{ transA: 1, transB: 1, alpha: 0.5 }] });
ruleTester.run("MatMul", linear, { shapes: [[[2, 3, 2], [3, 4]]], attributes: [{ transA: 1 }] });
ruleTester.run("MatMul", linear, { shapes: [[[2, 3], [2, 4, 3]]], attributes: [{ transB: 1, alpha: 2 }] });
ruleTester.run("Gemm", linear, {
  shapes: [[[2, 3], [3, 4], [4]], [[2, 3], [3, 4], [2, 1]], [[1, 1], [1, 1], []], [[0, 2], [2, 3], [3]]],
});
ruleTester.run("Gemm", linear, {
  shapes: [[[3, 2], [4, 3], [2, 4]]],
  attributes: [{ transA: 1, transB: 1, alpha: 0.5, beta: 2 }],
});
ruleTester.run("Gemm", linear, { shapes: [[[3, 2], [3, 4]]], attributes: [{ transA: 1 }] });
ruleTester.run("Gemm", linear, {
  shapes: [[2, 3]],
  given: { 1: tensor([4, 3], [1, -2, 3, 0, 1, -1, 2, 2, -3, 1, 0, 4]) },
  attributes: [{ transB: 1 }],
});
