/**
 * GroupQueryAttention (Ainslie et al. 2023), as the genai builder writes decoders: rotary embedding, causal mask, local
 * window, soft-cap and sinks lie inside.
 *
 * @module
 */
import { number } from "../../graph/graph.ts";
import { because, type Canonicaliser } from "../canonicaliser.ts";
import { Draft } from "../draft.ts";
import { attend, causal, fromHeads, repeatHeads, toHeads } from "./heads.ts";
import { angles, counted, rotate } from "./rotary.ts";

/** GroupQueryAttention → [rotary,] repeated key/value heads, causal softmax(Q Kᵀ/√H) V. */
export const groupQueryAttention: Canonicaliser = {
  name: "GroupQueryAttention",
  summary: "GroupQueryAttention → rotary, heads, causal softmax(Q Kᵀ/√H) V",
  at: ["com.microsoft.GroupQueryAttention"],
  rewrite(node, scene) {
    const [query, key, value, pastKey, pastValue, , total, cos, sin, positionIds, added, sink] = node.inputs.map((
      name,
    ) => name || undefined);
    const type = scene.type(query), heads = number(node, "num_heads", 1), groups = number(node, "kv_num_heads", 1);
    if (!type) return because("its shapes are not known", node);
    if (scene.isUsed(node.outputs[3])) return because("its scores are read", node);
    const [batch, length, width] = type.dims as [number, number, number],
      size = key ? width / heads : width / (heads + 2 * groups);
    const before = pastKey ? scene.dims(pastKey)?.[2] ?? 0 : 0, all = scene.scalar(total);
    if (before && all !== before + length) {
      return because("its cache is shared: how much of it counts is not known", node);
    }
    const draft = new Draft(node, scene), dtype = type.dtype === "float16" ? "float16" as const : "float32" as const;
    const [q0, k0, v0] = key
      ? [query!, key, value!]
      : draft.split(query!, 2, [heads * size, groups * size, groups * size]) as [string, string, string];
    let q = toHeads(draft, q0, [batch, length, heads, size]),
      k = toHeads(draft, k0, [batch, length, groups, size]),
      v = toHeads(draft, v0, [batch, length, groups, size]);
    if (number(node, "do_rotary", 0)) {
      const half = scene.dims(cos)?.[1] ?? size / 2,
        at = positionIds ?? counted(draft, length, before),
        rows = positionIds ? batch : 1;
      const angle = (table: string): string => angles(draft, table, { positions: at, batch: rows, length, half });
      const turn = {
        cos: angle(cos!),
        sin: angle(sin!),
        turning: 2 * half,
        interleaved: number(node, "rotary_interleaved", 0) === 1,
      };
      q = rotate(draft, q, { dims: [batch, heads, length, size], ...turn });
      k = rotate(draft, k, { dims: [batch, groups, length, size], ...turn });
    }
    if (before) [k, v] = [draft.concat([pastKey!, k], 2), draft.concat([pastValue!, v], 2)];
    const keys = before + length,
      window = number(node, "local_window_size", -1),
      dims = [batch, groups, keys, size] as const;
    const mask = causal(draft, { queries: length, keys, dtype, ...(window > 0 && { window }) });
    const softcap = number(node, "softcap", 0);
    const logits = sink ??
      (number(node, "smooth_softmax", 0) === 1 ? draft.vector(dtype, Array(heads).fill(0)) : undefined);
    const y = attend(draft, {
      q,
      k: repeatHeads(draft, k, { dims, heads }),
      v: repeatHeads(draft, v, { dims, heads }),
      scale: number(node, "scale", 0) || 1 / Math.sqrt(size),
      biases: [mask, added],
      dtype,
      ...(softcap > 0 && { softcap }),
      ...(logits && { sink: { logits, dims: [batch, heads, length, keys] } }),
    });
    [k, v].forEach((t, i) => scene.isUsed(node.outputs[i + 1]) && draft.ends(t, i + 1));
    return draft.ends(fromHeads(draft, y, [batch, heads, length, size]));
  },
};
