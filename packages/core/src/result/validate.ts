/**
 * Reading explanations that come from outside: files, requests, plugins, older versions.
 *
 * @module
 */
import type { z } from "zod";
import { invalidExplanation, invalidRequest, unsupportedSchemaVersion } from "../errors.ts";
import { type Explanation, explanationSchema, schemaVersion } from "./explanation.ts";
import { type ExplainRequest, explainRequestSchema } from "./request.ts";

const issuesOf = (error: z.ZodError): string[] =>
  error.issues.map(({ path, message }) => `${path.length ? path.join(".") : "(the whole)"}: ${message}`);

/**
 * Checks an explanation of the current version.
 *
 * @throws `INVALID_EXPLANATION`, listing every field that is wrong
 */
export function validate(value: unknown): Explanation {
  const { success, data, error } = explanationSchema.safeParse(value);
  if (!success) throw invalidExplanation(issuesOf(error));
  return data;
}

/** One step from a version to the next, on plain JSON. */
type Step = (old: Record<string, unknown>) => Record<string, unknown>;
/** By the version a step starts from. A new version adds its step here and a golden file to `golden/`. */
const steps: ReadonlyMap<number, Step> = new Map();

/**
 * Brings an explanation of any known version to the current one and validates it.
 *
 * @throws `UNSUPPORTED_SCHEMA_VERSION` for versions from the future or none at all; `INVALID_EXPLANATION`
 * @example
 * ```ts
 * import { migrate } from "@hyaline/core/result";
 * try {
 *   migrate({ schemaVersion: 99 });
 * } catch (error) {
 *   console.assert((error as { code: string }).code === "UNSUPPORTED_SCHEMA_VERSION");
 * }
 * ```
 */
export function migrate(value: unknown): Explanation {
  let now = value as Record<string, unknown>;
  const version = (): unknown => (typeof now === "object" && now !== null ? now.schemaVersion : undefined);
  while (version() !== schemaVersion) {
    const step = steps.get(version() as number);
    if (!step) throw unsupportedSchemaVersion(version(), schemaVersion);
    now = step(now);
  }
  return validate(now);
}

/**
 * Checks a request and fills in its defaults.
 *
 * @throws `INVALID_REQUEST`, listing every field that is wrong
 */
export function parseRequest(value: unknown): ExplainRequest {
  const { success, data, error } = explainRequestSchema.safeParse(value);
  if (!success) throw invalidRequest(issuesOf(error));
  return data;
}
