import { describe, expect, test } from "vitest";
import { encodeGraph } from "../../onnx/encode.ts";
import { openSession } from "../../runtime/session.ts";
import { constant, type Graph } from "../graph.ts";
import { infer } from "../infer.ts";
import { numbers, type Tensor } from "../tensor.ts";
import { type Case, cases } from "./cases.testing.ts";
import { shapeRules } from "./table.ts";

/** A model of one node. */
function modelOf({ op, inputs, attributes, outputs, opset }: Case): { graph: Graph; feeds: Map<string, Tensor> } {
  const dot = op.lastIndexOf("."), names = inputs.map((given, i) => (given ? `x${i}` : ""));
  const feeds = new Map(
    inputs.flatMap((given, i) => (given && !given.fixed ? [[`x${i}`, given.tensor] as const] : [])),
  );
  const made = Array.from({ length: outputs }, (_, i) => `y${i}`);
  const graph: Graph = {
    inputs: [...feeds].map(([name, { dtype, dims }]) => ({ name, dtype, dims })),
    outputs: made.map((name) => ({ name, dtype: "float32", dims: [] })),
    nodes: [{
      op: op.slice(dot + 1),
      domain: dot < 0 ? "" : op.slice(0, dot),
      name: "node",
      inputs: names,
      outputs: made,
      attributes,
    }],
    constants: new Map(
      inputs.flatMap((given, i) => (given?.fixed ? [[`x${i}`, constant(given.tensor)] as const] : [])),
    ),
    inFile: new Set(made),
    opsets: new Map([["", opset], ["com.microsoft", 1]]),
  };
  return { graph, feeds };
}
const title = ({ op, opset, inputs, attributes }: Case): string =>
  `${op}-${opset}(${inputs.map((given) => (given ? `${given.tensor.dtype}[${given.tensor.dims}]` : "·")).join(", ")}) ${
    JSON.stringify(attributes, (_, value) => (typeof value === "bigint" ? Number(value) : value))
  }`;
/** Beyond the runtime's float32, folding in doubles may differ in the last bit. */
const close = (a: number, b: number): boolean =>
  a === b || Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(a)) || (Number.isNaN(a) && Number.isNaN(b));

describe("every shape rule agrees with ONNX Runtime", () => {
  test.each(cases.map((one) => [title(one), one] as const))("%s", async (_, one) => {
    const { graph, feeds } = modelOf(one);
    const session = await openSession(encodeGraph(graph), { backend: "wasm", threads: 1, level: "disabled" });
    const ran = await session.run(feeds);
    await session.release();
    const inputs = new Map([...feeds].map(([name, { dtype, dims }]) => [name, { dtype, dims }]));
    const { types, unknown } = infer(graph, inputs), { known } = infer(graph, inputs, { pinned: feeds });
    expect(unknown).toEqual([]);
    for (const [name, tensor] of ran) {
      expect(types.get(name), name).toEqual({ dtype: tensor.dtype, dims: tensor.dims });
      const folded = known.get(name);
      if (!folded) continue;
      const [a, b] = [numbers(folded), numbers(tensor)];
      expect(a.every((v, i) => close(v, b[i]!)), `${name}: ${a} is not ${b}`).toBe(true);
    }
  });
});

test("operators without a case here are few and named", () => {
  const covered = new Set(cases.map(({ op }) => op));
  const rest = [...shapeRules.keys()].filter((op) => !covered.has(op)).sort();
  expect(rest).toMatchInlineSnapshot(`
    [
      "Bernoulli",
      "BitShift",
      "BitwiseAnd",
      "BitwiseNot",
      "BitwiseOr",
      "BitwiseXor",
      "GlobalLpPool",
      "LRN",
      "LpNormalization",
      "LpPool",
      "MeanVarianceNormalization",
      "RandomNormal",
      "RandomNormalLike",
      "RandomUniform",
      "RandomUniformLike",
      "Scatter",
      "Shrink",
      "Swish",
      "com.microsoft.BiasSoftmax",
      "com.microsoft.DecoderMaskedMultiHeadAttention",
      "com.microsoft.DequantizeLinear",
      "com.microsoft.GatedRelativePositionBias",
      "com.microsoft.MoE",
      "com.microsoft.QAttention",
      "com.microsoft.QEmbedLayerNormalization",
      "com.microsoft.QLinearMul",
      "com.microsoft.QMoE",
      "com.microsoft.QuantizeLinear",
      "com.microsoft.RelativePositionBias",
      "com.microsoft.TransposeMatMul",
      "hyaline.Silu",
    ]
  `);
});
