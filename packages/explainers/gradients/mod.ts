/**
 * Explanations by the derivative of the target with respect to the embeddings.
 *
 * @module
 */
import { type Check, type Evidence, plugin, type Result } from "@hyaline/core/plugin";
import { dot, lengths, products, row, sums } from "../shared/channels.ts";
import { finite, given } from "../shared/given.ts";
import { tokenScores } from "../shared/scores.ts";

/** Norms of one token's gradient, by name. */
const norms = {
  l2: (g: Float32Array) => Math.sqrt(dot(g, g)),
  l1: (g: Float32Array) => g.reduce((sum, x) => sum + Math.abs(x), 0),
  max: (g: Float32Array) => g.reduce((most, x) => Math.max(most, Math.abs(x)), 0),
};

/** Below this share of ‖x‖‖∂y/∂x‖, x · ∂y/∂x is rounding (or a norm's ε), not evidence. */
const NOISE = 1e-3;

/** Completeness is passed when Σ scores misses the difference it should equal by at most this share. */
const COMPLETE = 0.05;

const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);
const BLIND =
  "Most scores are near zero because a norm follows the embeddings, and a norm does not feel its input's scale: read no meaning into what is left. AttnLRP passes through norms";
const ZERO = "The target's derivative is zero at every token: nothing depends on the text here";

export default plugin({
  /** s_t = ‖∂y/∂x_t‖. */
  "saliency"({ gradients }: Evidence, { reduce }: { reduce: keyof typeof norms }): Result<"token-scores"> {
    const gradient = finite(gradients?.embeddings, "gradients of the embeddings");
    const scores = Float64Array.from({ length: gradient.shape[0]! }, (_, t) => norms[reduce](row(gradient, t)));
    return tokenScores(scores, { join: "max", signed: false, notes: sum(scores) === 0 ? [ZERO] : [] });
  },

  /** s_t = Σ_c x_tc ∂y/∂x_tc. */
  "input-x-gradient"({ embeddings, gradients }: Evidence): Result<"token-scores"> {
    const x = finite(embeddings, "embeddings"), gradient = finite(gradients?.embeddings, "gradients of the embeddings");
    const scores = products(x, gradient), xs = lengths(x), gs = lengths(gradient);
    const blind = scores.filter((score, t) => Math.abs(score) <= NOISE * xs[t]! * gs[t]!).length;
    const notes = sum(gs) === 0 ? [ZERO] : blind > scores.length / 2 ? [BLIND] : [];
    return tokenScores(scores, { join: "sum", signed: true, notes });
  },

  /** s_t = Σ_c (x_tc − x₀_tc) ∫₀¹ ∂y/∂x_tc (x₀ + α(x − x₀)) dα; the host integrates. */
  "integrated-gradients"(
    { path, target }: Evidence,
    { baseline, view }: { baseline: string; view: "scores" | "path" },
  ): Result<"token-scores" | "curve"> {
    const { attributions, steps, baselineValue, error, points, values } = given(path, "path of gradients");
    const scores = sums(finite(attributions, "attributions along the path"));
    const difference = target.value - baselineValue,
      gap = sum(scores) - difference,
      share = Math.abs(gap) / Math.abs(difference);
    const complete = Math.abs(gap) <= COMPLETE * Math.abs(difference);
    const checks: Check[] = [
      {
        id: "completeness",
        title: "Completeness",
        status: complete ? "passed" : "failed",
        value: gap,
        summary:
          `The scores sum to ${sum(scores).toPrecision(4)}; the target rises by ${
            difference.toPrecision(4)
          } from the "${baseline}" baseline to the text` +
          (Number.isFinite(share) ? `, a gap of ${(100 * share).toFixed(1)} %` : ""),
      },
      {
        id: "quadrature",
        title: "Error of the integral",
        status: "measured",
        value: error,
        summary: `With ${steps} steps the integral is off by an estimated ${error.toPrecision(3)}, summed over tokens`,
      },
    ];
    const notes = complete ? [] : [
      `The scores miss the difference they should add up to: give more than ${steps} steps, or another baseline (at "zero" a norm jumps, and no number of steps follows)`,
    ];
    if (view === "scores") return tokenScores(scores, { join: "sum", signed: true, checks, notes });
    return {
      type: "curve",
      signed: true,
      checks,
      notes,
      data: {
        x: { title: "Way from the baseline to the text" },
        y: { title: "Value of the target" },
        series: [{
          title: "Along the straight line",
          x: [0, ...points.data, 1],
          y: [baselineValue, ...values.data, target.value],
        }],
      },
    };
  },
});
