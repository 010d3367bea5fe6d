/**
 * Shapley values by their definition.
 *
 * @module
 */
import type { Game } from "../game/game.ts";

/**
 * φ_i = Σ_S |S|! (n − |S| − 1)! / n! · (v(S ∪ i) − v(S)) over all S without i (Shapley 1953).
 *
 * @returns undefined when the run was stopped before every coalition was known
 */
export async function exactShapley(game: Game): Promise<Float64Array | undefined> {
  const n = game.players,
    all = Array.from({ length: 2 ** n }, (_, bits) => game.units.map((_, i) => (bits & (1 << i)) !== 0));
  const v = await game.values(all);
  if (v.length < all.length) return undefined;
  // weight[s] = s! (n − s − 1)! / n! = 1 / (n · C(n − 1, s))
  const weight = [1 / n];
  for (let s = 1; s < n; s++) weight.push((weight[s - 1]! * s) / (n - s));
  return Float64Array.from(
    { length: n },
    (_, i) =>
      all.reduce(
        (
          sum,
          members,
          bits,
        ) => (members[i] ? sum : sum + weight[members.filter(Boolean).length]! * (v[bits | (1 << i)]! - v[bits]!)),
        0,
      ),
  );
}
