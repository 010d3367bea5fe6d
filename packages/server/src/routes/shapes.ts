/**
 * Core's published schemas inside the OpenAPI document: a body or an answer is checked by core, and described by the same schema.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import {
  type ExplainRequestInput,
  explainRequestSchema,
  type Explanation,
  explanationJsonSchema,
  requestJsonSchema,
  type Token,
} from "@hyaline/core/result";

const named = <T>(name: string) =>
  z.custom<T>((value) => typeof value === "object" && value !== null).openapi(name, { type: "object" });

export const explanation = named<Explanation>("Explanation");
export const explainRequest = named<ExplainRequestInput>("ExplainRequest");

/** A part of the schema of explanations. */
export const token = named<Token>("Explanation.Token");

/** One Server-Sent Event. */
export const event = z.strictObject({
  event: z.string(),
  data: z.string().openapi({ description: "JSON" }),
  id: z.string().optional(),
}).openapi("Event");

/** A request for many texts: the shared request, with `texts` where one text has `input`. */
export const jobRequestSchema = explainRequestSchema.omit({ input: true }).extend({
  texts: z.array(z.string().min(1)).min(1).max(100_000),
});
export const jobRequest = named<z.input<typeof jobRequestSchema>>("JobRequest");

/** JSON Schemas by the names above; what they define inside is named after them. */
export function publishedSchemas(): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  const schemas = {
    Explanation: explanationJsonSchema(),
    ExplainRequest: requestJsonSchema(),
    JobRequest: z.toJSONSchema(jobRequestSchema, { io: "input" }),
  };
  for (const [name, schema] of Object.entries(schemas)) {
    const { $id: _id, $schema: _schema, $defs = {}, ...rest } = JSON.parse(
      JSON.stringify(schema).replaceAll('"#/$defs/', `"#/components/schemas/${name}.`),
    );
    found[name] = rest;
    for (const [inner, definition] of Object.entries($defs)) found[`${name}.${inner}`] = definition;
  }
  return found;
}
