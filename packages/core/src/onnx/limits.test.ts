import { expect, test } from "vitest";
import { checkLimits, defaultLimits } from "./limits.ts";
import { floats, graphOf, info, longs, modelOf } from "./sample.ts";

const shaped = (opType: string, shape: bigint[]) =>
  modelOf({
    initializer: [longs("shape", [shape.length], shape), floats("one", [1], [1])],
    output: [info("y", ["n"])],
    node: [{ opType, name: "bomb", input: opType === "ConstantOfShape" ? ["shape"] : ["one", "shape"], output: ["y"] }],
  });
const tensor = (fields: object) => modelOf({ initializer: [{ name: "t", dataType: 1, ...fields }] });

test.each([
  ["a constant of 2^40 elements", tensor({ dims: [1n << 40n], dataLocation: 1 }), "MODEL_TOO_LARGE"],
  ["sizes whose product overflows", tensor({ dims: [1n << 32n, 1n << 32n] }), "MODEL_TOO_LARGE"],
  ["a product that wraps around to zero", tensor({ dims: [1n << 32n, 1n << 32n, 1n << 32n] }), "MODEL_TOO_LARGE"],
  ["a giant size hidden by a zero", tensor({ dims: [1n << 60n, 0n] }), "MODEL_TOO_LARGE"],
  ["a negative size", tensor({ dims: [-1n, 4n] }), "MODEL_MALFORMED"],
  [
    "two negative sizes whose product is positive",
    tensor({ dims: [-2n, -2n], rawData: new Uint8Array(16) }),
    "MODEL_MALFORMED",
  ],
  ["forty sizes", tensor({ dims: Array(40).fill(1n), floatData: [1] }), "MODEL_TOO_LARGE"],
  ["fewer bytes than the shape needs", tensor({ dims: [4n], rawData: new Uint8Array(12) }), "MODEL_MALFORMED"],
  ["more bytes than the shape needs", tensor({ dims: [4n], rawData: new Uint8Array(20) }), "MODEL_MALFORMED"],
  ["fewer elements than the shape needs", tensor({ dims: [4n], floatData: [1, 2] }), "MODEL_MALFORMED"],
  ["text as raw bytes", tensor({ dataType: 8, dims: [1n], rawData: new Uint8Array(1) }), "MODEL_MALFORMED"],
  ["an 8-bit float", tensor({ dataType: 17, dims: [1n], rawData: new Uint8Array(1) }), "TYPE_UNSUPPORTED"],
  ["a type ONNX does not know", tensor({ dataType: 99, dims: [1n] }), "TYPE_UNSUPPORTED"],
  ["an input of impossible size", modelOf({ input: [info("x", [2 ** 40, 2 ** 40])] }), "MODEL_TOO_LARGE"],
  ["ConstantOfShape as a bomb", shaped("ConstantOfShape", [1n << 20n, 1n << 14n]), "MODEL_TOO_LARGE"],
  ["Expand as a bomb", shaped("Expand", [1n << 40n]), "MODEL_TOO_LARGE"],
  ["Tile as a bomb", shaped("Tile", [1n << 40n]), "MODEL_TOO_LARGE"],
  [
    "Range as a bomb",
    modelOf({
      initializer: [longs("start", [], [0n]), longs("limit", [], [1n << 50n]), longs("delta", [], [1n])],
      node: [{ opType: "Range", name: "bomb", input: ["start", "limit", "delta"], output: ["y"] }],
    }),
    "MODEL_TOO_LARGE",
  ],
  ["ConstantOfShape with a negative size", shaped("ConstantOfShape", [-1n]), "MODEL_MALFORMED"],
  ["a sparse initializer", modelOf({ sparseInitializer: [{ values: { name: "s" } }] }), "TYPE_UNSUPPORTED"],
])("%s is refused before the runtime sees it", (_, model, code) => {
  expect(() => checkLimits(model)).toThrow(expect.objectContaining({ code }));
});

test("a bomb inside a Constant node and a branch is found", () => {
  const branch = graphOf({
    node: [
      { opType: "Constant", output: ["s"], attribute: [{ name: "value", type: 4, t: longs("", [1], [1n << 40n]) }] },
      { opType: "ConstantOfShape", input: ["s"], output: ["y"] },
    ],
  });
  const model = modelOf({
    node: [{ opType: "If", input: ["c"], output: ["z"], attribute: [{ name: "then_branch", type: 5, g: branch }] }],
  });
  expect(() => checkLimits(model)).toThrow(expect.objectContaining({ code: "MODEL_TOO_LARGE" }));
});

test("nodes, total bytes and nesting are counted", () => {
  const relus = modelOf({ node: Array.from({ length: 5 }, () => ({ opType: "Relu" })) });
  expect(() => checkLimits(relus, { ...defaultLimits, nodes: 4 })).toThrow(
    expect.objectContaining({ code: "MODEL_TOO_LARGE" }),
  );
  checkLimits(relus, { ...defaultLimits, nodes: 5 });

  const two = modelOf({ initializer: [floats("a", [4], [1, 2, 3, 4]), floats("b", [4], [1, 2, 3, 4])] });
  expect(() => checkLimits(two, { ...defaultLimits, totalBytes: 31 })).toThrow(
    expect.objectContaining({ code: "MODEL_TOO_LARGE" }),
  );
  checkLimits(two, { ...defaultLimits, totalBytes: 32 });

  let graph = graphOf({});
  for (let i = 0; i < 20; i++) {
    graph = graphOf({ node: [{ opType: "If", attribute: [{ name: "then_branch", type: 5, g: graph }] }] });
  }
  expect(() => checkLimits(modelOf(graph))).toThrow(expect.objectContaining({ code: "MODEL_TOO_LARGE" }));
});

test("unknown sizes, written as −1 by some exporters, are no error", () =>
  checkLimits(modelOf({ input: [info("x", [-1, 3])] })));
test("4-bit elements are counted two to a byte", () =>
  checkLimits(tensor({ dataType: 22, dims: [3n], rawData: new Uint8Array(2) })));
