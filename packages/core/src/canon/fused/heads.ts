/**
 * The inside of attention in canonical operators: heads, masks, softmax(α Q Kᵀ + masks) V.
 *
 * B batch, S queries, T keys, N heads, G key/value heads, H head size.
 *
 * @module
 */
import { fromNumbers } from "../../graph/fold.ts";
import { type DType, int64s, size } from "../../graph/tensor.ts";
import type { Draft } from "../draft.ts";

/** Low enough to be nothing behind a softmax, and two of them still add up to a number. */
export const hidden = (dtype: DType): number => (dtype === "float16" ? -3e4 : -1e30);

/** [B, S, N·H] → [B, N, S, H]. */
export const toHeads = (draft: Draft, x: string, [b, s, n, h]: readonly [number, number, number, number]): string =>
  draft.transpose(draft.reshape(x, [b, s, n, h]), [0, 2, 1, 3]);

/** [B, N, S, H] → [B, S, N·H]. */
export const fromHeads = (draft: Draft, x: string, [b, n, s, h]: readonly [number, number, number, number]): string =>
  draft.reshape(draft.transpose(x, [0, 2, 1, 3]), [b, s, n * h]);

/** [B, G, T, H] → [B, N, T, H]: each key/value head serves N/G query heads. */
export function repeatHeads(
  draft: Draft,
  x: string,
  { dims: [b, g, t, h], heads }: { dims: readonly [number, number, number, number]; heads: number },
): string {
  if (g === heads) return x;
  return draft.reshape(draft.expand(draft.reshape(x, [b, g, 1, t, h]), [b, g, heads / g, t, h]), [b, heads, t, h]);
}

/** Which keys a query may see by position: none behind it and, with a window, only the last `window` up to itself. Query 0 stands at key `first`. */
export function causal(
  draft: Draft,
  { queries, keys, first = keys - queries, window, dtype }: {
    queries: number;
    keys: number;
    first?: number;
    window?: number;
    dtype: DType;
  },
): string {
  const at = (dims: readonly number[], from: number): string =>
    draft.constant(fromNumbers("int64", dims, Array.from({ length: size(dims) }, (_, i) => from + i)), "positions");
  const key = at([1, 1, 1, keys], 0), query = (from: number): string => at([1, 1, queries, 1], from);
  let seen = draft.op("LessOrEqual", [key, query(first)]);
  if (window !== undefined) seen = draft.op("And", [seen, draft.op("Greater", [key, query(first - window)])]);
  return draft.op("Where", [seen, draft.scalar(0, dtype), draft.scalar(hidden(dtype), dtype)]);
}

/** 0 where an integer mask holds, `filter` elsewhere; brought to `dims`. */
export function maskBias(
  draft: Draft,
  mask: string,
  { filter, dtype, dims }: { filter: number; dtype: DType; dims: readonly number[] },
): string {
  const kept = draft.op("Cast", [draft.reshape(mask, dims)], { to: 9 });
  return draft.op("Where", [kept, draft.scalar(0, dtype), draft.scalar(filter, dtype)]);
}

/** Keys before the length of their text: 0 for them, `filter` for the rest; lengths [B] → [B, 1, 1, T]. */
export function lengthBias(
  draft: Draft,
  lengths: string,
  { filter, dtype, keys, batch }: { filter: number; dtype: DType; keys: number; batch: number },
): string {
  const positions = draft.constant(
    fromNumbers("int32", [1, 1, 1, keys], Array.from({ length: keys }, (_, j) => j)),
    "positions",
  );
  const kept = draft.op("Less", [positions, draft.reshape(lengths, [batch, 1, 1, 1])]);
  return draft.op("Where", [kept, draft.scalar(0, dtype), draft.scalar(filter, dtype)]);
}

export interface Attended {
  /** [B, N, S, H]. */
  readonly q: string;
  /** [B, N, T, H]. */
  readonly k: string;
  /** [B, N, T, Hv]. */
  readonly v: string;
  readonly scale: number;
  /** Added to the scores, each broadcast to [B, N, S, T]. */
  readonly biases: readonly (string | undefined)[];
  /** c of c·tanh(scores/c), if any; masks are added behind it. */
  readonly softcap?: number;
  /** One more logit a head, [N], that takes its share of every row's softmax and has no value; `dims` are those of the scores. */
  readonly sink?: { readonly logits: string; readonly dims: readonly [number, number, number, number] };
  readonly dtype: DType;
}

/** softmax(α Q Kᵀ + masks) V → [B, N, S, Hv]. Scores, softmax and both products are nodes of their own. */
export function attend(draft: Draft, { q, k, v, scale, biases, softcap, sink, dtype }: Attended): string {
  let scores = draft.matmul(q, k, { transB: true, alpha: scale });
  if (softcap) {
    scores = draft.mul(
      draft.op("Tanh", [draft.mul(scores, draft.scalar(1 / softcap, dtype))]),
      draft.scalar(softcap, dtype),
    );
  }
  for (const bias of biases) if (bias) scores = draft.add(scores, bias);
  if (!sink) return draft.matmul(draft.op("Softmax", [scores], { axis: -1 }), v);
  const { logits, dims: [b, n, s, t] } = sink;
  const beside = draft.concat([scores, draft.expand(draft.reshape(logits, [1, n, 1, 1]), [b, n, s, 1])], 3);
  const bounds = [0, t, 3].map((bound) => draft.constant(int64s([bound]), "bound"));
  return draft.matmul(draft.op("Slice", [draft.op("Softmax", [beside], { axis: -1 }), ...bounds]), v);
}
