/**
 * Mixtures of experts, MoE and QMoE: y = Σₑ wₑ · Eₑ(x), w the k largest of softmax(router).
 *
 * Every expert is computed and those not chosen weigh nothing: the runtime skips them, the result is the same.
 *
 * @module
 */
import { type Node, number, text } from "../../graph/graph.ts";
import { int64s } from "../../graph/tensor.ts";
import { because, type Canonicaliser, type Refusal } from "../canonicaliser.ts";
import { Draft } from "../draft.ts";
import { middle, reshaped, unpacked } from "../quantised/nbits.ts";
import type { Scene } from "../scene.ts";

/** One layer of all experts: weights [E, out, in], bias [E, out]. */
interface Layer {
  readonly weight: string;
  readonly bias: string | undefined;
}
interface Experts {
  readonly first: Layer;
  readonly second: Layer;
  /** The linear branch of a gated expert: its result multiplies the activation's. */
  readonly gated: Layer | undefined;
  readonly count: number;
  /** Width between the layers. */
  readonly hidden: number;
}

/** x Wᵀ + b for every expert: [1 or E, T, in] → [E, T, out]. */
function apply(draft: Draft, scene: Scene, x: string, { weight, bias }: Layer): string {
  const product = draft.matmul(x, weight, { transB: true }), dims = scene.dims(bias);
  return bias && dims ? draft.add(product, draft.reshape(bias, [dims[0]!, 1, dims[1]!])) : product;
}

/** Weights of the experts, [E, T, 1]: the k largest probabilities, perhaps divided by their sum. */
function routing(
  draft: Draft,
  node: Node,
  { router, tokens, count }: { router: string; tokens: number; count: number },
): string {
  const k = number(node, "k", 1), probabilities = draft.op("Softmax", [router], { axis: -1 });
  const [largest] = draft.ops("TopK", [probabilities, draft.constant(int64s([k]), "k")], { outputs: 2 }) as [
    string,
    string,
  ];
  const least = draft.op("Slice", [largest, ...[k - 1, k, 1].map((v) => draft.constant(int64s([v]), "bound"))]);
  const chosen = draft.op("Where", [
    draft.op("Less", [probabilities, least]),
    draft.scalar(0, "float32"),
    probabilities,
  ]);
  const sum = () => draft.op("ReduceSum", [chosen, draft.constant(int64s([1]), "axes")], { keepdims: 1 });
  // ONNX Runtime's QMoE divides by the sum whatever the attribute says.
  const weights = node.op === "QMoE" || number(node, "normalize_routing_weights", 0)
    ? draft.op("Div", [chosen, sum()])
    : chosen;
  return draft.reshape(draft.transpose(weights, [1, 0]), [count, tokens, 1]);
}

/** Gate and linear branch of SwiGLU, out of one tensor [E, T, 2·I]: interleaved, or one behind the other. */
function branches(
  draft: Draft,
  h: string,
  { fusion, dims: [e, t, i] }: { fusion: number; dims: readonly [number, number, number] },
): [string, string] {
  if (fusion === 2) return draft.split(h, 2, [i, i]) as [string, string];
  const pairs = draft.reshape(h, [e, t, i, 2]);
  return [draft.pick(pairs, 3, 0), draft.pick(pairs, 3, 1)];
}

function activate(draft: Draft, node: Node, h: string, dims: readonly [number, number, number]): string | Refusal {
  const kind = text(node, "activation_type", "relu"), alpha = number(node, "activation_alpha", 1);
  switch (kind) {
    case "identity":
      return h;
    case "relu":
      return draft.op("Relu", [h]);
    case "gelu": // each kernel has its own form
      return draft.op("Gelu", [h], { approximate: node.op === "QMoE" ? "tanh" : "none" });
    case "silu":
      return draft.op("hyaline.Silu", [h]);
    case "swiglu": {
      const fusion = number(node, "swiglu_fusion", 0), limit = number(node, "swiglu_limit", Infinity);
      if (fusion === 0) return because("its SwiGLU is not fused", node);
      if (number(node, "swiglu_limit_after_activation", 0)) {
        return because("it limits SwiGLU behind the activation", node);
      }
      const bound = (x: string, low: number): string =>
        Number.isFinite(limit)
          ? draft.op("Clip", [
            x,
            Number.isFinite(low) ? draft.scalar(low, "float32") : "",
            draft.scalar(limit, "float32"),
          ])
          : x;
      const [gate, line] = branches(draft, h, { fusion, dims }), beta = number(node, "activation_beta", 0);
      const shifted = beta ? draft.add(bound(line, -limit), draft.scalar(beta, "float32")) : bound(line, -limit);
      return draft.mul(draft.op("hyaline.Silu", [bound(gate, -Infinity)], alpha === 1 ? {} : { alpha }), shifted);
    }
    default:
      return because(`its activation is "${kind}"`, node);
  }
}

function expand(
  draft: Draft,
  scene: Scene,
  node: Node,
  { first, second, gated, count, hidden }: Experts,
): Draft | Refusal {
  const x = scene.dims(node.inputs[0]);
  if (!x) return because("its shapes are not known", node);
  if (number(node, "use_sparse_mixer", 0)) return because("it mixes sparsely", node);
  const width = x.at(-1)!,
    tokens = x.slice(0, -1).reduce((a, b) => a * b, 1),
    rows = draft.reshape(node.inputs[0]!, [1, tokens, width]);
  const h = activate(draft, node, apply(draft, scene, rows, first), [count, tokens, hidden]);
  if (typeof h !== "string") return h;
  const y = apply(draft, scene, gated ? draft.mul(h, apply(draft, scene, rows, gated)) : h, second);
  const weights = routing(draft, node, { router: node.inputs[1]!, tokens, count });
  const sum = draft.op("ReduceSum", [draft.mul(y, weights), draft.constant(int64s([0]), "axes")], { keepdims: 0 });
  return draft.ends(draft.reshape(sum, x));
}

/** MoE → all experts, weighted by the router. */
export const experts: Canonicaliser = {
  name: "MoE",
  summary: "MoE → Σₑ wₑ Eₑ(x), w the k largest of softmax(router)",
  at: ["com.microsoft.MoE"],
  rewrite(node, scene) {
    const dims = scene.dims(node.inputs[4]);
    if (!dims) return because("the shapes of its weights are not known", node);
    const layer = (i: number): Layer => ({ weight: node.inputs[i]!, bias: node.inputs[i + 1] || undefined });
    const gated = node.inputs[6] ? layer(6) : undefined;
    return expand(new Draft(node, scene), scene, node, {
      first: layer(2),
      second: layer(4),
      gated,
      count: dims[0]!,
      hidden: dims[2]!,
    });
  },
};

/** QMoE → the same on weights dequantised by rows or by blocks of them. */
export const quantisedExperts: Canonicaliser = {
  name: "QMoE",
  summary: "QMoE → Σₑ wₑ Eₑ(x) on dequantised weights",
  at: ["com.microsoft.QMoE"],
  rewrite(node, scene) {
    const bits = number(node, "expert_weight_bits", 4), draft = new Draft(node, scene);
    if (bits !== 4 && bits !== 8) return because(`weights of ${bits} bits have no ONNX type`, node);
    if (text(node, "quant_type", "int") !== "int") {
      return because(`its weights are ${text(node, "quant_type", "int")}`, node);
    }
    if (node.inputs[14]) return because("its router gives weights of its own", node);
    const sizes: number[][] = [];
    /** Weights at input i, scales and bias behind; zero points at input z. */
    const layer = (i: number, z: number): Layer | undefined => {
      const bytes = scene.constant(node.inputs[i]),
        scales = scene.constant(node.inputs[i + 1]),
        zeros = scene.constant(node.inputs[z]);
      if (!bytes || !scales || (node.inputs[z] && !zeros)) return undefined;
      const [count, rows, packed] = bytes.dims as [number, number, number], columns = (packed * 8) / bits;
      const block = number(node, "block_size", 0) || columns, blocks = Math.ceil(columns / block);
      // Packed along their last axis: the blocks of a row, or the rows themselves where each is one block.
      const [stacks, each] = scales.dims.length === 2 ? [count, rows] : [count * rows, blocks],
        stored = Math.ceil((each * bits) / 8) * (8 / bits);
      const points = zeros
        ? unpacked(zeros, { rows: stacks, columns: each, stored, bits })
        : middle(count * rows, blocks, bits);
      sizes.push([count, rows, columns]);
      const weight = draft.op("DequantizeLinear", [
        draft.lazy(
          reshaped(unpacked(bytes, { rows: count * rows, columns, stored: columns, bits }), [count, rows, columns]),
          "weight",
        ),
        draft.lazy(reshaped(scales, [count, rows, blocks]), "scales"),
        draft.lazy(reshaped(points, [count, rows, blocks]), "zeros"),
      ], { axis: 2, block_size: block });
      return { weight, bias: node.inputs[i + 2] || undefined };
    };
    const first = layer(2, 11),
      second = layer(5, 12),
      gated = node.inputs[8] ? layer(8, 13) : undefined,
      [count, , hidden] = sizes[1] ?? [];
    if (!first || !second || (node.inputs[8] && !gated)) return because("its weights are not constants", node);
    return expand(draft, scene, node, { first, second, gated, count: count!, hidden: hidden! });
  },
};
