/**
 * Occlusion: what the target loses when a unit of the text goes.
 *
 * @module
 */
import { type Context, type Evidence, plugin, type Result } from "@hyaline/core/plugin";
import { Game, type GameOptions } from "../game/game.ts";
import { unitScores } from "../game/scores.ts";

interface Options extends GameOptions {
  readonly twoSided: boolean;
}

export default plugin({
  /** s_i = v(N) − v(N∖i); two-sided: the mean of that and v({i}) − v(∅). */
  async "occlusion"(
    evidence: Evidence,
    options: Options,
    context: Context,
  ): Promise<Result<"token-scores" | "span-scores">> {
    const { unit, twoSided, budget } = options,
      game = new Game(evidence, options, context),
      n = game.players,
      scores = new Float64Array(n);
    if (n === 0) return unitScores(evidence, game, unit, { scores });
    const sides = twoSided ? 2 : 1, fixed = twoSided ? 2 : 1, rounds = Math.floor((budget - fixed) / sides);
    const [full = 0, empty = 0] = await game.needed([game.everyone(), game.nobody()].slice(0, fixed), fixed + sides);
    // Fewer rounds than units: neighbours go together and share what they cost.
    const size = Math.max(1, Math.ceil(n / Math.max(1, rounds))),
      groups = Array.from({ length: Math.ceil(n / size) }, (_, g) => [g * size, Math.min(n, (g + 1) * size)] as const);
    game.expected = fixed + sides * groups.length;
    const alone = (inside: boolean) => ([from, to]: readonly [number, number]) =>
      game.units.map((_, i) => (i >= from && i < to) === inside);
    const found = await game.values(
      groups.flatMap((group) => (twoSided ? [alone(false)(group), alone(true)(group)] : [alone(false)(group)])),
    );
    const measured = Math.floor(found.length / sides);
    groups.slice(0, measured).forEach(([from, to], g) => {
      const loss = full - found[g * sides]!, gain = twoSided ? found[g * sides + 1]! - empty : loss;
      scores.fill((loss + gain) / 2 / (to - from), from, to);
    });
    const notes = [
      ...(size > 1
        ? [
          `The budget of ${budget} evaluations is too small for ${n} units one by one: ${size} neighbours are taken away at once and share their score`,
        ]
        : []),
      ...game.notes(`only the first ${measured * size} of ${n} units were measured, the others show zero`),
    ];
    return unitScores(evidence, game, unit, { scores, notes });
  },
});
