import { expect, test } from "vitest";
import { info, modelOf } from "../onnx/sample.ts";
import { buildGraph } from "./build.ts";

const recursive = {
  name: "F",
  domain: "local",
  input: ["a"],
  output: ["b"],
  opsetImport: [{ domain: "", version: 17n }],
  node: [{ opType: "F", domain: "local", input: ["a"], output: ["b"] }],
};
const chain = Array.from({ length: 25 }, (_, i) => ({
  name: `F${i}`,
  domain: "local",
  input: ["a"],
  output: ["b"],
  opsetImport: [],
  node: i < 24
    ? ["a", "t"].map((input, j) => ({ opType: `F${i + 1}`, domain: "local", input: [input], output: [j ? "b" : "t"] }))
    : [{ opType: "Neg", input: ["a"], output: ["b"] }],
}));
const local = [{ domain: "", version: 17n }, { domain: "local", version: 1n }];

test.each([
  [
    "a node that reads what nothing makes",
    modelOf({ node: [{ opType: "Neg", input: ["ghost"], output: ["y"] }] }),
    "MODEL_MALFORMED",
  ],
  [
    "nodes that wait for each other",
    modelOf({ node: [{ opType: "Neg", input: ["a"], output: ["b"] }, { opType: "Neg", input: ["b"], output: ["a"] }] }),
    "MODEL_MALFORMED",
  ],
  [
    "a condition made from itself",
    modelOf({
      node: [{ opType: "Identity", input: ["a"], output: ["a"] }, { opType: "If", input: ["a"], output: ["y"] }],
    }),
    "MODEL_MALFORMED",
  ],
  [
    "a name made twice",
    modelOf({
      input: [info("x", [1])],
      node: [{ opType: "Neg", input: ["x"], output: ["y"] }, { opType: "Abs", input: ["x"], output: ["y"] }],
    }),
    "MODEL_MALFORMED",
  ],
  ["an output that nothing makes", modelOf({ output: [info("y", [1])] }), "MODEL_MALFORMED"],
  [
    "a function that calls itself",
    modelOf({ input: [info("x", [1])], node: [{ opType: "F", domain: "local", input: ["x"], output: ["y"] }] }, {
      opsetImport: local,
      functions: [recursive],
    }),
    "MODEL_MALFORMED",
  ],
  [
    "functions that double 25 times",
    modelOf({ input: [info("x", [1])], node: [{ opType: "F0", domain: "local", input: ["x"], output: ["y"] }] }, {
      opsetImport: local,
      functions: chain,
    }),
    "MODEL_TOO_LARGE",
  ],
  [
    "a function for another operator set",
    modelOf({ input: [info("x", [1])], node: [{ opType: "F", domain: "local", input: ["x"], output: ["y"] }] }, {
      opsetImport: local,
      functions: [{ ...recursive, opsetImport: [{ domain: "", version: 12n }] }],
    }),
    "MODEL_MALFORMED",
  ],
  ["a Constant without a value", modelOf({ node: [{ opType: "Constant", output: ["c"] }] }), "MODEL_MALFORMED"],
  [
    "an input that is a sequence",
    modelOf({ input: [{ name: "s", type: { value: { case: "sequenceType", value: {} } } }] }),
    "TYPE_UNSUPPORTED",
  ],
  [
    "an input of unknown rank",
    modelOf({ input: [{ name: "s", type: { value: { case: "tensorType", value: { elemType: 1 } } } }] }),
    "TYPE_UNSUPPORTED",
  ],
])("%s is refused", (_, model, code) => {
  expect(() => buildGraph(model)).toThrow(expect.objectContaining({ code }));
});
