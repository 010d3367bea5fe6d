/**
 * The textbook's steps for one head, with the model's own numbers: Q, K, V, scores, softmax rows, weighted sum.
 *
 * @module
 */
import type { Evidence, NumberArray, Result } from "@hyaline/core/plugin";
import { finite, given } from "../shared/given.ts";
import { chosenLayers } from "../shared/layers.ts";
import { type Matrix, matrix, multiply, rowOf, transpose } from "../shared/matrix.ts";
import { stepsOf } from "./steps.ts";
import { headOf } from "./view.ts";

export interface WalkthroughOptions {
  readonly layer: number | string;
  readonly head: number | string;
  readonly dimensions: number;
}

/** σ(S) row by row, less the row's maximum for safety. */
export function softmax(scores: Matrix): Matrix {
  const rows = Array.from({ length: scores.rows }, (_, i) => {
    const row = rowOf(scores, i),
      most = Math.max(...row),
      e = row.map((s) => Math.exp(s - most)),
      sum = e.reduce((a, b) => a + b, 0);
    return e.map((x) => x / sum);
  });
  return matrix(scores.rows, scores.columns, (i, j) => rows[i]![j]!);
}

/**
 * S = Q Kᵀ · c, A = softmax(S), O = A V of one head, as sections of tokens and vectors.
 * The check compares A with the model's own: they differ where a position bias is added to the scores.
 */
export function walkthrough(evidence: Evidence, { layer, head, dimensions }: WalkthroughOptions): Result<"model-card"> {
  const { steps, reading, visible } = stepsOf(evidence),
    own = steps.filter(({ kind, from }) => kind === "self" && from === reading);
  const labels = [
    ...Array.from({ length: reading.lead }, () => "(class)"),
    ...evidence.tokens.filter((_, t) =>
      visible[t]! >= reading.before && visible[t]! < reading.before + reading.lead + reading.length
    ).map(({ text }) => text),
  ];
  const { place } = own[
    chosenLayers(layer, own.map(({ layer, name }) => ({ index: layer, name })), { last: [own.length - 1] })[0]![0]!
  ]!;
  const projection = given(given(evidence.projections, "projections")[place], "projections");
  const [q, k, v] = [projection.query, projection.key, projection.value].map((array) =>
    headOf(finite(array, "projections"), head)
  ) as [Matrix, Matrix, Matrix];
  const weights = headOf(finite(given(evidence.attentions, "attentions")[place] as NumberArray, "attentions"), head);
  const dot = multiply(q, transpose(k)),
    hidden = (at: number) => weights.data[at] === 0, // by a mask, as a later token is to an earlier one
    scores = matrix(
      dot.rows,
      dot.columns,
      (i, j) => hidden(i * dot.columns + j) ? -Infinity : dot.data[i * dot.columns + j]! * projection.scale,
    );
  const again = softmax(scores), output = multiply(weights, v);
  const difference = again.data.reduce((most, a, i) => Math.max(most, Math.abs(a - weights.data[i]!)), 0);
  const section = (title: string, m: Matrix, columns = m.columns) => ({
    title,
    entries: labels.map((label, t) => ({ label, value: printed(rowOf(m, t), columns) })),
  });
  return {
    type: "model-card",
    signed: true,
    checks: [{
      id: "softmax",
      title: "Softmax of the scores",
      status: "measured",
      value: difference,
      summary: `softmax(Q Kᵀ · ${projection.scale.toPrecision(4)}) differs from the model's own weights by at most ${
        difference.toExponential(1)
      }`,
    }],
    notes: difference > 1e-3
      ? ["More happens to the scores before the softmax than is shown here, such as a position bias or a cap"]
      : [],
    data: {
      sections: [
        section(`Query of head ${head}, layer ${layer}`, q, dimensions),
        section("Key", k, dimensions),
        section("Value", v, dimensions),
        section(`Scores: query · key × ${projection.scale.toPrecision(4)}`, scores),
        section("Weights: softmax of each row", weights),
        {
          title: "Sum of each row of weights",
          entries: labels.map((label, t) => ({
            label,
            value: Number(rowOf(weights, t).reduce((a, b) => a + b, 0).toFixed(6)),
          })),
        },
        section("Output: weights · value", output, dimensions),
      ],
    },
  };
}

const printed = (row: Float64Array, columns: number): string =>
  [...row.slice(0, columns)].map((x) => (x === -Infinity ? "hidden" : x.toFixed(3)).padStart(7)).join(" ") +
  (row.length > columns ? ` … (${row.length})` : "");
