import { create } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import { Tensor } from "onnxruntime-web";
import { expect, test } from "vitest";
import { encodeGraph } from "../onnx/encode.ts";
import { dense, fileOf, floats, graphOf, info, longs, modelOf, runModel } from "../onnx/sample.ts";
import { buildGraph } from "./build.ts";
import { openGraph } from "./open.ts";
import type { Tensor as Constant } from "./tensor.ts";

const x = (...values: number[]) => new Tensor("float32", values, [values.length]);
const list = (tensor: Tensor | undefined) => Array.from(tensor!.data as Float32Array);
const bool = (value: boolean): Constant => ({ dtype: "bool", dims: [1], data: Uint8Array.of(Number(value)) });

/** y = 2·|x| where `flag`, else x − w; both branches use the same names inside. */
const branching = fileOf({
  input: [info("x", [3]), info("flag", [1], 9)],
  output: [info("y", [3])],
  initializer: [floats("w", [1], [10])],
  node: [{
    opType: "If",
    name: "choose",
    input: ["flag"],
    output: ["y"],
    attribute: [
      {
        name: "then_branch",
        type: 5,
        g: graphOf({
          initializer: [floats("k", [1], [2])],
          node: [{ opType: "Abs", name: "abs", input: ["x"], output: ["t"] }, {
            opType: "Mul",
            name: "mul",
            input: ["t", "k"],
            output: ["r"],
          }],
          output: [info("r", [3])],
        }),
      },
      {
        name: "else_branch",
        type: 5,
        g: graphOf({
          node: [{ opType: "Neg", name: "neg", input: ["w"], output: ["t"] }, {
            opType: "Add",
            name: "add",
            input: ["x", "t"],
            output: ["r"],
          }],
          output: [info("r", [3])],
        }),
      },
    ],
  }],
});

/** y = leaky(leaky(x; 0.5); default) through a function that calls another one. */
const functional = fileOf({
  input: [info("x", [3])],
  output: [info("y", [3])],
  node: [
    {
      opType: "Twice",
      domain: "local",
      name: "first",
      input: ["x"],
      output: ["h"],
      attribute: [{ name: "slope", type: 1, f: 0.5 }],
    },
    { opType: "Twice", domain: "local", name: "second", input: ["h"], output: ["y"] },
  ],
}, {
  opsetImport: [{ domain: "", version: 17n }, { domain: "local", version: 1n }],
  functions: [
    {
      name: "Twice",
      domain: "local",
      input: ["a"],
      output: ["b"],
      attributeProto: [{ name: "slope", type: 1, f: 0.25 }],
      opsetImport: [{ domain: "", version: 17n }, { domain: "local", version: 1n }],
      node: [
        {
          opType: "LeakyRelu",
          name: "leaky",
          input: ["a"],
          output: ["t"],
          attribute: [{ name: "alpha", type: 1, refAttrName: "slope" }],
        },
        { opType: "Double", domain: "local", name: "double", input: ["t"], output: ["b"] },
      ],
    },
    {
      name: "Double",
      domain: "local",
      input: ["a"],
      output: ["t"],
      opsetImport: [{ domain: "", version: 17n }],
      node: [{ opType: "Add", name: "add", input: ["a", "a"], output: ["t"] }],
    },
  ],
});

test("a plain file is its own forward model, and all it computes can be tapped", () => {
  const file = dense(), { graph, bytes, rewritten } = openGraph(file);
  expect(rewritten).toBe(false);
  expect(bytes()).toBe(file);
  expect(graph.nodes.map(({ op }) => op)).toEqual(["MatMul", "Add", "Relu"]);
  expect([...graph.inFile]).toEqual(["product", "sum", "y"]);
  expect(graph.inputs).toEqual([{ name: "x", dtype: "float32", dims: ["n", 3] }]);
  expect(graph.opsets).toEqual(new Map([["", 17]]));
});

test("an encoded graph computes what the file computes, to the bit", async () => {
  const file = dense(), feeds = { x: new Tensor("float32", [1, 2, 3, -4, 0.1, 6], [2, 3]) };
  expect((await runModel(encodeGraph(openGraph(file).graph), feeds)).y!.data).toEqual(
    (await runModel(file, feeds)).y!.data,
  );
});

test.each([true, false])("an If on an input pinned to %s is inlined and computes the same", async (value) => {
  const { graph, bytes, rewritten } = openGraph(branching, { pinned: new Map([["flag", bool(value)]]) });
  expect(rewritten).toBe(true);
  expect(graph.nodes.map(({ op }) => op)).toEqual(value ? ["Abs", "Mul"] : ["Neg", "Add"]);
  expect(graph.inputs.map(({ name }) => name)).toEqual(["x"]);
  expect(graph.inFile.has("choose/t")).toBe(true);
  const flag = new Tensor("bool", [value], [1]);
  expect(list((await runModel(bytes(), { x: x(1, -2, 3) })).y)).toEqual(
    list((await runModel(branching, { x: x(1, -2, 3), flag })).y),
  );
});

test("an If whose condition is open stays closed, names what it captures, and goes back to a file", async () => {
  const { graph, rewritten } = openGraph(branching);
  expect(rewritten).toBe(false);
  expect(graph.nodes).toHaveLength(1);
  expect(graph.nodes[0]).toMatchObject({ op: "If", inputs: ["flag", "x", "w"], attributes: {}, closed: { arity: 1 } });
  const feeds = { x: x(1, -2, 3), flag: new Tensor("bool", [true], [1]) };
  expect(list((await runModel(encodeGraph(graph), feeds)).y)).toEqual([2, 4, 6]);
});

test("functions are expanded with their attributes, and each inner tensor has a name of its own", async () => {
  const { graph, bytes, rewritten } = openGraph(functional);
  expect(rewritten).toBe(true);
  expect(graph.nodes.map(({ op, attributes }) => [op, attributes.alpha])).toEqual([
    ["LeakyRelu", 0.5],
    ["Add", undefined],
    ["LeakyRelu", 0.25],
    ["Add", undefined],
  ]);
  const feeds = { x: x(1, -2, -8) }, expected = [4, -1, -4];
  expect(list((await runModel(functional, feeds)).y)).toEqual(expected);
  expect(list((await runModel(bytes(), feeds)).y)).toEqual(expected);
});

test("what a plain file cannot give as an output is not in file", () => {
  const { graph } = buildGraph(create(ModelProtoSchema, modelOf({})));
  expect(graph.inFile.size).toBe(0);
});

test("Constant nodes of every kind become constants", () => {
  const attribute = [
    { name: "value", type: 4, t: longs("", [2], [1n, 2n]) },
    { name: "value_float", type: 1, f: 1.5 },
    { name: "value_floats", type: 6, floats: [1, 2] },
    { name: "value_int", type: 2, i: -3n },
    { name: "value_ints", type: 7, ints: [4n] },
    { name: "value_string", type: 3, s: new TextEncoder().encode("a") },
  ];
  const { graph } = buildGraph(
    modelOf({ node: attribute.map((a, i) => ({ opType: "Constant", output: [`c${i}`], attribute: [a] })) }),
  );
  expect(graph.nodes).toEqual([]);
  expect([...graph.constants.values()].map((c) => [c.dtype, c.dims, Array.from(c.read().data as ArrayLike<number>)]))
    .toEqual([
      ["int64", [2], [1n, 2n]],
      ["float32", [], [1.5]],
      ["float32", [2], [1, 2]],
      ["int64", [], [-3n]],
      ["int64", [1], [4n]],
      ["string", [], ["a"]],
    ]);
});

test("a result that a branch or function only passes on becomes an Identity", async () => {
  const file = fileOf({
    input: [info("x", [2])],
    output: [info("y", [2]), info("z", [2])],
    node: [{ opType: "Pass", domain: "local", name: "pass", input: ["x"], output: ["y", "z"] }],
  }, {
    opsetImport: [{ domain: "", version: 17n }, { domain: "local", version: 1n }],
    functions: [{
      name: "Pass",
      domain: "local",
      input: ["a"],
      output: ["a", "b"],
      opsetImport: [{ domain: "", version: 17n }],
      node: [{ opType: "Neg", input: ["a"], output: ["b"] }],
    }],
  });
  const { y, z } = await runModel(openGraph(file).bytes(), { x: x(1, 2) });
  expect([list(y), list(z)]).toEqual([[1, 2], [-1, -2]]);
});

test("a Loop stays closed and runs when encoded, its captured names in its inputs", async () => {
  const body = graphOf({
    input: [info("i", [], 7), info("go", [], 9), info("acc", [2])],
    output: [info("go_out", [], 9), info("acc_out", [2])],
    node: [{ opType: "Identity", input: ["go"], output: ["go_out"] }, {
      opType: "Add",
      input: ["acc", "scaled"],
      output: ["acc_out"],
    }],
  });
  const file = fileOf({
    input: [info("x", [2])],
    output: [info("y", [2])],
    initializer: [longs("trips", [], [3n]), floats("two", [1], [2])],
    node: [{ opType: "Mul", input: ["x", "two"], output: ["scaled"] }, {
      opType: "Loop",
      name: "loop",
      input: ["trips", "", "x"],
      output: ["y"],
      attribute: [{ name: "body", type: 5, g: body }],
    }],
  });
  const { graph } = openGraph(file);
  expect(graph.nodes[1]).toMatchObject({ op: "Loop", inputs: ["trips", "", "x", "scaled"], closed: { arity: 3 } });
  expect(list((await runModel(encodeGraph(graph), { x: x(1, 2) })).y)).toEqual([7, 14]);
});

test("nodes out of order are put in order", () => {
  const { graph } = buildGraph(
    modelOf({
      input: [info("x", [1])],
      node: [{ opType: "Neg", input: ["t"], output: ["y"] }, { opType: "Abs", input: ["x"], output: ["t"] }],
    }),
  );
  expect(graph.nodes.map(({ op }) => op)).toEqual(["Abs", "Neg"]);
});

test("attributes keep their kind on the way out, also where a float is whole", async () => {
  const file = fileOf({
    input: [info("x", [2])],
    output: [info("y", [2])],
    node: [{ opType: "LeakyRelu", input: ["x"], output: ["y"], attribute: [{ name: "alpha", type: 1, f: 3 }] }],
  });
  expect(list((await runModel(encodeGraph(openGraph(file).graph), { x: x(-1, 2) })).y)).toEqual([-3, 2]);
});
