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

/** Relevance of the reading source's tokens for each other, and of another source's tokens for them. */
export interface Relevance {
  readonly own: Matrix;
  readonly other: Matrix;
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
 * With r the reading source and e another one, R_rr = R_ee = I and R_re = 0 at first. Then, in order of computation,
 *
 *   self over e:  R_ee ← R_ee + Ā R_ee                                   (eq. 6)
 *   self over r:  R_rr ← R_rr + Ā R_rr,  R_re ← R_re + Ā R_re            (eqs. 6, 7)
 *   cross r → e:  R_re ← R_re + N(R_rr)ᵀ Ā N(R_ee)                       (eq. 10)
 *
 * @returns R_rr − I (what a position brought itself by standing there is left out) and R_re
 */
export function carry(steps: readonly Carried[], reading: number, other: number): Relevance {
  let rr = identity(reading), ee = identity(other), re = zeros(reading, other);
  for (const step of steps) {
    const a = weighted(step);
    if (step.kind === "cross") re = add(re, multiply(multiply(transpose(normalised(rr)), a), normalised(ee)));
    else if (step.reading) [rr, re] = [add(rr, multiply(a, rr)), add(re, multiply(a, re))];
    else ee = add(ee, multiply(a, ee));
  }
  return { own: less(rr, identity(reading)), other: re };
}
