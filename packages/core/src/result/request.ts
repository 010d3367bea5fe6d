/**
 * What can be asked: one request type for CLI, API and UI.
 *
 * @module
 */
import { z } from "zod";

const index = z.int().nonnegative();

/** A model input as JSON: `data` is flat and row-major; booleans become 0 and 1. */
const inputTensor = z.strictObject({
  dtype: z.string(),
  dims: z.array(index),
  data: z.array(z.union([z.number(), z.boolean()]).transform(Number)),
}).refine(({ dims, data }) => data.length === dims.reduce((a, b) => a * b, 1), { message: "dims and data disagree" });

/** What to explain: a text, token ids, or every model input by name. */
export const inputSchema = z.union([
  z.strictObject({
    text: z.string().min(1),
    /** What a sequence-to-sequence model has said so far, or what a language model went on to say. */
    continuation: z.string().optional(),
  }),
  z.strictObject({ ids: z.array(index).min(1) }),
  z.strictObject({ inputs: z.record(z.string(), inputTensor) }),
]);

/**
 * Which number to explain. Nothing given: the model's most likely answer.
 * `label` is a class by name or, for a language model, a token by its text; `index` a raw position among the logits.
 */
export const targetRequest = z.strictObject({
  label: z.string().optional(),
  index: index.optional(),
  /** A run of tokens that the model might say: its Σ log p is explained. */
  span: z.string().optional(),
  /** Explain every token of the span by itself, all in one forward and one backward pass. */
  each: z.boolean().optional(),
  /** Where logits have positions; the last by default. Negative counts from the end. */
  position: z.int().optional(),
  /** Explain target minus foil: a label, or a raw index. */
  foil: z.union([z.string(), index]).optional(),
}).refine((t) => [t.label, t.index, t.span].filter((given) => given !== undefined).length <= 1, {
  message: "Only one of label, index and span can be the target",
});

/** A method by id with its own options. */
export const methodRequest = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  options: z.record(z.string(), z.json()).default({}),
});

/** The request; defaults stand here and nowhere else. */
export const explainRequestSchema = z.strictObject({
  /** An embedded checkpoint's name, a hub id, or (never over the network) a path. */
  model: z.string().min(1).default("sentiment-en"),
  /** Which file of `onnx/`: fp32, fp16, int8, q4, … Without it the checkpoint's best fit. */
  dtype: z.string().optional(),
  input: inputSchema,
  methods: z.array(methodRequest).min(1).default([{ id: "lrp", options: {} }]),
  target: targetRequest.default({}),
  /** Join sub-words to words. */
  words: z.boolean().default(false),
  /** Cut an over-long text instead of refusing it. */
  truncate: z.boolean().default(false),
  seed: z.int().default(0),
  executor: z.enum(["auto", "onnxruntime", "kernel"]).default("auto"),
  /** Put each explanation to the test (deletion, completeness); costs a few forward passes. */
  checks: z.boolean().default(true),
});

/** A checked request, defaults filled in. */
export type ExplainRequest = z.infer<typeof explainRequestSchema>;
/** A request as people write it. */
export type ExplainRequestInput = z.input<typeof explainRequestSchema>;
export type MethodRequest = z.infer<typeof methodRequest>;
export type TargetRequest = z.infer<typeof targetRequest>;
export type InputRequest = z.infer<typeof inputSchema>;

/** Composites of `lrp` that people call by their own names. */
export const lrpShorthands: readonly string[] = ["attnlrp", "cp-lrp", "epsilon", "gamma"];

/**
 * The method a name stands for: shorthands of LRP composites are resolved, everything else is an id.
 *
 * @example
 * ```ts
 * import { methodNamed } from "@hyaline/core/result";
 * const method = methodNamed("cp-lrp");
 * console.assert(method.id === "lrp" && method.options.composite === "cp-lrp");
 * ```
 */
export const methodNamed = (name: string, options: MethodRequest["options"] = {}): MethodRequest =>
  lrpShorthands.includes(name) ? { id: "lrp", options: { composite: name, ...options } } : { id: name, options };

/** JSON Schema (2020-12) of a request as people write it. */
export const requestJsonSchema = (): Record<string, unknown> => ({
  $id: "urn:hyaline:explain-request:v1",
  title: "Hyaline request to explain, version 1",
  ...z.toJSONSchema(explainRequestSchema, { io: "input" }),
});
