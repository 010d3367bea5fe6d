/**
 * Attention as it is, in three views: the row that is read, a matrix, or all of it.
 *
 * @module
 */
import { unknownHead } from "@hyaline/core/errors";
import type { Evidence, NumberArray, Result } from "@hyaline/core/plugin";
import { finite, given } from "../shared/given.ts";
import { chosenLayers, type LayerChoice } from "../shared/layers.ts";
import { fuseHeads, headFusions, type Matrix, matrix, multiply, rowOf } from "../shared/matrix.ts";
import { tokenScores } from "../shared/scores.ts";
import { shown, startOf, type Steps, stepsOf, whole } from "./steps.ts";

export interface ViewOptions {
  readonly view: "row" | "matrix" | "grid";
  readonly layer: LayerChoice;
  readonly head: number | string;
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

/**
 * The view that was asked for, over the tokens of all sources. Row and matrix take the mean over several layers and, for head
 * "all", over heads.
 */
export function view(
  evidence: Evidence,
  { view, layer, head }: ViewOptions,
): Result<"token-scores" | "token-matrix" | "layer-head-grid"> {
  const { tokens } = evidence,
    found = stepsOf(evidence),
    { steps, visible } = found,
    named = steps.map(({ layer, name }) => ({ index: layer, name }));
  const last = Math.max(...named.map(({ index }) => index));
  const layers = chosenLayers(layer, named, {
    last: named.flatMap(({ index }, place) => (index === last ? [place] : [])),
  });
  const of = (places: readonly number[], head: number | string): Matrix =>
    whole(
      found.size,
      places.map((place) => ({
        ...steps[place]!,
        block: one(finite(given(evidence.attentions, "attentions")[steps[place]!.place], "attentions"), head),
      })),
    );
  if (view === "grid") {
    const heads = head === "all"
      ? Array.from({ length: evidence.attentions![steps[0]!.place]!.shape[0]! }, (_, h) => h)
      : [head];
    const labels = layers.map((places) => places.map((place) => named[place]!.name).join(", "));
    return grid(tokens.length, {
      layers: labels,
      heads: heads.map(String),
      values: layers.flatMap((places) => heads.flatMap((each) => [...tokensOnly(of(places, each), visible).data])),
    });
  }
  const matrices = layers.map((places) => of(places, head === "all" ? "mean" : head)), { rows, columns } = matrices[0]!;
  const mean = matrix(
    rows,
    columns,
    (i, j) => matrices.reduce((sum, { data }) => sum + data[i * columns + j]!, 0) / matrices.length,
  );
  if (view === "row") {
    const read = rowOf(multiply({ rows: 1, columns: rows, data: startOf(found) }, mean), 0);
    return tokenScores(shown(read, found), { join: "sum", signed: false, notes: readingNotes(found) });
  }
  const all = tokens.map((_, t) => t), square = tokensOnly(mean, visible);
  return {
    type: "token-matrix",
    signed: false,
    data: { shape: [all.length, all.length], values: [...square.data], rows: all, columns: all, axes: ["from", "to"] },
  };
}

/** Rows and columns of the tokens alone. */
const tokensOnly = (all: Matrix, visible: readonly number[]): Matrix =>
  matrix(visible.length, visible.length, (i, j) => all.data[visible[i]! * all.columns + visible[j]!]!);

/** Where the row was read, if not at a token. */
export const readingNotes = ({ row, visible }: Steps): string[] =>
  row === undefined
    ? ["The answer is read from several positions: this is the mean of their rows"]
    : visible.includes(row)
    ? []
    : ["The row is read at the class token, which stands before these and is not shown"];

function grid(
  length: number,
  { layers, heads, values }: { readonly layers: string[]; readonly heads: string[]; readonly values: number[] },
): Result<"layer-head-grid"> {
  const tokens = Array.from({ length }, (_, t) => t);
  return {
    type: "layer-head-grid",
    signed: false,
    data: {
      shape: [layers.length, heads.length, length, length],
      axes: [{ name: "layer", labels: layers }, { name: "head", labels: heads }, { name: "from", tokens }, {
        name: "to",
        tokens,
      }],
      values,
    },
  };
}
