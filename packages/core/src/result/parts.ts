/**
 * The parts every explanation shares, whatever its type: what was explained, on which model, how, and how far to trust it.
 *
 * All objects are strict: an unknown key is an error, so a typing mistake in a plugin is found at once.
 * Numbers are finite; an explainer that meets NaN or Infinity has failed and must say so instead.
 *
 * @module
 */
import { z } from "zod";

const index = z.int().nonnegative();

/** One token. `start` and `end` are JavaScript string indices (UTF-16 units) into its source's text, equal where it stands for none. */
export const token = z.strictObject({
  text: z.string(),
  /** Id in the vocabulary; a picture's patch counts from 0. */
  id: index,
  start: index,
  end: index,
  /** Put there by the tokenizer's template ([CLS], <s>, …), not by the text. */
  special: z.boolean(),
  /** Name of the source it belongs to, for models that read more than one. */
  source: z.string().optional(),
}).meta({ id: "Token" });

/** A word made of several tokens: renderers join the scores of its tokens as `data.join` says. */
export const word = z.strictObject({ text: z.string(), start: index, end: index, tokens: z.array(index).min(1) }).meta({
  id: "Word",
});

/** One text a model reads: encoder and decoder of a sequence-to-sequence model are two. */
export const source = z.strictObject({ name: z.string(), text: z.string().optional() }).meta({ id: "Source" });

/** What the model answers: one class or token with its raw value and, where a softmax applies, its probability. */
export const answer = z.strictObject({
  index,
  label: z.string().optional(),
  value: z.number(),
  probability: z.number().min(0).max(1).optional(),
}).meta({ id: "Answer" });

/** The explained number. `value` is what the scores are about: a logit, target minus foil, or a span's Σ log p. */
export const target = z.strictObject({
  kind: z.enum(["class", "token", "span", "index", "contrast"]),
  index,
  label: z.string().optional(),
  /** Position along the sequence, where the output has one. */
  position: index.optional(),
  /** Target positions of a span, end exclusive. */
  span: z.strictObject({ start: index, end: index }).optional(),
  foil: answer.optional(),
  value: z.number(),
  probability: z.number().min(0).max(1).optional(),
}).meta({ id: "Target" });

/**
 * Where the explained value went: `value = tokens + Σ leaks + residual`.
 * The books are closed when `|residual| ≤ tolerance · |value|`; an open ledger is said aloud by every renderer.
 */
export const ledger = z.strictObject({
  value: z.number(),
  /** Σ of relevance over all tokens, special ones included. */
  tokens: z.number(),
  leaks: z.strictObject({
    /** Relevance drawn by additive biases, β of a norm included. */
    bias: z.number(),
    /** Relevance drawn by other constants: position tables, masks, ALiBi. */
    constant: z.number(),
    /** Σ R_A − Σ R_S over all softmaxes. */
    softmax: z.number(),
    /** Absorbed by the stabiliser ε. */
    epsilon: z.number(),
    /** What integer operators gave beyond what their dequantised weights would give. */
    quantisation: z.number(),
    /** Non-linear operators that the composite does not conserve through. */
    nonlinear: z.number(),
  }),
  residual: z.number(),
  tolerance: z.number().positive(),
  closed: z.boolean(),
}).meta({ id: "Ledger" });

/** A question put to the explanation itself. `measured` is a number without a pass mark. */
export const check = z.strictObject({
  id: z.string(),
  title: z.string(),
  status: z.enum(["passed", "failed", "measured"]),
  value: z.number().optional(),
  /** One sentence in plain words. */
  summary: z.string(),
}).meta({ id: "Check" });

/** What the explanation knows about its own quality and cost. */
export const diagnostics = z.strictObject({
  ledger: ledger.optional(),
  checks: z.array(check),
  /** How often the model ran, and how often a cotangent was carried back. */
  passes: z.strictObject({ forward: index, backward: index }),
  /** Sentences a reader must see: a trap of the method, a licence notice, truncated text. */
  notes: z.array(z.string()),
}).meta({ id: "Diagnostics" });

/** A model input, exactly: enough to run the same explanation again. `int64` values are within ±2⁵³, booleans are 0 or 1. */
export const tensorValue = z.strictObject({ dtype: z.string(), dims: z.array(index), data: z.array(z.number()) }).meta({
  id: "TensorValue",
});

/** Fields of every explanation, in the order people read them. */
export const common = {
  $schema: z.string().optional(),
  schemaVersion: z.literal(1),
  explainer: z.strictObject({ id: z.string(), version: z.string() }).meta({ id: "Explainer" }),
  model: z.strictObject({
    id: z.string(),
    /** Of the ONNX file, in hex. */
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    opset: z.int().positive(),
    dtype: z.string(),
  }).meta({ id: "Model" }),
  target,
  /** The model's most likely answers, best first. */
  predictions: z.array(answer),
  method: z.strictObject({ id: z.string(), composite: z.string().optional(), options: z.record(z.string(), z.json()) })
    .meta({
      id: "Method",
    }),
  text: z.string().optional(),
  sources: z.array(source).optional(),
  tokens: z.array(token),
  words: z.array(word).optional(),
  /** Whether scores below zero mean evidence against the target; without a sign a score is only "how much". */
  signed: z.boolean(),
  diagnostics,
  inputs: z.record(z.string(), tensorValue),
  /** Milliseconds: all of it, and by stage (`load`, `tokenise`, `compile`, `forward`, `backward`, …). */
  timing: z.strictObject({ total: z.number().nonnegative(), stages: z.record(z.string(), z.number().nonnegative()) })
    .meta({
      id: "Timing",
    }),
  /** Bytes at the peak. */
  memory: z.strictObject({ peak: index }).optional(),
  provenance: z.strictObject({
    /** Version of @hyaline/core. */
    core: z.string(),
    /** Name and version of what ran the model. */
    runtime: z.string(),
    /** Where: wasm, webgpu, cpu. */
    provider: z.string(),
    /** What carried relevance back: onnxruntime, kernel, or none. */
    executor: z.string(),
    seed: z.int(),
  }).meta({ id: "Provenance" }),
} as const;

export type Token = z.infer<typeof token>;
export type Word = z.infer<typeof word>;
export type Source = z.infer<typeof source>;
export type Answer = z.infer<typeof answer>;
export type Target = z.infer<typeof target>;
export type Ledger = z.infer<typeof ledger>;
export type Check = z.infer<typeof check>;
export type Diagnostics = z.infer<typeof diagnostics>;
export type TensorValue = z.infer<typeof tensorValue>;
