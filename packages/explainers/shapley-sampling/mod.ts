/**
 * Shapley values by sampling permutations, with an interval for each.
 *
 * @module
 */
import { type Check, type Context, type Evidence, plugin, type Result } from "@hyaline/core/plugin";
import { type Coalition, Game, type GameOptions } from "../game/game.ts";
import { around, meansOf } from "../game/interval.ts";
import { permutation, random } from "../game/random.ts";
import { unitScores } from "../game/scores.ts";
import { exactShapley } from "./exact.ts";

interface Options extends GameOptions {
  readonly antithetic: boolean;
  readonly confidence: number;
}

/** Coalitions that grow from one player to all but one, in the order of a permutation. */
function chain(order: readonly number[]): Coalition[] {
  const present = order.map(() => false);
  return order.slice(0, -1).map((player) => {
    present[player] = true;
    return [...present];
  });
}

/** What each player adds when it joins: v(before ∪ i) − v(before). */
function marginals(
  order: readonly number[],
  between: readonly number[],
  { full, empty }: { readonly full: number; readonly empty: number },
): Float64Array {
  const values = [empty, ...between, full], added = new Float64Array(order.length);
  order.forEach((player, k) => (added[player] = values[k + 1]! - values[k]!));
  return added;
}

export default plugin({
  /** φ_i = E_π[v(P_i ∪ i) − v(P_i)], P_i the players before i in a random order π; exact where the budget covers all 2ⁿ coalitions. */
  async "shapley-sampling"(
    evidence: Evidence,
    options: Options,
    context: Context,
  ): Promise<Result<"token-scores" | "span-scores">> {
    const { unit, budget, antithetic, confidence } = options,
      game = new Game(evidence, options, context),
      n = game.players;
    if (n === 0) return unitScores(evidence, game, unit, { scores: [] });
    const ends = await game.ends(), difference = ends.full - ends.empty;
    if (n <= 16 && 2 ** n <= budget) {
      const scores = await exactShapley(game);
      if (scores) {
        return unitScores(evidence, game, unit, {
          scores,
          low: scores,
          high: scores,
          checks: [measure(game, "all of them")],
          notes: ["The budget covers every coalition: these are the Shapley values themselves"],
        });
      }
    }
    const next = random(context.seed), samples: Float64Array[] = [], lone: Float64Array[] = [];
    while (!game.stopped) {
      const order = permutation(n, next), orders = antithetic ? [order, [...order].reverse()] : [order];
      const found = await game.values(orders.flatMap(chain)),
        finished = orders.filter((_, k) => found.length >= (k + 1) * (n - 1));
      const added = finished.map((one, k) => marginals(one, found.slice(k * (n - 1), (k + 1) * (n - 1)), ends));
      if (added.length === orders.length) {
        samples.push(Float64Array.from(order, (_, i) => added.reduce((sum, a) => sum + a[i]!, 0) / added.length));
      } else lone.push(...added);
    }
    const usable = samples.length ? samples : lone;
    if (usable.length === 0) {
      const scores = new Float64Array(n).fill(difference / n);
      return unitScores(evidence, game, unit, {
        scores,
        checks: [measure(game, "none")],
        notes: game.notes(
          "not one order was finished, so all units share the difference equally; no interval is known",
        ),
      });
    }
    const { mean, half } = meansOf(usable, confidence), interval = half ? around(mean, half) : {};
    const described = half
      ? `The interval of each score is Student's, at ${100 * confidence} %, from ${usable.length} ${
        antithetic ? "pairs of an order and its reverse" : "orders"
      }`
      : "One order was finished: no interval is known";
    return unitScores(evidence, game, unit, {
      scores: mean,
      ...interval,
      checks: [measure(game, `${usable.length}`)],
      notes: [described, ...game.notes("more evaluations make the intervals narrower")],
    });
  },
});

const measure = (game: Game, samples: string): Check => ({
  id: "evaluations",
  title: "Evaluations",
  status: "measured",
  value: game.evaluations,
  summary: `${game.evaluations} distinct inputs were tried; samples: ${samples}`,
});
