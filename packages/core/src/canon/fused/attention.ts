/**
 * com.microsoft.Attention and QAttention: one packed projection, then multi-head attention.
 *
 * @module
 */
import { ints, type Node, number } from "../../graph/graph.ts";
import { because, type Canonicaliser, type Refusal } from "../canonicaliser.ts";
import { Draft } from "../draft.ts";
import { dequantised, roundedFrom } from "../quantised/real.ts";
import type { Scene } from "../scene.ts";
import { attend, causal, fromHeads, lengthBias, maskBias, toHeads } from "./heads.ts";

/** What is left to do once x, the weight and the places of the other inputs are known. */
interface Packed {
  readonly x: string;
  readonly weight: string;
  readonly bias: string | undefined;
  readonly mask: string | undefined;
  readonly past: string | undefined;
  readonly added: string | undefined;
}

/** A mask input as a bias on the scores, or why it cannot be read. */
export function masked(
  draft: Draft,
  scene: Scene,
  node: Node,
  { mask, batch, queries, keys, dtype }: {
    mask: string | undefined;
    batch: number;
    queries: number;
    keys: number;
    dtype: "float32" | "float16";
  },
): string | undefined | Refusal {
  if (!mask) return undefined;
  const dims = scene.dims(mask), filter = number(node, "mask_filter_value", -10000);
  if (!dims) return because("the shape of its mask is not known", node);
  if (dims.length === 1 && dims[0] === batch) return lengthBias(draft, mask, { filter, dtype, keys, batch });
  if (dims.length === 2 && dims[1] === keys) {
    return maskBias(draft, mask, { filter, dtype, dims: [dims[0]!, 1, 1, keys] });
  }
  if (dims.length === 3 && dims[1] === queries && dims[2] === keys) {
    return maskBias(draft, mask, { filter, dtype, dims: [dims[0]!, 1, queries, keys] });
  }
  return because(`its mask has the shape [${dims}]`, node);
}

function expand(
  draft: Draft,
  scene: Scene,
  node: Node,
  { x, weight, bias, mask, past, added }: Packed,
): Draft | Refusal {
  const type = scene.type(x), w = scene.dims(node.inputs[1]), heads = number(node, "num_heads", 1);
  if (!type || !w) return because("its shapes are not known", node);
  if (number(node, "do_rotary", 0)) return because("it rotates inside", node);
  if (past && (scene.dims(past)?.[3] ?? 1) > 0) return because("it continues from a cache", node);
  const [batch, length] = type.dims as [number, number],
    third = w[1]! / 3,
    [dq, dk, dv] = (ints(node, "qkv_hidden_sizes") ?? [third, third, third]) as [number, number, number];
  const dtype = type.dtype === "float16" ? "float16" : "float32";
  const projected = draft.matmul(x, weight), all = bias ? draft.add(projected, bias) : projected;
  const [q, k, v] = draft.split(all, 2, [dq, dk, dv]).map((part, i) =>
    toHeads(draft, part, [batch, length, heads, [dq, dk, dv][i]! / heads])
  ) as [string, string, string];
  const seen = masked(draft, scene, node, { mask, batch, queries: length, keys: length, dtype });
  if (seen && typeof seen !== "string") return seen;
  const biases = [
    number(node, "unidirectional", 0) ? causal(draft, { queries: length, keys: length, dtype }) : undefined,
    seen,
    added,
  ];
  const y = attend(draft, { q, k, v, scale: number(node, "scale", 0) || 1 / Math.sqrt(dq / heads), biases, dtype });
  if (scene.isUsed(node.outputs[1])) {
    const cache = (t: string): string => draft.reshape(t, [1, batch, heads, length, dk / heads]);
    draft.ends(draft.concat([cache(k), cache(v)], 0), 1);
  }
  return draft.ends(fromHeads(draft, y, [batch, heads, length, dv / heads]));
}

/** Attention → MatMul, Split, softmax(Q Kᵀ/√H + masks) V. */
export const packedAttention: Canonicaliser = {
  name: "Attention",
  summary: "com.microsoft.Attention → projection, heads, softmax(Q Kᵀ/√H + masks) V",
  at: ["com.microsoft.Attention"],
  rewrite(node, scene) {
    const [x, weight, bias, mask, past, added] = node.inputs.map((name) => name || undefined) as [
      string,
      string,
      ...(string | undefined)[],
    ];
    return expand(new Draft(node, scene), scene, node, { x, weight, bias, mask, past, added });
  },
};

/** QAttention → the same on floats. */
export const quantisedAttention: Canonicaliser = {
  name: "QAttention",
  summary: "QAttention → attention on dequantised weights",
  at: ["com.microsoft.QAttention"],
  rewrite(node, scene) {
    const draft = new Draft(node, scene, { quantised: true }),
      [q, w, bias, , scale, mask, , zero, past] = node.inputs.map((name) => name || undefined);
    const x = roundedFrom(scene, draft, q!);
    if (!x) return because(`it is not known what "${q}" was rounded from`, node);
    const weight = dequantised(scene, draft, w!, { scale: scale!, zero, axis: 1 });
    return expand(draft, scene, node, { x, weight, bias, mask, past, added: undefined });
  },
};
