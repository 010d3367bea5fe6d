/**
 * Attention as it is, in three views: the row that is read, a matrix, or all of it.
 *
 * @module
 */
import { missingEvidence, unknownHead } from "@hyaline/core/errors";
import type { Evidence, NumberArray, Result } from "@hyaline/core/plugin";
import { finite, given } from "../shared/given.ts";
import { chosenLayers, type LayerChoice } from "../shared/layers.ts";
import { fuseHeads, headFusions, type Matrix, matrix, read } from "../shared/matrix.ts";
import { tokenScores } from "../shared/scores.ts";
import { crossAttentions, placesOf, selfAttentions } from "./sources.ts";

export interface ViewOptions {
  readonly view: "row" | "matrix" | "grid";
  readonly layer: LayerChoice;
  readonly head: number | string;
}

/** One layer's attention of the chosen head, or of all of them. */
interface Seen {
  readonly layer: string;
  readonly array: NumberArray;
}

/** @throws UNKNOWN_HEAD */
export function headOf({ shape, data }: NumberArray, head: number | string): Matrix {
  const [heads = 0, rows = 0, columns = 0] = shape, chosen = Number(head);
  if (!Number.isInteger(chosen) || chosen < 0 || chosen >= heads || `${head}`.trim() === "") {
    throw unknownHead(head, heads);
  }
  return matrix(rows, columns, (i, j) => data[(chosen * rows + i) * columns + j]!);
}

const isFusion = (head: number | string): head is keyof typeof headFusions => head in headFusions;
const one = (
  array: NumberArray,
  head: number | string,
): Matrix => (isFusion(head) ? fuseHeads(array, head) : headOf(array, head));

/** The view that was asked for. Row and matrix take the mean over several layers and, for head "all", over heads. */
export function view(
  evidence: Evidence,
  { view, layer, head }: ViewOptions,
): Result<"token-scores" | "token-matrix" | "layer-head-grid"> {
  const { tokens, readingPosition } = evidence, places = placesOf(evidence), { explained, reading, info } = places;
  const crossing = view === "row" && explained !== reading,
    within = crossing ? crossAttentions(places) : selfAttentions(places, explained);
  if (within.length === 0) throw missingEvidence("attentions over the explained tokens");
  const named = within.map((place) => ({ index: info[place]!.layer, name: info[place]!.name })),
    last = Math.max(...named.map(({ index }) => index));
  const seen: Seen[] = chosenLayers(layer, named, { last }).map((place) => ({
    layer: named[place]!.name,
    array: finite(given(evidence.attentions, "attentions")[within[place]!], "attentions"),
  }));
  if (view === "grid") return grid(tokens.length, seen, head);
  const matrices = seen.map(({ array }) => one(array, head === "all" ? "mean" : head)),
    { rows, columns } = matrices[0]!;
  const mean = matrix(
    rows,
    columns,
    (i, j) => matrices.reduce((sum, { data }) => sum + data[i * columns + j]!, 0) / matrices.length,
  );
  if (view === "row") {
    const notes = readingPosition === undefined
      ? ["The answer is read from all positions: this is the mean of their attention rows"]
      : [];
    return tokenScores(read(mean, readingPosition), { join: "sum", signed: false, notes });
  }
  const all = tokens.map((_, t) => t);
  return {
    type: "token-matrix",
    signed: false,
    data: { shape: [rows, columns], values: [...mean.data], rows: all, columns: all, axes: ["from", "to"] },
  };
}

function grid(length: number, seen: readonly Seen[], head: number | string): Result<"layer-head-grid"> {
  const heads = seen[0]!.array.shape[0]!, tokens = Array.from({ length }, (_, t) => t);
  const layers = { name: "layer", labels: seen.map(({ layer }) => layer) } as const,
    from = { name: "from", tokens } as const,
    to = { name: "to", tokens } as const;
  const labels = head === "all" ? Array.from({ length: heads }, (_, h) => `${h}`) : [`${head}`];
  const values = seen.flatMap(({ array }) => [...(head === "all" ? array.data : one(array, head).data)]);
  return {
    type: "layer-head-grid",
    signed: false,
    data: {
      shape: [seen.length, labels.length, length, length],
      axes: [layers, { name: "head", labels }, from, to],
      values,
    },
  };
}
