/**
 * Compares carried gradients with finite differences of the forward pass.
 *
 * @module
 */
import { numbers, size, type Tensor } from "../graph/tensor.ts";
import { type Carried, carry, type CarryRequest } from "./carry.ts";
import { inner } from "./conservation.ts";
import { signs } from "./numbers.ts";
import type { Trial } from "./trial.ts";

const STEP = 0.01;

/** The slope of Σ seed ⊙ target along one direction of one source: carried back, and measured. */
export interface Difference {
  readonly source: string;
  readonly carried: number;
  readonly measured: number;
  /** |carried − measured| over the gradient's length (or a hundredth of the seed's, where the gradient is next to nothing). */
  readonly error: number;
}

/**
 * For every source that is an input of the graph: the derivative along a random direction of signs against the central difference of
 * fourth order, (8 (L(+h) − L(−h)) − (L(+2h) − L(−2h))) / 12h.
 *
 * @param random directions come from it
 * @returns one difference for each source, and what was carried
 *
 * @example
 * ```ts
 * import { gradcheck, randomNumbers, sketch, tensor, Trial } from "@hyaline/core/testing";
 * const trial = new Trial(sketch({ inputs: { x: tensor([2], [1, -2]) }, nodes: [["Tanh", "x", "y"]] }));
 * const { differences } = await gradcheck(trial, { sources: ["x"], target: "y", seed: tensor([2], [1, 1]) }, randomNumbers(1));
 * console.assert(differences[0]!.error < 1e-3);
 * await trial.release();
 * ```
 */
export async function gradcheck(
  trial: Trial,
  request: CarryRequest,
  random: () => number,
): Promise<{ differences: Difference[]; carried: Carried }> {
  const back = await carry(trial, request),
    { cotangents } = back,
    length = (t: Tensor): number => Math.sqrt(inner(t, t));
  const loss = async (source: string, direction: readonly number[], by: number): Promise<number> => {
    const x = trial.inputs.get(source)!,
      moved = { ...x, data: Float32Array.from(numbers(x), (v, i) => v + by * direction[i]!) };
    return inner(
      request.seed,
      (await trial.run([request.target], new Map(trial.inputs).set(source, moved))).get(request.target)!,
    );
  };
  const differences: Difference[] = [];
  for (const source of request.sources) {
    const g = cotangents.get(source)!, direction = signs(size(g.dims), random);
    const [p1, m1, p2, m2] = [
      await loss(source, direction, STEP),
      await loss(source, direction, -STEP),
      await loss(source, direction, 2 * STEP),
      await loss(source, direction, -2 * STEP),
    ];
    const measured = (8 * (p1 - m1) - (p2 - m2)) / (12 * STEP),
      carried = numbers(g).reduce((sum, v, i) => sum + v * direction[i]!, 0);
    differences.push({
      source,
      carried,
      measured,
      error: Math.abs(carried - measured) / Math.max(length(g), 0.01 * length(request.seed), 1e-6),
    });
  }
  return { differences, carried: back };
}
