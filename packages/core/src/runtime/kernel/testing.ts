/**
 * Reproducible tensors for tests.
 *
 * @module
 */
import { size, type Tensor } from "../../graph/tensor.ts";

export type Random = () => number;

/** Numbers in [−1, 1), the same for the same seed (xorshift). */
export function random(seed: number): Random {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2147483648 - 1;
  };
}

/** A float32 tensor of random numbers. */
export const fromShape = (dims: readonly number[], next: Random, scale = 1): Tensor => ({
  dtype: "float32",
  dims,
  data: Float32Array.from({ length: size(dims) }, () => scale * next()),
});
