/**
 * MultiHeadAttention: projections lie outside, heads inside.
 *
 * @module
 */
import { type Node, number } from "../../graph/graph.ts";
import { because, type Canonicaliser, type Refusal } from "../canonicaliser.ts";
import { Draft } from "../draft.ts";
import type { Scene } from "../scene.ts";
import { masked } from "./attention.ts";
import { attend, causal, fromHeads, toHeads } from "./heads.ts";

/** Queries, keys and values as [B, N, ·, H]. */
interface Heads {
  readonly q: string;
  readonly k: string;
  readonly v: string;
  readonly keys: number;
  readonly valueSize: number;
}
interface Sizes {
  readonly batch: number;
  readonly length: number;
  readonly heads: number;
  readonly size: number;
}

/** Parts of a packed tensor [B, S, N, parts, H], each as [B, N, S, H]. */
const unpack = (draft: Draft, x: string, parts: number): string[] =>
  Array.from({ length: parts }, (_, i) => draft.transpose(draft.pick(x, 3, i), [0, 2, 1, 3]));

function split(draft: Draft, scene: Scene, node: Node, { batch, length, heads, size }: Sizes): Heads | Refusal {
  const [query, key, value, bias] = node.inputs as [string, string | undefined, string | undefined, string | undefined];
  const k = scene.dims(key), v = scene.dims(value);
  if (!key && scene.dims(query)?.length === 5) {
    if (bias) return because("its packed input has a bias", node);
    const [q, kk, vv] = unpack(draft, query, 3) as [string, string, string];
    return { q, k: kk, v: vv, keys: length, valueSize: size };
  }
  if (!key || !k) return because("it has no key", node);
  const width = heads * size, valueSize = v ? (v.length === 4 ? v[3]! : v[2]! / heads) : size;
  const biases = bias ? draft.split(bias, 0, [width, width, heads * valueSize]) : [];
  const plus = (x: string, i: number): string => (biases[i] ? draft.add(x, biases[i]) : x);
  const q = toHeads(draft, plus(query, 0), [batch, length, heads, size]);
  if (k.length === 5) {
    if (bias) return because("its packed input has a bias", node);
    const [kk, vv] = unpack(draft, key, 2) as [string, string];
    return { q, k: kk, v: vv, keys: k[1]!, valueSize: size };
  }
  // Keys of four axes come from a cache: they have their bias already.
  const crossed = k.length === 4, keys = crossed ? k[2]! : k[1]!;
  const heady = (
    x: string,
    i: number,
    h: number,
  ): string => (crossed ? x : toHeads(draft, plus(x, i), [batch, keys, heads, h]));
  return { q, k: heady(key, 1, size), v: heady(value!, 2, valueSize), keys, valueSize };
}

/** MultiHeadAttention → heads, softmax(Q Kᵀ/√H + masks) V. */
export const multiHeadAttention: Canonicaliser = {
  name: "MultiHeadAttention",
  summary: "MultiHeadAttention → heads, softmax(Q Kᵀ/√H + masks) V",
  at: ["com.microsoft.MultiHeadAttention"],
  rewrite(node, scene) {
    const type = scene.type(node.inputs[0]), heads = number(node, "num_heads", 1);
    if (!type) return because("its shapes are not known", node);
    if (scene.isUsed(node.outputs[3])) return because("its scores are read", node);
    const draft = new Draft(node, scene),
      [batch, length] = type.dims as [number, number],
      size = type.dims.length === 5 ? type.dims[4]! : type.dims[2]! / heads;
    const parts = split(draft, scene, node, { batch, length, heads, size });
    if ("because" in parts) return parts;
    const { q, valueSize } = parts, pastLength = node.inputs[6] ? scene.dims(node.inputs[6])?.[2] ?? 0 : 0;
    const [k, v] = pastLength
      ? [draft.concat([node.inputs[6]!, parts.k], 2), draft.concat([node.inputs[7]!, parts.v], 2)]
      : [parts.k, parts.v];
    const keys = pastLength + parts.keys, dtype = type.dtype === "float16" ? "float16" as const : "float32" as const;
    const seen = masked(draft, scene, node, { mask: node.inputs[4] || undefined, batch, queries: length, keys, dtype });
    if (seen && typeof seen !== "string") return seen;
    const biases = [
      number(node, "unidirectional", 0) ? causal(draft, { queries: length, keys, dtype }) : undefined,
      seen,
      node.inputs[5] || undefined,
    ];
    const y = attend(draft, { q, k, v, scale: number(node, "scale", 0) || 1 / Math.sqrt(size), biases, dtype });
    [k, v].forEach((t, i) => scene.isUsed(node.outputs[i + 1]) && draft.ends(t, i + 1));
    return draft.ends(fromHeads(draft, y, [batch, heads, length, valueSize]));
  },
};
