/**
 * Fused attention of ONNX Runtime and of opset 23, with their key/value caches.
 *
 * B batch, S queries, T keys (cache included), N heads, G key/value heads, H head size.
 *
 * @module
 */
import type { TensorType } from "../tensor.ts";
import { likeFirst, type ShapeRule, type Site } from "./site.ts";

/** Attention and QAttention: one packed weight [D, 3·N·H]; the cache holds keys and values stacked [2, B, N, T, H]. */
const packed = (op: string, { past, dtypeOf }: { past: number; dtypeOf: number }): ShapeRule => ({
  op,
  types: (s) => {
    const [batch, length] = s.dims(0) as [number, number],
      sizes = s.ints("qkv_hidden_sizes"),
      third = s.dims(1).at(-1)! / 3;
    const heads = s.number("num_heads"), before = s.has(past) ? s.dims(past)[3]! : 0, dtype = s.dtype(dtypeOf);
    return [
      { dtype, dims: [batch, length, sizes?.[2] ?? third] },
      { dtype, dims: [2, batch, heads, before + length, (sizes?.[0] ?? third) / heads] },
    ];
  },
});

/** MultiHeadAttention: separate, packed QKV [B,S,N,3,H] or packed KV [B,T,N,2,H] inputs; keys may come as [B,N,T,H]. */
function multiHead(s: Site): TensorType[] {
  const query = s.dims(0), dtype = s.dtype(0), heads = s.number("num_heads");
  const [batch, length] = query as [number, number];
  const cache = (t: number, h: number): TensorType => ({ dtype, dims: [batch, heads, t, h] });
  const scores = (t: number): TensorType => ({ dtype, dims: [batch, heads, length, t] });
  if (query.length === 5) {
    const h = query[4]!;
    return [{ dtype, dims: [batch, length, heads * h] }, cache(length, h), cache(length, h), scores(length)];
  }
  const h = query[2]! / heads, before = s.has(6) ? s.dims(6)[2]! : 0;
  if (!s.has(1)) throw s.malformed("a query of three axes needs a key");
  const key = s.dims(1);
  if (key.length === 5) {
    return [{ dtype, dims: [batch, length, heads * h] }, cache(key[1]!, h), cache(key[1]!, h), scores(key[1]!)];
  }
  const value = s.dims(2),
    crossed = key.length === 4,
    total = crossed ? key[2]! : before + key[1]!,
    v = value.length === 4 ? value[3]! : value[2]! / heads;
  return [{ dtype, dims: [batch, length, heads * v] }, cache(total, h), cache(total, v), scores(total)];
}

/** GroupQueryAttention: G key/value heads serve N query heads; without a key input the query holds all three. */
function groupQuery(s: Site): TensorType[] {
  const [batch, length, width] = s.dims(0) as [number, number, number],
    heads = s.number("num_heads"),
    groups = s.number("kv_num_heads");
  const h = s.has(1) ? width / heads : width / (heads + 2 * groups),
    before = s.has(3) ? s.dims(3)[2]! : 0,
    dtype = s.dtype(0);
  let total = before + length;
  if (s.has(6)) {
    try {
      total = Math.max(before, s.scalar(6));
    } catch { /* the length is fed at run time: an unshared cache grows by S */ }
  }
  const cache: TensorType = { dtype: s.has(3) ? s.dtype(3) : dtype, dims: [batch, groups, total, h] };
  return [{ dtype, dims: [batch, length, heads * h] }, cache, cache, { dtype, dims: [batch, heads, length, total] }];
}

/** Attention of opset 23: Q [B,N,S,H] or [B,S,N·H] with the head counts as attributes. */
function standard(s: Site): TensorType[] {
  const split = (i: number, heads: string): [number, number, number, number] => {
    const dims = s.dims(i);
    if (dims.length === 4) return [...dims] as [number, number, number, number];
    const n = s.number(heads);
    return [dims[0]!, n, dims[1]!, dims[2]! / n];
  };
  const [b, n, length] = split(0, "q_num_heads"),
    [, g, fresh, h] = split(1, "kv_num_heads"),
    [, , , v] = split(2, "kv_num_heads");
  const total = fresh + (s.has(4) ? s.dims(4)[2]! : 0), dtype = s.dtype(0);
  return [
    { dtype, dims: s.rank(0) === 4 ? [b, n, length, v] : [b, length, n * v] },
    { dtype: s.dtype(1), dims: [b, g, total, h] },
    { dtype: s.dtype(2), dims: [b, g, total, v] },
    { dtype, dims: [b, n, length, total] },
  ];
}

/** Fused attention and rotary embeddings. */
export const attention: readonly ShapeRule[] = [
  packed("com.microsoft.Attention", { past: 4, dtypeOf: 0 }),
  packed("com.microsoft.QAttention", { past: 8, dtypeOf: 3 }),
  { op: "com.microsoft.MultiHeadAttention", types: multiHead },
  { op: "com.microsoft.DecoderMaskedMultiHeadAttention", types: multiHead },
  { op: "com.microsoft.GroupQueryAttention", types: groupQuery },
  { op: "Attention", types: standard },
  likeFirst("RotaryEmbedding"),
  likeFirst("com.microsoft.RotaryEmbedding"),
  {
    op: "com.microsoft.GatedRelativePositionBias",
    types: (s) => {
      const [batch, length] = s.dims(0) as [number, number];
      return [{ dtype: s.dtype(0), dims: [batch, s.number("num_heads"), length, length] }];
    },
  },
  {
    op: "com.microsoft.RelativePositionBias",
    types: (s) => [{ dtype: s.dtype(0), dims: [1, s.dims(0)[1]!, s.scalar(1), s.scalar(2)] }],
  },
];
