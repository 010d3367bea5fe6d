/**
 * A request to explain, checked: by core's schema, then against what this server offers.
 *
 * @module
 */
import { failure } from "@hyaline/core/errors";
import { type ExplainRequest, parseRequest } from "@hyaline/core/result";
import type { Deps } from "../app.ts";
import { unknownModel } from "../errors.ts";

/** @throws INVALID_REQUEST, UNKNOWN_MODEL, TEXT_TOO_LONG */
export function asked(body: unknown, { config, limits }: Pick<Deps, "config" | "limits">): ExplainRequest {
  const request = parseRequest(body), { input, model } = request;
  offered(model, { config });
  if ("text" in input && input.text.length > limits.characters) {
    throw failure({
      code: "TEXT_TOO_LONG",
      message: `The text has ${input.text.length} characters, this server takes ${limits.characters}`,
      hint: "Send a shorter text",
    });
  }
  return request;
}

/** @throws UNKNOWN_MODEL for a name that is none of the models of this server */
export function offered(model: string, { config }: Pick<Deps, "config">): void {
  const names = config.models.map(({ name }) => name);
  if (!names.includes(model)) throw unknownModel(model, names);
}
