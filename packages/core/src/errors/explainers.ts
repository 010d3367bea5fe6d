/**
 * What an explainer needs and does not get.
 *
 * @module
 */
import { failure, type HyalineError } from "./failure.ts";

/** An explainer ran without something its manifest asks for: the model does not have it. */
export const missingEvidence = (what: string): HyalineError =>
  failure({
    code: "MISSING_EVIDENCE",
    message: `The model gives no ${what}, which this method needs`,
    hint: "hyaline methods lists what each method needs; occlusion only needs predictions",
  });

/** Attention from given tokens to the words of past states, which are no tokens of the explanation. */
export const pastAttention = (): HyalineError =>
  failure({
    code: "MISSING_EVIDENCE",
    message: "The model looks at past states here, and what they were made from is no token of this explanation",
    hint: "Give all ids and leave the past states out; gradients, LRP and occlusion explain the new tokens as it is",
  });

/** A layer that the model does not have. */
export const unknownLayer = (layer: number | string, known: readonly (number | string)[]): HyalineError =>
  failure({
    code: "UNKNOWN_LAYER",
    message: `Unknown layer "${layer}"`,
    hint: `Choose one of ${known.map((name) => `"${name}"`).join(", ")}`,
  });

/** A head that the layer does not have. */
export const unknownHead = (head: number | string, heads: number): HyalineError =>
  failure({
    code: "UNKNOWN_HEAD",
    message: `Unknown head "${head}"`,
    hint: `Heads are counted from 0 to ${heads - 1}, or "mean", or "all"`,
  });

/** NaN or Infinity where a number belongs: an explanation made of it would be noise. */
export const notFinite = (what: string): HyalineError =>
  failure({
    code: "NOT_FINITE",
    message: `The ${what} hold NaN or Infinity`,
    hint: "Half-precision files can overflow: try --dtype fp32",
  });

/** A budget too small for even the roughest answer. */
export const budgetTooSmall = (budget: number, least: number): HyalineError =>
  failure({
    code: "BUDGET_TOO_SMALL",
    message: `A budget of "${budget}" evaluations is too small`,
    hint: `Give at least --option budget=${least}`,
  });

/** An explainer asked for more evaluations of the model than its budget allows. */
export const budgetSpent = (budget: number): HyalineError =>
  failure({
    code: "BUDGET_SPENT",
    message: `The budget of ${budget} evaluations is spent`,
    hint: "Give more with --option budget=N",
  });

/** Options that leave open what a method needs. */
export const unfilledNeed = (need: string, chosen: string): HyalineError =>
  failure({
    code: "INVALID_OPTIONS",
    message: `The need ${need} cannot be ${chosen}`,
    hint: "hyaline methods lists what each option takes",
  });
