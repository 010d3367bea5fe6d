/**
 * A request to explain, checked: by core's schema, then against what this server offers.
 *
 * @module
 */
import { failure, textTooLong } from "@hyaline/core/errors";
import { type ExplainRequest, parseRequest } from "@hyaline/core/result";
import type { Deps } from "../app.ts";
import type { OfferedModel } from "../engine.ts";
import { tooManyMethods, unknownModel } from "../errors.ts";

/** @throws INVALID_REQUEST, UNKNOWN_MODEL, TEXT_TOO_LONG, TOO_MANY_METHODS */
export function asked(body: unknown, { config, limits }: Pick<Deps, "config" | "limits">): ExplainRequest {
  const request = parseRequest(body), { input, model } = request;
  offered(model, { config });
  if ("text" in input) bounded(input.text, { limits });
  if ("ids" in input && input.ids.length > limits.tokens) throw textTooLong(input.ids.length, limits.tokens);
  if (request.methods.length > limits.methods) throw tooManyMethods(request.methods.length, limits.methods);
  return request;
}

/** @throws TEXT_TOO_LONG */
export function bounded(text: string, { limits }: Pick<Deps, "limits">): void {
  if (text.length <= limits.characters) return;
  throw failure({
    code: "TEXT_TOO_LONG",
    message: `The text has ${text.length} characters, this server takes ${limits.characters}`,
    hint: "Send a shorter text",
  });
}

/** @throws UNKNOWN_MODEL for a name that is none of the models of this server */
export function offered(model: string, { config: { models } }: Pick<Deps, "config">): OfferedModel {
  const found = models.find(({ name }) => name === model);
  if (!found) throw unknownModel(model, models.map(({ name }) => name));
  return found;
}
