/**
 * One instance of a foreign protocol as a request of our own: a text, token ids, or an object with either and anything else that can be asked.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import type { ExplainRequest, Explanation } from "@hyaline/core/result";
import type { Context } from "hono";
import type { Deps } from "../app.ts";
import type { Engine } from "../engine.ts";
import { batchTooLarge } from "../errors.ts";
import { asked } from "../routes/ask.ts";
import { bound } from "../routes/turn.ts";

const INPUTS = ["text", "continuation", "ids", "inputs"];

export const instance = z.union([
  z.string(),
  z.array(z.int()),
  z.looseObject({ text: z.string().optional(), ids: z.array(z.int()).optional() }),
]).openapi("Instance", {
  description:
    "A text, token ids, or an object: `text` or `ids` (or `inputs`, the model's own) beside fields of ExplainRequest",
});

/**
 * @param shared fields of the request for all instances; an instance's own come first
 * @throws INVALID_REQUEST, UNKNOWN_MODEL, TEXT_TOO_LONG, BATCH_TOO_LARGE
 */
export function requestsOf(
  instances: readonly z.infer<typeof instance>[],
  { model, shared = {}, deps }: { model: string; shared?: object; deps: Deps },
): ExplainRequest[] {
  if (instances.length > deps.limits.batch) throw batchTooLarge(instances.length, deps.limits.batch);
  return instances.map((one) => {
    const fields = Object.entries(
      typeof one === "string" ? { text: one } : Array.isArray(one) ? { ids: one } : one,
    );
    const input = Object.fromEntries(fields.filter(([name]) => INPUTS.includes(name)));
    const rest = Object.fromEntries(fields.filter(([name]) => !INPUTS.includes(name)));
    return asked({ ...shared, ...rest, model, input }, deps);
  });
}

/** The engine for one HTTP request: in line with all others, until the client is gone or the deadline is over. */
export function engineFor(c: Context, { config, limits, queue }: Deps): {
  explain(request: ExplainRequest): Promise<Explanation[]>;
  predict(request: ExplainRequest): ReturnType<Engine["predict"]>;
} {
  const signal = bound(c, { limits });
  return {
    explain: (request) => queue.run(() => config.engine.explain(request, { signal }), signal),
    predict: (request) => queue.run(() => config.engine.predict(request, { signal }), signal),
  };
}

/** Answers one after the other. */
export async function oneByOne<T, R>(all: readonly T[], answer: (one: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = [];
  for (const one of all) answers.push(await answer(one));
  return answers;
}
