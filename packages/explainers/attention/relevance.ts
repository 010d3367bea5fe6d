/**
 * Gradient-weighted attention, carried through the layers (Chefer, Gur & Wolf, ICCV 2021).
 *
 * @module
 */
import type { NumberArray } from "@hyaline/core/plugin";
import { add, fuseHeads, identity, type Matrix, multiply, rowNormalised, transpose, zeros } from "../shared/matrix.ts";

/** One attention with its gradient, both `[H, T, S]`, and where it stands. */
export interface Carried {
  readonly kind: "self" | "cross";
  /** Whether its rows are the source the target is read from. */
  readonly reading: boolean;
  readonly attention: NumberArray;
  readonly gradient: NumberArray;
}

/** Ā = mean_h (∇A ⊙ A)⁺ (eq. 5). `[T, S]` */
export const weighted = ({ attention, gradient }: Pick<Carried, "attention" | "gradient">): Matrix =>
  fuseHeads({ shape: attention.shape, data: attention.data.map((a, i) => Math.max(0, a * gradient.data[i]!)) }, "mean");

/** N(R) = I + rownorm(R − I) (eqs. 8, 9); a row of zeros stays zero. */
function normalised(relevance: Matrix): Matrix {
  const unit = identity(relevance.rows);
  return add(unit, rowNormalised(less(relevance, unit)));
}

const less = (a: Matrix, b: Matrix): Matrix => ({ ...a, data: a.data.map((x, i) => x - b.data[i]!) });

/**
 * v (R − I) over one source, R = (I + Ā_L) … (I + Ā_1) by eq. 6; what a position brought itself by standing there is left out. Only
 * the rows that are read are worked out: O(L T²).
 *
 * @param start weights of the positions that are read
 */
export function within(start: Float64Array, steps: readonly Carried[]): Float64Array {
  const end = [...steps].reverse().reduce((read, step) => {
    const { data, columns } = weighted(step), next = read.slice();
    read.forEach((weight, i) => {
      if (weight !== 0) data.subarray(i * columns, (i + 1) * columns).forEach((a, j) => next[j]! += weight * a);
    });
    return next;
  }, start);
  return end.map((x, i) => x - start[i]!);
}

/**
 * R_re: relevance of another source e for the reading one r. With R_rr = R_ee = I and R_re = 0 at first, in order of computation,
 *
 *   self over e:  R_ee ← R_ee + Ā R_ee                                   (eq. 6)
 *   self over r:  R_rr ← R_rr + Ā R_rr,  R_re ← R_re + Ā R_re            (eqs. 6, 7)
 *   cross r → e:  R_re ← R_re + N(R_rr)ᵀ Ā N(R_ee)                       (eq. 10)
 */
export function across(steps: readonly Carried[], reading: number, other: number): Matrix {
  let rr = identity(reading), ee = identity(other), re = zeros(reading, other);
  for (const step of steps) {
    const a = weighted(step);
    if (step.kind === "cross") re = add(re, multiply(multiply(transpose(normalised(rr)), a), normalised(ee)));
    else if (step.reading) [rr, re] = [add(rr, multiply(a, rr)), add(re, multiply(a, re))];
    else ee = add(ee, multiply(a, ee));
  }
  return re;
}
