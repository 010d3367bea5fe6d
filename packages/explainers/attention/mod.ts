/**
 * Attention as it is, rolled out over layers, and weighed by the target's gradient.
 *
 * @module
 */
import { missingEvidence } from "@hyaline/core/errors";
import { type Evidence, plugin, type Result } from "@hyaline/core/plugin";
import { finite, given } from "../shared/given.ts";
import { chosenLayers, type LayerChoice } from "../shared/layers.ts";
import { fuseHeads, type headFusions, matrix, multiply, read, rowOf } from "../shared/matrix.ts";
import { tokenScores } from "../shared/scores.ts";
import { carry, type Step } from "./relevance.ts";
import { rollout } from "./rollout.ts";
import { crossAttentions, placesOf, selfAttentions } from "./sources.ts";
import { view, type ViewOptions } from "./view.ts";
import { walkthrough, type WalkthroughOptions } from "./walkthrough.ts";

interface RolloutOptions {
  readonly fusion: keyof typeof headFusions;
  readonly startLayer: LayerChoice;
}

export default plugin({
  "attention": (evidence: Evidence, options: ViewOptions) => view(evidence, options),

  "attention-walkthrough": (evidence: Evidence, options: WalkthroughOptions) => walkthrough(evidence, options),

  /** The reading position's row of Ã_L … Ã_start; for a source read through cross-attention, the last of its rows times the rollout. */
  "attention-rollout"(evidence: Evidence, { fusion, startLayer }: RolloutOptions): Result<"token-scores"> {
    const { readingPosition } = evidence, places = placesOf(evidence), all = given(evidence.attentions, "attentions");
    const within = selfAttentions(places, places.explained),
      named = within.map((place) => ({ index: places.info[place]!.layer, name: places.info[place]!.name }));
    if (within.length === 0) throw missingEvidence("self-attention over the explained tokens");
    const [start = 0] = chosenLayers(startLayer, named, { first: Math.min(...named.map(({ index }) => index)) });
    const rolled = rollout(within.slice(start).map((place) => finite(all[place], "attentions")), fusion);
    if (places.explained === places.reading) {
      return tokenScores(read(rolled, readingPosition), { join: "sum", signed: false });
    }
    const last = crossAttentions(places).at(-1);
    if (last === undefined) throw missingEvidence("cross-attention to the explained tokens");
    const through = read(fuseHeads(finite(all[last], "attentions"), fusion), readingPosition),
      row = matrix(1, through.length, (_, j) => through[j]!);
    return tokenScores(rowOf(multiply(row, rolled), 0), {
      join: "sum",
      signed: false,
      notes: [
        "The encoder's rollout, read through the decoder's last cross-attention: rollout itself is defined for one source only",
      ],
    });
  },

  /** The reading position's row of R, the relevance of tokens for it. */
  "attention-gradient"(evidence: Evidence): Result<"token-scores"> {
    const { tokens, readingPosition } = evidence, places = placesOf(evidence), { explained, reading, info } = places;
    const attentions = given(evidence.attentions, "attentions"),
      gradients = given(evidence.gradients?.attentions, "gradients of the attentions");
    const concerned = new Set([
      ...selfAttentions(places, explained),
      ...(explained === reading ? [] : [...selfAttentions(places, reading), ...crossAttentions(places)]),
    ]);
    const steps = info.flatMap((one, place): Step[] =>
      concerned.has(place)
        ? [{
          kind: one.kind,
          over: one.to === explained ? "explained" : "reading",
          attention: finite(attentions[place], "attentions"),
          gradient: finite(gradients[place], "gradients of the attentions"),
        }]
        : []
    );
    if (steps.length === 0) throw missingEvidence("attentions over the explained tokens");
    const rows = (steps.find(({ kind }) => kind === "cross") ?? steps[0]!).attention.shape[1]!;
    const scores = read(carry(steps, tokens.length, rows), readingPosition);
    const notes = scores.every((s) => s === 0)
      ? ["No attention speaks for the target: every product of attention and gradient is zero or below"]
      : [];
    return tokenScores(scores, { join: "sum", signed: false, notes });
  },
});
