/**
 * Attention rollout (Abnar & Zuidema 2020).
 *
 * @module
 */
import type { Matrix } from "../shared/matrix.ts";
import type { Positions } from "./steps.ts";

/** One attention with its heads fused, `[T, S]`. */
export interface Mixing {
  readonly from: Positions;
  readonly to: Positions;
  readonly block: Matrix;
}

/**
 * v Ã_L … Ã_1 with Ã = rownorm(A + I), half of which a skip connection carries. Only the rows that are read are worked out, from the
 * last layer to the first: O(L T²), where the whole product would be O(L T³). Rows that an attention does not write (the encoder's,
 * in a decoder's cross-attention) pass unchanged.
 *
 * @param start weights of the output positions that are read, summing to 1
 * @param mixings in order of computation
 * @returns how much of each input position is in them, summing to 1
 */
export function rollout(start: Float64Array, mixings: readonly Mixing[]): Float64Array {
  return [...mixings].reverse().reduce((read, { from, to, block: { rows, columns, data } }) => {
    const next = read.slice();
    for (let i = 0; i < rows; i++) {
      const attended = data.subarray(i * columns, (i + 1) * columns), weight = read[from.before + i]!;
      const share = weight / (1 + attended.reduce((sum, a) => sum + a, 0));
      next[from.before + i]! += share - weight;
      if (share !== 0) attended.forEach((a, j) => next[to.before + j]! += share * a);
    }
    return next;
  }, start);
}
