/**
 * SHAP: Owen values along a tree of the text, or Shapley values by regression.
 *
 * @module
 */
import { type Check, type Context, type Evidence, plugin, type Result } from "@hyaline/core/plugin";
import { Game, type GameOptions } from "../game/game.ts";
import { around, tQuantile } from "../game/interval.ts";
import { random } from "../game/random.ts";
import { unitScores } from "../game/scores.ts";
import { design, solve } from "./kernel.ts";
import { owen } from "./partition.ts";

interface Options extends GameOptions {
  readonly algorithm: "partition" | "kernel";
  readonly confidence: number;
}

type Ends = { readonly full: number; readonly empty: number };

export default plugin({
  /** Scores add up to v(N) − v(∅), whatever the budget. */
  async "shap"(
    evidence: Evidence,
    options: Options,
    context: Context,
  ): Promise<Result<"token-scores" | "span-scores">> {
    const { unit, algorithm } = options, game = new Game(evidence, options, context);
    if (game.players === 0) return unitScores(evidence, game, unit, { scores: [] });
    const ends = await game.ends(), difference = ends.full - ends.empty;
    const found = game.players === 1
      ? { scores: [difference], notes: [] }
      : algorithm === "partition"
      ? await partition(game, ends, options)
      : await kernel(game, ends, options, context);
    const checks: Check[] = [{
      id: "evaluations",
      title: "Evaluations",
      status: "measured",
      value: game.evaluations,
      summary: `${game.evaluations} distinct inputs were tried; from the empty text to this one the target rises by ${
        difference.toPrecision(4)
      }`,
    }];
    return unitScores(evidence, game, unit, { ...found, checks });
  },
});

async function partition(game: Game, ends: Ends, { budget }: Options) {
  const { values, low, high, resolved } = await owen(game, ends, budget - 2);
  if (resolved) return { scores: values, notes: [] };
  const note =
    "Some neighbours share the score of their group, as not all groups were split; each interval reaches from nothing to all of what those groups hold";
  return { scores: values, low, high, notes: game.stopped === "signal" ? game.notes(note.toLowerCase()) : [note] };
}

async function kernel(game: Game, ends: Ends, { budget, confidence }: Options, { seed }: Context) {
  const { players: n } = game, { coalitions, weights, complete } = design(n, budget - 2, random(seed));
  const y = await game.values(coalitions), taken = y.length;
  if (taken === 0) {
    return {
      scores: new Float64Array(n).fill((ends.full - ends.empty) / n),
      notes: game.notes("no coalition was tried, so all units share the difference equally; no interval is known"),
    };
  }
  const { values, variances } = solve(coalitions.slice(0, taken), y, weights.slice(0, taken), ends);
  if (complete && taken === coalitions.length) {
    return {
      scores: values,
      low: values,
      high: values,
      notes: ["The budget covers every coalition: these are the Shapley values themselves"],
    };
  }
  const freedom = taken - n + 1;
  if (freedom <= 0) {
    return {
      scores: values,
      notes: [
        `${taken} coalitions are too few for ${n} units: no interval is known`,
        ...game.notes("the regression has more unknowns than samples"),
      ],
    };
  }
  const interval = around(values, variances.map((s2) => tQuantile(confidence, freedom) * Math.sqrt(s2)));
  return {
    scores: values,
    ...interval,
    notes: [
      `The interval of each score is ${100 * confidence} %, from ${taken} coalitions by White's formula`,
      ...game.notes("more coalitions make the intervals narrower"),
    ],
  };
}
