/**
 * Attention rollout (Abnar & Zuidema 2020).
 *
 * @module
 */
import type { NumberArray } from "@hyaline/core/plugin";
import { add, fuseHeads, type headFusions, identity, type Matrix, multiply, rowNormalised } from "../shared/matrix.ts";

/**
 * Ã_l = rownorm(fuse_h A_l + I), the half of a block that its skip connection carries; the rollout is Ã_L … Ã_1.
 *
 * @param attentions `[H, T, T]` for each layer, first layer first
 * @returns `[T, T]`, rows sum to 1: row i says how much of each input token is in output token i
 */
export function rollout(attentions: readonly NumberArray[], fusion: keyof typeof headFusions): Matrix {
  const start = identity(attentions[0]?.shape[1] ?? 0);
  return attentions.reduce(
    (sofar, attention) => multiply(rowNormalised(add(fuseHeads(attention, fusion), start)), sofar),
    start,
  );
}
