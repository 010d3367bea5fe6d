import { Tensor } from "onnxruntime-web";
import { expect, test } from "vitest";
import { HyalineError } from "../errors.ts";
import { appendOutputs } from "../onnx/append_outputs.ts";
import { encodeGraph } from "../onnx/encode.ts";
import { dense, fileOf, graphOf, info, runModel } from "../onnx/sample.ts";
import { openGraph } from "./open.ts";

const local = [{ domain: "", version: 17n }, { domain: "local", version: 1n }];

/** z = −leaky(x) by a function called in a branch that a constant chooses. */
const nested = fileOf({
  input: [info("x", [3])],
  output: [info("z", [3])],
  node: [
    {
      opType: "Constant",
      output: ["c"],
      attribute: [{ name: "value", type: 4, t: { dataType: 9, dims: [], int32Data: [0] } }],
    },
    { opType: "Not", input: ["c"], output: ["d"] },
    {
      opType: "If",
      name: "if",
      input: ["d"],
      output: ["y"],
      attribute: [
        {
          name: "then_branch",
          type: 5,
          g: graphOf({
            node: [{ opType: "F", domain: "local", name: "call", input: ["x"], output: ["r"] }],
            output: [info("r", [3])],
          }),
        },
        {
          name: "else_branch",
          type: 5,
          g: graphOf({ node: [{ opType: "Abs", input: ["x"], output: ["r"] }], output: [info("r", [3])] }),
        },
      ],
    },
    { opType: "Neg", name: "neg", input: ["y"], output: ["z"] },
  ],
}, {
  opsetImport: local,
  functions: [{
    name: "F",
    domain: "local",
    input: ["a"],
    output: ["b"],
    opsetImport: local,
    node: [{
      opType: "LeakyRelu",
      name: "leaky",
      input: ["a"],
      output: ["t"],
      attribute: [{ name: "alpha", type: 1, f: 0.5 }],
    }, { opType: "Identity", input: ["t"], output: ["b"] }],
  }],
});

test("every name in file can be made an output of the bytes that run", async () => {
  for (const file of [nested, dense()]) {
    const { graph, bytes } = openGraph(file),
      feeds = {
        x: file === nested ? new Tensor("float32", [1, -2, 3], [3]) : new Tensor("float32", [1, 2, 3], [1, 3]),
      };
    const output = graph.outputs[0]!.name, names = [...graph.inFile].filter((name) => name !== output);
    const plain = await runModel(file, feeds), tapped = await runModel(appendOutputs(bytes(), names), feeds);
    expect(Object.keys(tapped).sort()).toEqual([output, ...names].sort());
    expect(tapped[output]!.data).toEqual(plain[output]!.data);
  }
});

test("a function called in a branch is expanded in place", () => {
  const { graph, rewritten } = openGraph(nested);
  expect(rewritten).toBe(true);
  expect(graph.nodes.map(({ op }) => op)).toEqual(["Not", "LeakyRelu", "Identity", "Neg"]);
});

test("a limit can be set where a file is opened", () => {
  expect(() => openGraph(dense(), { limits: { nodes: 2 } })).toThrow(
    expect.objectContaining({ code: "MODEL_TOO_LARGE" }),
  );
});

test("a damaged file is a graph or a typed error, never anything else", () => {
  let state = 12345;
  const random = (below: number) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % below;
  const seeds = [nested, dense(), encodeGraph(openGraph(nested).graph)], codes = new Set<string>();
  for (let i = 0; i < 3000; i++) {
    const seed = seeds[i % seeds.length]!, mutant = seed.slice(0, i % 10 ? seed.length : random(seed.length));
    for (let k = random(5) + 1; k > 0 && mutant.length; k--) mutant[random(mutant.length)] = random(256);
    try {
      const { graph } = openGraph(mutant);
      for (const constant of graph.constants.values()) constant.read();
      encodeGraph(graph);
      codes.add("opened");
    } catch (error) {
      if (!(error instanceof HyalineError)) throw error;
      codes.add(error.code);
    }
  }
  expect([...codes]).toEqual(expect.arrayContaining(["opened", "FILE_TRUNCATED", "MODEL_MALFORMED", "NOT_ONNX"]));
  expect(codes.has("INTERNAL")).toBe(false);
});
