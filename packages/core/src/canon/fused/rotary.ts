/**
 * Rotary position embeddings (Su et al. 2021): pairs of channels turned by an angle that grows with the position.
 *
 * (y₁, y₂) = (x₁ cos θ − x₂ sin θ, x₂ cos θ + x₁ sin θ), a linear map of x.
 *
 * @module
 */
import { type Node, number } from "../../graph/graph.ts";
import { fromNumbers } from "../../graph/fold.ts";
import { because, type Canonicaliser } from "../canonicaliser.ts";
import { Draft } from "../draft.ts";
import { fromHeads, toHeads } from "./heads.ts";

export interface Rotation {
  /** Shape of x: [B, N, S, H]. */
  readonly dims: readonly [number, number, number, number];
  /** cos θ and sin θ, [B or 1, 1, S, R/2]. */
  readonly cos: string;
  readonly sin: string;
  /** R: how many of the H channels turn. */
  readonly turning: number;
  /** Pairs are neighbours (2i, 2i+1) instead of (i, i + R/2). */
  readonly interleaved: boolean;
}

/** Turns x of [B, N, S, H]. */
export function rotate(draft: Draft, x: string, { dims, cos, sin, turning, interleaved }: Rotation): string {
  const [b, n, s, h] = dims, half = turning / 2, rest = h - turning;
  const [turned, kept] = rest ? draft.split(x, 3, [turning, rest]) as [string, string] : [x, undefined];
  const pairs = interleaved ? draft.reshape(turned, [b, n, s, half, 2]) : undefined;
  const [x1, x2] = pairs
    ? [draft.pick(pairs, 4, 0), draft.pick(pairs, 4, 1)]
    : draft.split(turned, 3, [half, half]) as [string, string];
  const y1 = draft.op("Sub", [draft.mul(x1, cos), draft.mul(x2, sin)]),
    y2 = draft.add(draft.mul(x2, cos), draft.mul(x1, sin));
  const column = (y: string): string => draft.reshape(y, [b, n, s, half, 1]);
  const y = interleaved
    ? draft.reshape(draft.concat([column(y1), column(y2)], 4), [b, n, s, turning])
    : draft.concat([y1, y2], 3);
  return kept ? draft.concat([y, kept], 3) : y;
}

/** Rows of a table of cosines or sines at the positions of the tokens, as [B or 1, 1, S, R/2]. */
export function angles(
  draft: Draft,
  table: string,
  { positions, batch, length, half }: { positions: string; batch: number; length: number; half: number },
): string {
  return draft.reshape(draft.gather(table, positions), [batch, 1, length, half]);
}

/** Positions start … start + length − 1. */
export const counted = (draft: Draft, length: number, start = 0): string =>
  draft.constant(fromNumbers("int64", [1, length], Array.from({ length }, (_, i) => start + i)), "positions");

/** RotaryEmbedding of com.microsoft (x, positions, cos, sin) and of opset 23 (x, cos, sin, positions). */
export const rotary: Canonicaliser = {
  name: "rotary",
  summary: "RotaryEmbedding → x cos θ + turned x sin θ",
  at: ["RotaryEmbedding", "com.microsoft.RotaryEmbedding"],
  rewrite(node, scene) {
    const standard = node.domain === "",
      [cosTable, sinTable, positions] = (standard ? [1, 2, 3] : [2, 3, 1]).map((i) => node.inputs[i]) as [
        string,
        string,
        string | undefined,
      ];
    const x = scene.dims(node.inputs[0]), table = scene.dims(cosTable), at = scene.dims(positions);
    if (!x || !table) return because("its shapes are not known", node);
    if (number(node, "is_packed_batching", 0)) return because("its batch is packed", node);
    if (number(node, "scale", 1) !== 1) return because(`it scales by ${number(node, "scale", 1)}`, node);
    const half = table.at(-1)!, turning = number(node, "rotary_embedding_dim", 0) || 2 * half;
    const heads = x.length === 4 ? x[1]! : number(node, "num_heads", 0) || x[2]! / turning;
    const [batch, length] = x.length === 4 ? [x[0]!, x[2]!] : [x[0]!, x[1]!],
      width = x.length === 4 ? x[3]! : x[2]! / heads;
    const draft = new Draft(node, scene), dims = [batch, heads, length, width] as const;
    const rows = rowsOf(draft, { node, positions, at, length });
    const angle = (t: string): string =>
      rows
        ? angles(draft, t, { positions: rows.name, batch: rows.batch, length, half })
        : draft.reshape(t, [table[0]!, 1, length, half]);
    const q = x.length === 4 ? node.inputs[0]! : toHeads(draft, node.inputs[0]!, [batch, length, heads, width]);
    const y = rotate(draft, q, {
      dims,
      cos: angle(cosTable),
      sin: angle(sinTable),
      turning,
      interleaved: number(node, "interleaved", 0) === 1,
    });
    return draft.ends(x.length === 4 ? y : fromHeads(draft, y, dims));
  },
};

/** The positions as [B or 1, S]: given so, or as one offset that all texts start at; `undefined` where the tables hold one row a token. */
function rowsOf(
  draft: Draft,
  { positions, at, length }: {
    node: Node;
    positions: string | undefined;
    at: readonly number[] | undefined;
    length: number;
  },
): { name: string; batch: number } | undefined {
  if (!positions || !at) return undefined;
  if (at.length === 2) return { name: positions, batch: at[0]! };
  return { name: draft.add(positions, counted(draft, length)), batch: 1 };
}
