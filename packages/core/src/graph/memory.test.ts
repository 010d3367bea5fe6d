import { describe, expect, test } from "vitest";
import { constant, type Graph, type Node } from "./graph.ts";
import { infer } from "./infer.ts";
import { checkSizes, flops, memoryOf } from "./memory.ts";
import { int64s, type TensorType } from "./tensor.ts";

const node = (op: string, inputs: string[], outputs: string[], attributes: Node["attributes"] = {}): Node => ({
  op,
  domain: "",
  name: outputs[0]!,
  inputs,
  outputs,
  attributes,
});
const float = (...dims: number[]): TensorType => ({ dtype: "float32", dims });

describe("memoryOf()", () => {
  test("drops a tensor after its last reader", () => {
    // x [10] → a [10] → b [10] → y [10]: two of them are alive at once
    const graph: Graph = {
      inputs: [{ name: "x", dtype: "float32", dims: [10] }],
      outputs: [{ name: "y", dtype: "float32", dims: [10] }],
      nodes: [node("Relu", ["x"], ["a"]), node("Relu", ["a"], ["b"]), node("Add", ["b", "w"], ["y"])],
      constants: new Map([["w", {
        ...float(10),
        read: () => {
          throw new Error("read");
        },
      }], ["unused", {
        ...float(99),
        read: () => {
          throw new Error("read");
        },
      }]]),
      inFile: new Set(),
      opsets: new Map([["", 18]]),
    };
    expect(memoryOf(graph, infer(graph, new Map()).types)).toEqual({ weights: 40, activations: 120, peak: 80 });
  });
});

describe("checkSizes()", () => {
  test("stops a few bytes that ask for terabytes before anything is allocated", () => {
    const graph: Graph = {
      inputs: [],
      outputs: [{ name: "y", dtype: "float32", dims: [] }],
      nodes: [node("ConstantOfShape", ["shape"], ["y"])],
      constants: new Map([["shape", constant(int64s([1_000_000, 1_000_000, 1_000_000]))]]),
      inFile: new Set(),
      opsets: new Map([["", 18]]),
    };
    const { types, known } = infer(graph, new Map());
    expect(known.has("y")).toBe(false);
    expect(() => checkSizes(types, 2 ** 32)).toThrow(expect.objectContaining({ code: "TENSOR_TOO_LARGE" }));
  });
});

describe("flops()", () => {
  const counted = (op: string, dims: number[][], y: number[], attributes: Node["attributes"] = {}, domain = "") => {
    const inputs = dims.map((_, i) => `x${i}`),
      types = new Map([...dims.map((d, i) => [`x${i}`, float(...d)] as const), ["y", float(...y)] as const]);
    return flops({ ...node(op, inputs, ["y"], attributes), domain }, types);
  };
  test.each([
    ["MatMul", [[2, 3, 5], [5, 7]], [2, 3, 7], {}, 2 * 2 * 3 * 5 * 7],
    ["Gemm", [[5, 3], [5, 7]], [3, 7], { transA: 1 }, 2 * 3 * 5 * 7],
    ["Conv", [[1, 4, 9], [6, 2, 3]], [1, 6, 7], { group: 2 }, 2 * 7 * 6 * 2 * 3],
    ["LSTM", [[11, 2, 5], [1, 16, 5], [1, 16, 4]], [11, 1, 2, 4], {}, 11 * 2 * 2 * 16 * (5 + 4)],
    ["Tanh", [[2, 3]], [2, 3], {}, 6],
    ["Reshape", [[2, 3]], [6], {}, 0],
  ])("%s", (op, dims, y, attributes, expected) => {
    expect(counted(op, dims, y, attributes)).toBe(expected);
  });
  test("fused attention counts its projection and both products", () => {
    const [b, s, d] = [2, 5, 8], project = 2 * b * s * d * 3 * d, products = 2 * 2 * b * s * s * d;
    expect(counted("Attention", [[b, s, d], [d, 3 * d]], [b, s, d], { num_heads: 2 }, "com.microsoft")).toBe(
      project + products,
    );
  });
});
