/**
 * Writes the JSON Schemas of everything that crosses a border. A test compares them with the code: `deno task schemas` after a change.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { explanationJsonSchema, requestJsonSchema } from "../packages/core/src/result/mod.ts";
import { manifestJsonSchema } from "../packages/core/src/manifest/mod.ts";

/** File name under `schemas/` → schema. */
export const schemas: Record<string, () => Record<string, unknown>> = {
  "explanation.v1.schema.json": explanationJsonSchema,
  "explain-request.v1.schema.json": requestJsonSchema,
  "explainer.v1.schema.json": manifestJsonSchema,
};

/** The file's exact text. */
export const written = (schema: Record<string, unknown>): string => JSON.stringify(schema, null, 1) + "\n";

if (import.meta.main) {
  const folder = new URL("../schemas/", import.meta.url);
  await mkdir(folder, { recursive: true });
  for (const [name, schema] of Object.entries(schemas)) await writeFile(new URL(name, folder), written(schema()));
}
