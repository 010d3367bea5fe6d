/**
 * Everything that is a table of scores, seen as rows × columns with their names: attention, layer × token, layer × head.
 *
 * @module
 */
import type { Axis, Explanation, ExplanationOf } from "../result/mod.ts";
import type { Catalogue } from "./locale.ts";
import { tokenText } from "./units.ts";

export interface Matrix {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** What rows and columns are. */
  readonly axes: readonly [string, string];
  at(row: number, column: number): number;
}

/** Names of an axis' entries: its labels, its tokens, or numbers. */
export function entriesOf(explanation: Explanation, axis: Axis, length: number): string[] {
  if (axis.labels) return withoutCommonPath(axis.labels);
  const tokens = axis.tokens ?? (["from", "to", "token"].includes(axis.name) ? [...Array(length).keys()] : undefined);
  return tokens ? tokens.map((t) => tokenText(explanation, t)) : Array.from({ length }, (_, i) => `${i}`);
}

/** `/model/layers.0/out`, `/model/layers.1/out` → `layers.0/out`, `layers.1/out`: what all names begin with tells nothing. */
export function withoutCommonPath(names: readonly string[]): string[] {
  const paths = names.map((name) => name.split("/"));
  const shortest = Math.min(...paths.map((path) => path.length)) - 1;
  let common = 0;
  while (common < shortest && paths.every((path) => path[common] === paths[0]![common])) common++;
  return names.length > 1 ? paths.map((path) => path.slice(common).join("/")) : [...names];
}

/** A token matrix as a table. */
export function tokenMatrix(explanation: ExplanationOf<"token-matrix">): Matrix {
  const { values, rows, columns, axes, shape: [, width] } = explanation.data;
  return {
    rows: rows.map((t) => tokenText(explanation, t)),
    columns: columns.map((t) => tokenText(explanation, t)),
    axes,
    at: (row, column) => values[row * width + column]!,
  };
}

/** A grid's last two axes as tables, one for each combination of the axes before them (`Layer 0`, `Head 3`). */
export function gridMatrices(
  explanation: ExplanationOf<"layer-head-grid">,
  say: Catalogue,
): { title: readonly string[]; matrix: Matrix }[] {
  const { shape, axes, values } = explanation.data;
  const names = axes.map((axis, i) => entriesOf(explanation, axis, shape[i]!));
  const [height, width] = shape.slice(-2) as [number, number];
  const [rowAxis, columnAxis] = axes.slice(-2) as [Axis, Axis];
  let titles: string[][] = [[]];
  for (const [i, axis] of axes.slice(0, -2).entries()) {
    const own = names[i]!.map((entry) => (axis.labels ? entry : `${say[axis.name]} ${entry}`));
    titles = titles.flatMap((before) => own.map((entry) => [...before, entry]));
  }
  return titles.map((title, block) => ({
    title,
    matrix: {
      rows: names.at(-2)!,
      columns: names.at(-1)!,
      axes: [say[rowAxis.name], say[columnAxis.name]],
      at: (row, column) => values[(block * height + row) * width + column]!,
    },
  }));
}

/** The strongest cells of a table, by |score|. */
export function strongestPairs(matrix: Matrix, count: number): { row: number; column: number; value: number }[] {
  const cells = matrix.rows.flatMap((_, row) =>
    matrix.columns.map((_, column) => ({ row, column, value: matrix.at(row, column) }))
  );
  return cells.sort((a, b) => Math.abs(b.value) - Math.abs(a.value)).slice(0, count);
}
