import { describe, expect, test } from "vitest";
import { fromNumbers } from "../../graph/fold.ts";
import { infer } from "../../graph/infer.ts";
import { canonicalise } from "../canonicalise.ts";
import { compare, Sketch } from "../testing.ts";

/** One fused node, what it becomes, before and after on ONNX Runtime. */
async function becomes(s: Sketch, outputs: readonly string[], ops: readonly string[]): Promise<void> {
  const compared = await compare(s, outputs);
  expect(compared.ops).toEqual(ops);
  expect(compared.error).toBeLessThan(1e-5);
}

describe("fused activations", () => {
  test.each([
    ["Gelu", false, ["Gelu"]],
    ["BiasGelu", true, ["Add", "Gelu"]],
    ["FastGelu", true, ["Add", "Gelu"]],
    ["FastGelu", false, ["Gelu"]],
    ["QuickGelu", false, ["hyaline.Silu"]],
  ])("%s with bias %s", async (op, bias, ops) => {
    const s = new Sketch();
    await becomes(s, [s.op(`com.microsoft.${op}`, [s.input(2, 8), ...(bias ? [s.c([8])] : [])])], ops);
  });
});

describe("fused products", () => {
  test.each([{ activation: "Tanh" }, { activation: "Relu" }, { activation: "LeakyRelu", activation_alpha: 0.2 }])(
    "FusedGemm, %o",
    async (attributes) => {
      const s = new Sketch();
      await becomes(s, [
        s.op("com.microsoft.FusedGemm", [s.input(2, 8), s.c([5, 8]), s.c([5])], { transB: 1, ...attributes }),
      ], ["Gemm", attributes.activation]);
    },
  );
  test("FusedConv", async () => {
    const s = new Sketch();
    await becomes(s, [
      s.op("com.microsoft.FusedConv", [s.input(1, 2, 9), s.c([3, 2, 3]), s.c([3])], {
        activation: "Relu",
        pads: [1, 1],
      }),
    ], ["Conv", "Relu"]);
  });
  test("FusedMatMul with transposes and a factor", async () => {
    const s = new Sketch();
    await becomes(s, [
      s.op("com.microsoft.FusedMatMul", [s.input(2, 8, 3), s.input(2, 5, 8)], { transA: 1, transB: 1, alpha: 0.25 }),
    ], ["MatMul"]);
  });
  test("FusedMatMul with its batch behind the rows", async () => {
    const s = new Sketch();
    await becomes(s, [s.op("com.microsoft.FusedMatMul", [s.input(3, 2, 8), s.input(2, 8, 5)], { transBatchA: 1 })], [
      "Transpose",
      "MatMul",
    ]);
  });
  test("refuses an activation it does not know", async () => {
    const s = new Sketch(),
      y = s.op("com.microsoft.FusedGemm", [s.input(2, 8), s.c([8, 5])], {
        activation: "HardSigmoid",
        activation_alpha: 0.2,
        activation_beta: 0.5,
      });
    const { report } = await compare(s, [y]);
    expect(report.refused.map(({ because }) => because)).toEqual(['its activation is "HardSigmoid"']);
  });
});

describe("fused norms", () => {
  test("SimplifiedLayerNormalization", async () => {
    const s = new Sketch();
    await becomes(s, [
      s.op("SimplifiedLayerNormalization", [s.input(2, 3, 8), s.c([8])], { epsilon: 1e-6, stash_type: 1 }),
    ], ["RMSNormalization"]);
  });
  test("SkipLayerNormalization, with a bias and the residual stream as an output", async () => {
    const s = new Sketch(),
      [y, , , sum] = s.ops(
        "com.microsoft.SkipLayerNormalization",
        [s.input(2, 3, 8), s.input(2, 3, 8), s.c([8]), s.c([8]), s.c([8])],
        4,
        { epsilon: 1e-5 },
      );
    await becomes(s, [y!, sum!], ["Add", "Add", "LayerNormalization"]);
  });
  test("SkipSimplifiedLayerNormalization", async () => {
    const s = new Sketch(),
      [y, , , sum] = s.ops(
        "com.microsoft.SkipSimplifiedLayerNormalization",
        [s.input(2, 3, 8), s.input(2, 3, 8), s.c([8])],
        4,
        { epsilon: 1e-5 },
      );
    await becomes(s, [y!, sum!], ["Add", "RMSNormalization"]);
  });
  test("EmbedLayerNormalization keeps the look-ups apart, and counts the mask", async () => {
    const s = new Sketch(), int = (...values: number[]) => s.feed(fromNumbers("int32", [1, 3], values));
    const [y, lengths] = s.ops("com.microsoft.EmbedLayerNormalization", [
      int(1, 0, 2),
      int(0, 0, 1),
      s.c([4, 8]),
      s.c([5, 8]),
      s.c([2, 8]),
      s.c([8]),
      s.c([8]),
      int(1, 1, 0),
    ], 2);
    await becomes(s, [y!, lengths!], ["Gather", "Add", "Gather", "Add", "LayerNormalization", "Cast", "ReduceSum"]);
  });
  test("refuses a norm whose statistics are read", () => {
    const s = new Sketch(), x = [s.input(2, 3, 8), s.input(2, 3, 8), s.c([8])];
    const graph = s.graph(s.ops("com.microsoft.SkipLayerNormalization", x, 2)), inputs = new Map([...s.feeds]);
    const { report } = canonicalise(graph, infer(graph, inputs));
    expect(report.refused.map(({ because }) => because)).toEqual(["its statistics are read"]);
  });
});
