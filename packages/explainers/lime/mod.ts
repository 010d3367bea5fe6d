/**
 * LIME: a linear model of the black box, near the text.
 *
 * @module
 */
import { type Context, type Evidence, plugin, type Result } from "@hyaline/core/plugin";
import { Game, type GameOptions } from "../game/game.ts";
import { around, tQuantile } from "../game/interval.ts";
import { permutation, random } from "../game/random.ts";
import { unitScores } from "../game/scores.ts";
import { fitted, neighbourhood } from "./fit.ts";

interface Options extends GameOptions {
  readonly kernelWidth: number;
  readonly confidence: number;
}

export default plugin({
  /** The coefficients of the local linear model. */
  async "lime"(
    evidence: Evidence,
    options: Options,
    context: Context,
  ): Promise<Result<"token-scores" | "span-scores">> {
    const { unit, budget, kernelWidth, confidence } = options,
      game = new Game(evidence, options, context),
      n = game.players;
    if (n === 0) return unitScores(evidence, game, unit, { scores: [] });
    await game.needed([game.everyone()], 2);
    const samples = neighbourhood(n, budget, random(context.seed), permutation),
      y = await game.values(samples),
      taken = samples.slice(0, y.length);
    const { coefficients, covariance, intercept, r2 } = fitted(taken, y, kernelWidth), freedom = taken.length - n - 1;
    const interval = freedom > 0
      ? around(
        coefficients,
        coefficients.map((_, i) => tQuantile(confidence, freedom) * Math.sqrt(Math.max(0, covariance[i * n + i]!))),
      )
      : {};
    const checks = [{
      id: "fidelity",
      title: "Fidelity of the linear model",
      status: "measured" as const,
      value: r2,
      summary:
        `The linear model explains ${
          (100 * r2).toFixed(0)
        } % of what the model's answers vary by near the text (R², weighted); at the text itself it says ` +
        `${(intercept + coefficients.reduce((a, b) => a + b, 0)).toPrecision(3)}, the model ${y[0]!.toPrecision(3)}`,
    }];
    const notes = [
      freedom > 0
        ? `The interval of each score is ${100 * confidence} %, from ${taken.length} samples by White's formula`
        : `${taken.length} samples are too few for ${n} units: no interval is known`,
      ...game.notes("more samples make the intervals narrower"),
    ];
    return unitScores(evidence, game, unit, { scores: coefficients, ...interval, checks, notes });
  },
});
