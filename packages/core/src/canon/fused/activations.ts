/**
 * Fused activations, softmax and matrix products of ONNX Runtime's optimizer.
 *
 * @module
 */
import { type Node, number, text } from "../../graph/graph.ts";
import { because, type Canonicaliser } from "../canonicaliser.ts";
import { Draft } from "../draft.ts";
import type { Scene } from "../scene.ts";

/** A canonicaliser for an operator that stands for one fixed expansion. */
export const fused = (
  op: string,
  summary: string,
  write: (draft: Draft, node: Node, scene: Scene) => string,
): Canonicaliser => ({
  name: op,
  summary,
  at: [`com.microsoft.${op}`],
  rewrite(node, scene) {
    const draft = new Draft(node, scene);
    return draft.ends(write(draft, node, scene));
  },
});

const biased = (draft: Draft, { inputs: [x, bias] }: Node): string => (bias ? draft.add(x!, bias) : x!);

/** What `activation` of FusedGemm and FusedConv names; `undefined` for none that is known. */
function activate(draft: Draft, node: Node, x: string): string | undefined {
  const name = text(node, "activation", "");
  const parameters = (node.attributes["activation_params"] as readonly number[] | undefined) ?? [];
  switch (name) {
    case "":
      return x;
    case "Relu":
    case "Tanh":
    case "Sigmoid":
    case "Softplus":
    case "Softsign":
      return draft.op(name, [x]);
    case "LeakyRelu":
    case "Elu":
      return draft.op(name, [x], {
        alpha: parameters[0] ?? number(node, "activation_alpha", name === "Elu" ? 1 : 0.01),
      });
    case "Clip":
      return draft.op("Clip", [
        x,
        draft.scalar(parameters[0] ?? 0, "float32"),
        draft.scalar(parameters[1] ?? 1, "float32"),
      ]);
    default:
      return undefined;
  }
}
const OWN_ATTRIBUTES = new Set([
  "activation",
  "activation_params",
  "activation_alpha",
  "activation_beta",
  "activation_gamma",
]);
const plainAttributes = (node: Node) =>
  Object.fromEntries(Object.entries(node.attributes).filter(([name]) => !OWN_ATTRIBUTES.has(name)));

/** FusedGemm, FusedConv: the product, [+ z,] then the activation. */
const activated = (op: "Gemm" | "Conv"): Canonicaliser => ({
  name: `Fused${op}`,
  summary: `Fused${op} → ${op}, activation`,
  at: [`com.microsoft.Fused${op}`],
  rewrite(node, scene) {
    const draft = new Draft(node, scene), inputs = node.inputs.slice(0, 3);
    while (inputs.at(-1) === "") inputs.pop();
    let product = draft.op(op, inputs, plainAttributes(node));
    if (op === "Conv" && node.inputs[3]) product = draft.add(product, node.inputs[3]);
    const y = activate(draft, node, product);
    return y ? draft.ends(y) : because(`its activation is "${text(node, "activation", "")}"`, node);
  },
});

/** op(A)·op(B)·α, with the batch axes of an operand in front of its last axis where `transBatch` says so. */
const fusedMatMul: Canonicaliser = {
  name: "FusedMatMul",
  summary: "FusedMatMul → MatMul with transA, transB, alpha",
  at: ["com.microsoft.FusedMatMul", "com.microsoft.TransposeMatMul"],
  rewrite(node, scene) {
    const draft = new Draft(node, scene);
    const side = (i: number, letter: "A" | "B"): string => {
      const rank = scene.dims(node.inputs[i])?.length ?? 0;
      if (!number(node, `transBatch${letter}`, 0) || rank < 3) return node.inputs[i]!;
      return draft.transpose(node.inputs[i]!, [
        ...Array.from({ length: rank - 2 }, (_, axis) => axis + 1),
        0,
        rank - 1,
      ]);
    };
    const turned = (i: number, letter: "A" | "B"): boolean =>
      number(node, `trans${letter}`, 0) === 1 && (scene.dims(node.inputs[i])?.length ?? 0) > 1;
    const [a, b] = [side(0, "A"), side(1, "B")];
    return draft.ends(
      draft.matmul(a, b, { transA: turned(0, "A"), transB: turned(1, "B"), alpha: number(node, "alpha", 1) }),
    );
  },
};

/** Softmax(data + bias); a bias not innermost is repeated in front. */
const biasSoftmax: Canonicaliser = {
  name: "BiasSoftmax",
  summary: "BiasSoftmax → Softmax(x + bias)",
  at: ["com.microsoft.BiasSoftmax"],
  rewrite(node, scene) {
    const draft = new Draft(node, scene), [x, bias] = [scene.dims(node.inputs[0]), scene.dims(node.inputs[1])];
    if (!x || !bias) return because("its shapes are not known", node);
    const axis = number(node, "axis", 1), last = axis < 0 ? axis + x.length : axis;
    if (last !== x.length - 1) return because(`it runs over ${x.length - last} axes at once`, node);
    return draft.ends(draft.op("Softmax", [draft.add(node.inputs[0]!, node.inputs[1]!)], { axis: -1 }));
  },
};

export const activations: readonly Canonicaliser[] = [
  fused("Gelu", "Gelu → Gelu", (draft, node) => draft.op("Gelu", [node.inputs[0]!], { approximate: "none" })),
  fused(
    "BiasGelu",
    "BiasGelu → Gelu(x + b)",
    (draft, node) => draft.op("Gelu", [biased(draft, node)], { approximate: "none" }),
  ),
  fused(
    "FastGelu",
    "FastGelu → Gelu(x + b), approximate",
    (draft, node) => draft.op("Gelu", [biased(draft, node)], { approximate: "tanh" }),
  ),
  fused("QuickGelu", "QuickGelu → x σ(αx)", (draft, node) => {
    const alpha = number(node, "alpha", 1.702);
    return draft.op("hyaline.Silu", [node.inputs[0]!], alpha === 1 ? {} : { alpha });
  }),
  activated("Gemm"),
  activated("Conv"),
  fusedMatMul,
  biasSoftmax,
];
