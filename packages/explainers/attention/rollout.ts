/**
 * Attention rollout (Abnar & Zuidema 2020).
 *
 * @module
 */
import { identity, type Matrix, matrix, multiply, rowNormalised } from "../shared/matrix.ts";
import { type Positions, whole } from "./steps.ts";

/** One attention with its heads fused, `[T, S]`. */
export interface Mixing {
  readonly from: Positions;
  readonly to: Positions;
  readonly block: Matrix;
}

/**
 * Ã = rownorm(A + I) for each attention, half of which its skip connection carries; the rollout is Ã_L … Ã_1. Rows that an
 * attention does not write (the encoder's, in a decoder's cross-attention) pass unchanged.
 *
 * @param mixings in order of computation
 * @returns a square over all positions, rows sum to 1: row i says how much of each input is in output position i
 */
export function rollout(length: number, mixings: readonly Mixing[]): Matrix {
  return mixings.reduce((sofar, mixing) => {
    const block = whole(length, [mixing]);
    return multiply(
      rowNormalised(matrix(length, length, (i, j) => block.data[i * length + j]! + (i === j ? 1 : 0))),
      sofar,
    );
  }, identity(length));
}
