/**
 * Attention of the standard domain (opset 23).
 *
 * @module
 */
import { number } from "../../graph/graph.ts";
import { because, type Canonicaliser } from "../canonicaliser.ts";
import { Draft } from "../draft.ts";
import { attend, causal, fromHeads, hidden, repeatHeads, toHeads } from "./heads.ts";

/** Attention → heads, softmax(α Q Kᵀ + mask) V. */
export const standardAttention: Canonicaliser = {
  name: "standard-attention",
  summary: "Attention (opset 23) → heads, softmax(α Q Kᵀ + mask) V",
  at: ["Attention"],
  rewrite(node, scene) {
    const [query, key, value, mask, pastKey, pastValue, lengths] = node.inputs.map((name) => name || undefined);
    const types = [query, key, value].map((t) => scene.type(t));
    if (types.some((t) => !t)) return because("its shapes are not known", node);
    if (scene.isUsed(node.outputs[3])) return because("its scores are read", node);
    if (lengths) return because("its texts are padded (nonpad_kv_seqlen)", node);
    const [tq, tk, tv] = types.map((t) => t!.dims) as [readonly number[], readonly number[], readonly number[]],
      flat = tq.length === 3;
    const heads = flat ? number(node, "q_num_heads", 1) : tq[1]!,
      groups = flat ? number(node, "kv_num_heads", 1) : tk[1]!;
    const [batch, length, fresh] = flat ? [tq[0]!, tq[1]!, tk[1]!] : [tq[0]!, tq[2]!, tk[2]!];
    const [h, hv] = flat ? [tq[2]! / heads, tv[2]! / groups] : [tq[3]!, tv[3]!], draft = new Draft(node, scene);
    const dtype = types[0]!.dtype === "float16" ? "float16" as const : "float32" as const;
    const q = flat ? toHeads(draft, query!, [batch, length, heads, h]) : query!;
    let k = flat ? toHeads(draft, key!, [batch, fresh, groups, h]) : key!,
      v = flat ? toHeads(draft, value!, [batch, fresh, groups, hv]) : value!;
    const before = pastKey ? scene.dims(pastKey)?.[2] ?? 0 : 0, keys = before + fresh;
    if (before) [k, v] = [draft.concat([pastKey!, k], 2), draft.concat([pastValue!, v], 2)];
    const isCausal = number(node, "is_causal", 0) === 1;
    if (isCausal && before) return because("it is causal and continues from a cache", node);
    const softcap = number(node, "softcap", 0);
    const bias = mask && scene.type(mask)?.dtype === "bool"
      ? draft.op("Where", [mask, draft.scalar(0, dtype), draft.scalar(hidden(dtype), dtype)])
      : mask;
    const y = attend(draft, {
      q,
      k: repeatHeads(draft, k, { dims: [batch, groups, keys, h], heads }),
      v: repeatHeads(draft, v, { dims: [batch, groups, keys, hv], heads }),
      scale: number(node, "scale", 0) || 1 / Math.sqrt(h),
      // Opset 23 counts queries from the first key, whatever lies before.
      biases: [isCausal ? causal(draft, { queries: length, keys, first: 0, dtype }) : undefined, bias],
      dtype,
      ...(softcap > 0 && { softcap }),
    });
    [k, v].forEach((t, i) => scene.isUsed(node.outputs[i + 1]) && draft.ends(t, i + 1));
    return draft.ends(flat ? fromHeads(draft, y, [batch, heads, length, hv]) : y);
  },
};
