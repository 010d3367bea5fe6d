/**
 * Gradient-weighted attention, carried through the layers (Chefer, Gur & Wolf, ICCV 2021).
 *
 * @module
 */
import type { NumberArray } from "@hyaline/core/plugin";
import {
  add,
  fuseHeads,
  identity,
  type Matrix,
  matrix,
  multiply,
  rowNormalised,
  transpose,
  zeros,
} from "../shared/matrix.ts";

/** One attention with its gradient, both `[H, T, S]`, and where it stands. */
export interface Step {
  readonly kind: "self" | "cross";
  /** For self-attention: whether it runs over the source that is explained or over the one that reads. */
  readonly over: "explained" | "reading";
  readonly attention: NumberArray;
  readonly gradient: NumberArray;
}

/** Ā = mean_h (∇A ⊙ A)⁺ (eq. 5). `[T, S]` */
export const weighted = ({ attention, gradient }: Pick<Step, "attention" | "gradient">): Matrix =>
  fuseHeads({ shape: attention.shape, data: attention.data.map((a, i) => Math.max(0, a * gradient.data[i]!)) }, "mean");

/** N(R) = I + rownorm(R − I) (eqs. 8, 9); a row of zeros stays zero. */
function normalised(relevance: Matrix): Matrix {
  const unit = identity(relevance.rows);
  return add(
    unit,
    rowNormalised(
      matrix(
        relevance.rows,
        relevance.columns,
        (i, j) => relevance.data[i * relevance.columns + j]! - unit.data[i * relevance.columns + j]!,
      ),
    ),
  );
}

/**
 * With r the reading and e the explained source, R_rr = R_ee = I and R_re = 0 at first. Then, in order of computation,
 *
 *   self over e:  R_ee ← R_ee + Ā R_ee                                   (eq. 6)
 *   self over r:  R_rr ← R_rr + Ā R_rr,  R_re ← R_re + Ā R_re            (eqs. 6, 7)
 *   cross r → e:  R_re ← R_re + N(R_rr)ᵀ Ā N(R_ee)                       (eq. 10)
 *
 * A model of one source has only the first kind.
 *
 * @returns R_ee − I where both are the same source (what a position brought itself by standing there is left out), else R_re
 */
export function carry(steps: readonly Step[], explained: number, reading: number): Matrix {
  let ee = identity(explained), rr = identity(reading), re = zeros(reading, explained);
  for (const step of steps) {
    const a = weighted(step);
    if (step.kind === "cross") re = add(re, multiply(multiply(transpose(normalised(rr)), a), normalised(ee)));
    else if (step.over === "explained") ee = add(ee, multiply(a, ee));
    else [rr, re] = [add(rr, multiply(a, rr)), add(re, multiply(a, re))];
  }
  return steps.some(({ kind }) => kind === "cross")
    ? re
    : add(ee, matrix(explained, explained, (i, j) => (i === j ? -1 : 0)));
}
