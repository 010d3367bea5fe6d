/**
 * Attention as it is, rolled out over layers, and weighed by the target's gradient.
 *
 * @module
 */
import { type Evidence, plugin, type Result } from "@hyaline/core/plugin";
import { finite, given } from "../shared/given.ts";
import { chosenLayers, type LayerChoice } from "../shared/layers.ts";
import { fuseHeads, type headFusions, multiply, rowOf } from "../shared/matrix.ts";
import { tokenScores } from "../shared/scores.ts";
import { across, within } from "./relevance.ts";
import { rollout } from "./rollout.ts";
import { shown, startOf, stepsOf } from "./steps.ts";
import { readingNotes, view, type ViewOptions } from "./view.ts";
import { walkthrough, type WalkthroughOptions } from "./walkthrough.ts";

interface RolloutOptions {
  readonly fusion: keyof typeof headFusions;
  readonly startLayer: LayerChoice;
}

export default plugin({
  "attention": (evidence: Evidence, options: ViewOptions) => view(evidence, options),

  "attention-walkthrough": (evidence: Evidence, options: WalkthroughOptions) => walkthrough(evidence, options),

  /** The reading position's row of Ã_L … Ã_start. */
  "attention-rollout"(evidence: Evidence, { fusion, startLayer }: RolloutOptions): Result<"token-scores"> {
    const found = stepsOf(evidence), { steps, others } = found, all = given(evidence.attentions, "attentions");
    const places = steps.map((_, place) => place),
      [start] = chosenLayers(startLayer, steps.map(({ layer, name }) => ({ index: layer, name })), { first: places });
    const first = steps[start![0]!]!.layer, mixed = steps.filter(({ layer }) => layer >= first);
    const rolled = rollout(
      startOf(found),
      mixed.map(({ from, to, place }) => ({ from, to, block: fuseHeads(finite(all[place], "attentions"), fusion) })),
    );
    const notes = others.length
      ? ["Rollout is defined for one source: cross-attention is taken here as one more layer with a skip connection"]
      : [];
    return tokenScores(shown(rolled, found), {
      join: "sum",
      signed: false,
      notes: [...readingNotes(found), ...notes],
    });
  },

  /** The reading position's row of R − I, and of R between sources. */
  "attention-gradient"(evidence: Evidence): Result<"token-scores"> {
    const found = stepsOf(evidence), { steps, reading, others, size } = found;
    const attentions = given(evidence.attentions, "attentions"),
      gradients = given(evidence.gradients?.attentions, "gradients of the attentions");
    const carried = steps.map(({ kind, from, to, place }) => ({
      kind,
      reading: from === reading,
      to,
      attention: finite(attentions[place], "attentions"),
      gradient: finite(gradients[place], "gradients of the attentions"),
    }));
    const inner = carried.filter(({ kind, reading }) => kind === "self" && reading), values = new Float64Array(size);
    const own = reading.lead + reading.length, start = startOf(found).slice(reading.before, reading.before + own);
    values.set(within(start, inner), reading.before);
    for (const source of others) {
      const concerned = carried.filter((step) => step.to === source || inner.includes(step));
      const relevance = across(concerned, own, source.lead + source.length);
      values.set(rowOf(multiply({ rows: 1, columns: own, data: start }, relevance), 0), source.before);
    }
    const scores = shown(values, found);
    const notes = [
      ...readingNotes(found),
      ...(scores.every((s) => s === 0)
        ? ["No attention speaks for the target: every product of attention and gradient is zero or below"]
        : []),
      ...(others.length ? ["Scores of different sources are on scales of their own: compare tokens within one"] : []),
    ];
    return tokenScores(scores, { join: "sum", signed: false, notes });
  },
});
