/**
 * Explanation, version 1: the one result that terminal, API, UI and files share.
 *
 * @module
 */
import { z } from "zod";
import * as data from "./data.ts";
import { common, diagnostics } from "./parts.ts";
import { problemsOf } from "./consistency.ts";

/** The version this code writes. Older ones are read through {@link migrate}. */
export const schemaVersion = 1;

/** Where the published JSON Schema lies, relative to the repository's root. */
export const schemaFile = "schemas/explanation.v1.schema.json";

const of = <T extends string, D extends z.ZodType>(type: T, data: D) =>
  z.strictObject({ type: z.literal(type), ...common, data });

const union = z.discriminatedUnion("type", [
  of("token-scores", data.tokenScores),
  of("token-matrix", data.tokenMatrix),
  of("layer-head-grid", data.layerHeadGrid),
  of("span-scores", data.spanScores),
  of("counterfactuals", data.counterfactuals),
  of("corpus-summary", data.corpusSummary),
  of("model-card", data.modelCard),
  of("curve", data.curve),
]);

/** What an explainer returns, checked where it comes from a stranger. */
export const resultSchema = z.discriminatedUnion(
  "type",
  union.options.map((option) =>
    z.strictObject({
      type: option.shape.type,
      signed: option.shape.signed,
      data: option.shape.data as z.ZodType,
      ...diagnostics.pick({ ledger: true, checks: true, notes: true }).partial().shape,
    })
  ) as never,
) as unknown as z.ZodType<Result>;

/** The schema: shape of the fields, then what holds between them (lengths, indices, the ledger's sum). */
export const explanationSchema = union.superRefine((value, context) => {
  for (const { path, message } of problemsOf(value)) context.addIssue({ code: "custom", path, message });
});

/** An explanation of any type; narrow it by `type`. */
export type Explanation = z.infer<typeof union>;
/** The name of a result type. */
export type ResultType = Explanation["type"];
/** An explanation of one type. */
export type ExplanationOf<T extends ResultType> = Extract<Explanation, { type: T }>;
/** What an explainer returns; the host adds everything it knows about model, target, tokens and cost. */
export type Result<T extends ResultType = ResultType> = T extends ResultType ?
    & Pick<ExplanationOf<T>, "type" | "signed" | "data">
    & Partial<Pick<Explanation["diagnostics"], "ledger" | "checks" | "notes">>
  : never;

/** Every result type, in the order of the schema. */
export const resultTypes: readonly ResultType[] = union.options.map((option) => option.shape.type.value);

/** JSON Schema (2020-12) of explanation v1, as written to {@link schemaFile}. */
export const explanationJsonSchema = (): Record<string, unknown> => ({
  $id: "urn:hyaline:explanation:v1",
  title: "Hyaline explanation, version 1",
  ...z.toJSONSchema(union),
});
