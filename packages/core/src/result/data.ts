/**
 * What an explanation says, by result type. A renderer or a view is written once per type, never per explainer.
 *
 * Arrays are flat, row-major, beside their `shape`: easy to read in any language and to hand to a canvas.
 *
 * @module
 */
import { z } from "zod";

const index = z.int().nonnegative();
const interval = { low: z.number().optional(), high: z.number().optional() };

/**
 * One score a token, `shape: [tokens]`. `join` says how the scores of a word's tokens make the word's.
 * `low` and `high` bound each score where it is an estimate; which interval they are stands among the notes.
 */
export const tokenScores = z.strictObject({
  shape: z.tuple([index]),
  values: z.array(z.number()),
  low: z.array(z.number()).optional(),
  high: z.array(z.number()).optional(),
  join: z.enum(["sum", "max"]),
});

/**
 * Scores between tokens, `shape: [rows, columns]`: attention from a row to a column, interactions of two tokens,
 * or one row of input scores for each explained output token. `rows` and `columns` index `tokens`.
 */
export const tokenMatrix = z.strictObject({
  shape: z.tuple([index, index]),
  values: z.array(z.number()),
  rows: z.array(index),
  columns: z.array(index),
  /** What a row and a column are, for people: "from" and "to", "output" and "input". */
  axes: z.tuple([z.string(), z.string()]),
});

/** An axis of a grid. Axes called `token`, `from` and `to` index `tokens`; others name their entries. */
export const axis = z.strictObject({
  name: z.enum(["layer", "head", "from", "to", "token"]),
  labels: z.array(z.string()).optional(),
  tokens: z.array(index).optional(),
});

/** Scores over the model's depth: `[layer, token]`, `[layer, head]` or `[layer, head, from, to]`, as `axes` says. */
export const layerHeadGrid = z.strictObject({
  shape: z.array(index).min(2).max(4),
  axes: z.array(axis).min(2).max(4),
  values: z.array(z.number()),
});

/** Scores of runs of tokens, nested or not. `start` and `end` index `tokens`, end exclusive. */
export const spanScores = z.strictObject({
  spans: z.array(z.strictObject({ start: index, end: index, text: z.string(), score: z.number() })),
});

/** Texts close to the given one with another answer. `edits` index `tokens`; `to` is empty where a token was taken out. */
export const counterfactuals = z.strictObject({
  items: z.array(z.strictObject({
    text: z.string(),
    edits: z.array(z.strictObject({ index, from: z.string(), to: z.string() })),
    /** The target's value on the changed text. */
    value: z.number(),
    prediction: z.strictObject({
      index,
      label: z.string().optional(),
      probability: z.number().min(0).max(1).optional(),
    }),
  })),
});

/** What many explanations have in common: tokens, heads or rules with their mean score, and measures with intervals. */
export const corpusSummary = z.strictObject({
  documents: index,
  items: z.array(z.strictObject({ label: z.string(), count: index, mean: z.number(), ...interval })),
  measures: z.array(z.strictObject({ id: z.string(), title: z.string(), value: z.number(), ...interval })),
});

/** Facts about a model, in sections. */
export const modelCard = z.strictObject({
  sections: z.array(z.strictObject({
    title: z.string(),
    entries: z.array(z.strictObject({ label: z.string(), value: z.union([z.string(), z.number(), z.boolean()]) })),
  })),
});

/** Functions of one variable: deletion and insertion, the path of integrated gradients, probability by layer. */
export const curve = z.strictObject({
  x: z.strictObject({ title: z.string() }),
  y: z.strictObject({ title: z.string() }),
  series: z.array(z.strictObject({ title: z.string(), x: z.array(z.number()), y: z.array(z.number()) })).min(1),
});

export type TokenScores = z.infer<typeof tokenScores>;
export type TokenMatrix = z.infer<typeof tokenMatrix>;
export type Axis = z.infer<typeof axis>;
export type LayerHeadGrid = z.infer<typeof layerHeadGrid>;
export type SpanScores = z.infer<typeof spanScores>;
export type Counterfactuals = z.infer<typeof counterfactuals>;
export type CorpusSummary = z.infer<typeof corpusSummary>;
export type ModelCard = z.infer<typeof modelCard>;
export type Curve = z.infer<typeof curve>;
