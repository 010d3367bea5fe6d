import { describe, expect, test } from "vitest";
import { constant, type Graph, type Node } from "./graph.ts";
import { fromNumbers } from "./fold.ts";
import { infer } from "./infer.ts";
import { int64s, numbers, scalar, type TensorType } from "./tensor.ts";

const node = (op: string, inputs: string[], outputs: string[], attributes: Node["attributes"] = {}): Node => ({
  op,
  domain: "",
  name: outputs[0]!,
  inputs,
  outputs,
  attributes,
});
const graphOf = (nodes: Node[], more: Partial<Graph> = {}): Graph => ({
  inputs: [{ name: "x", dtype: "float32", dims: ["batch", "length", 4] }],
  outputs: [],
  nodes,
  constants: new Map(),
  inFile: new Set(),
  opsets: new Map([["", 18]]),
  ...more,
});
const x = (...dims: number[]): Map<string, TensorType> => new Map([["x", { dtype: "float32", dims }]]);

describe("infer()", () => {
  test("follows shape arithmetic from Shape to Reshape", () => {
    const graph = graphOf([
      node("Shape", ["x"], ["s"]),
      node("Gather", ["s", "first"], ["batch"]),
      node("Unsqueeze", ["batch", "axes"], ["b"]),
      node("Concat", ["b", "rest"], ["wanted"], { axis: 0 }),
      node("Reshape", ["x", "wanted"], ["y"]),
    ], {
      constants: new Map([
        ["first", constant(fromNumbers("int64", [], [0]))],
        ["axes", constant(int64s([0]))],
        ["rest", constant(int64s([-1, 2, 2]))],
      ]),
    });
    const { types, known } = infer(graph, x(3, 5, 4));
    expect(numbers(known.get("wanted")!)).toEqual([3, -1, 2, 2]);
    expect(types.get("y")).toEqual({ dtype: "float32", dims: [3, 5, 2, 2] });
  });

  test("knows nothing of what an input holds, unless it is pinned", () => {
    const graph = graphOf([node("Add", ["x", "one"], ["y"])], { constants: new Map([["one", constant(scalar(1))]]) });
    expect(infer(graph, x(1, 1, 4)).known.has("y")).toBe(false);
    const pinned = new Map([["x", fromNumbers("float32", [1, 1, 4], [1, 2, 3, 4])]]);
    expect(numbers(infer(graph, new Map(), { pinned }).known.get("y")!)).toEqual([2, 3, 4, 5]);
  });

  test("lists a shape that depends on data as unknown, with all that hangs on it, and takes it from a probe", () => {
    const graph = graphOf([node("NonZero", ["x"], ["hits"]), node("Transpose", ["hits"], ["rows"])]);
    expect(infer(graph, x(1, 2, 4)).unknown).toEqual(["hits", "rows"]);
    const probed = new Map<string, TensorType>([["hits", { dtype: "int64", dims: [3, 6] }]]);
    const { types, unknown } = infer(graph, x(1, 2, 4), { probed });
    expect(unknown).toEqual([]);
    expect(types.get("rows")).toEqual({ dtype: "int64", dims: [6, 3] });
  });

  test("reports every operator no rule knows", () => {
    const graph = graphOf([node("Loop", ["x"], ["a"]), { ...node("Mystery", ["a"], ["b"]), domain: "ai.nobody" }]);
    expect(infer(graph, x(1, 2, 4)).missing).toEqual([
      { op: "Loop", domain: "", node: "a" },
      { op: "Mystery", domain: "ai.nobody", node: "b" },
    ]);
  });

  test("does not read large constants", () => {
    const table = {
      dtype: "float32",
      dims: [100_000, 4],
      read: () => {
        throw new Error("read");
      },
    } as const;
    const graph = graphOf([node("Add", ["x", "table"], ["y"])], { constants: new Map([["table", table]]) });
    expect(infer(graph, x(1, 1, 4)).types.get("y")?.dims).toEqual([1, 100_000, 4]);
  });

  test.each([
    [x(2, 3), "WRONG_INPUT"],
    [x(2, 3, 5), "WRONG_INPUT"],
    [new Map<string, TensorType>([["x", { dtype: "int64", dims: [2, 3, 4] }]]), "WRONG_INPUT"],
    [new Map<string, TensorType>(), "WRONG_INPUT"],
  ])("refuses an input that contradicts the file (%#)", (inputs, code) => {
    expect(() => infer(graphOf([]), inputs)).toThrow(expect.objectContaining({ code }));
  });

  test("names the node whose shapes do not fit", () => {
    const graph = graphOf([node("MatMul", ["x", "w"], ["y"])], {
      constants: new Map([["w", constant(fromNumbers("float32", [3, 1], [1, 2, 3]))]]),
    });
    expect(() => infer(graph, x(1, 2, 4))).toThrow(
      expect.objectContaining({ code: "MALFORMED_NODE", message: expect.stringContaining('node "y"') }),
    );
  });
});
