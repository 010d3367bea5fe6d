/**
 * What a word was paired with: a row of any result that scores tokens against tokens.
 *
 * @module
 */
import type { Explanation } from "@hyaline/core/result";

export interface Pairs {
  readonly from: Explanation;
  /** Score of token `to` in the row of token `from`. */
  at(from: number, to: number): number;
}

/** The pairs an explanation holds: a token matrix as it is, attention over layers and heads as their mean. */
export function pairsOf(explanation: Explanation): Pairs | undefined {
  if (explanation.type === "token-matrix") {
    const { rows, columns, values } = explanation.data;
    return { from: explanation, at: looked(rows, columns, (r, c) => values[r * columns.length + c]!) };
  }
  if (explanation.type !== "layer-head-grid") return undefined;
  const { axes, shape, values } = explanation.data, [rows, columns] = axes.slice(-2);
  if (!rows?.tokens || !columns?.tokens || rows.name !== "from" || columns.name !== "to") return undefined;
  const [height, width] = shape.slice(-2) as [number, number], size = height * width, blocks = values.length / size;
  return {
    from: explanation,
    at: looked(rows.tokens, columns.tokens, (r, c) => {
      let sum = 0;
      for (let block = 0; block < blocks; block++) sum += values[block * size + r * width + c]!;
      return sum / blocks;
    }),
  };
}

function looked(rows: readonly number[], columns: readonly number[], cell: (row: number, column: number) => number) {
  const rowAt = new Map(rows.map((token, i) => [token, i])), columnAt = new Map(columns.map((token, i) => [token, i]));
  return (from: number, to: number): number => {
    const row = rowAt.get(from), column = columnAt.get(to);
    return row === undefined || column === undefined ? 0 : cell(row, column);
  };
}

/** Whether two explanations are about the same tokens. */
export const sameText = (a: Explanation, b: Explanation): boolean =>
  a.tokens.length === b.tokens.length &&
  a.tokens.every(({ id, source }, i) => id === b.tokens[i]!.id && source === b.tokens[i]!.source);
