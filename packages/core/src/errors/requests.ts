/**
 * What is asked, and what is kept of an answer.
 *
 * @module
 */
import { failure, type HyalineError } from "./failure.ts";

/** An explanation that is not one, or contradicts itself. */
export const invalidExplanation = (problems: readonly string[]): HyalineError =>
  failure({
    code: "INVALID_EXPLANATION",
    message: `Not a valid explanation: ${problems.join("; ")}`,
    hint: "The form is described by schemas/explanation.v1.schema.json",
  });

/** An explanation of a version that this code cannot read. */
export const unsupportedSchemaVersion = (version: unknown, newest: number): HyalineError =>
  failure({
    code: "UNSUPPORTED_SCHEMA_VERSION",
    message: version === undefined
      ? "The explanation has no schemaVersion"
      : `Cannot read an explanation of schema version "${version}": the newest known is "${newest}"`,
    hint: "A newer release of Hyaline may read it",
  });

/** A request with wrong, missing or unknown fields. */
export const invalidRequest = (problems: readonly string[]): HyalineError =>
  failure({
    code: "INVALID_REQUEST",
    message: `Not a valid request: ${problems.join("; ")}`,
    hint: "The form is described by schemas/explain-request.v1.schema.json",
  });

/** A text with more tokens than the model takes. */
export const textTooLong = (tokens: number, limit: number): HyalineError =>
  failure({
    code: "TEXT_TOO_LONG",
    message: `The text has ${tokens} tokens, more than the limit of ${limit}`,
    hint: "Shorten it, or cut it with --truncate",
  });
