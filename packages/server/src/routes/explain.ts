/**
 * Explain, one input or several, and predict. With `Accept: text/event-stream` an explanation comes as Server-Sent Events: `progress`,
 * `partial` with each explanation as soon as it is there, then `result` (after `stored`, where it was asked to be kept) or `error`.
 *
 * @module
 */
import { createRoute, z } from "@hono/zod-openapi";
import type { ExplainRequest, Explanation } from "@hyaline/core/result";
import type { Context } from "hono";
import type { Deps } from "../app.ts";
import { asFailure, batchTooLarge } from "../errors.ts";
import { keptBy } from "../kept.ts";
import { asked } from "./ask.ts";
import type { Tell } from "../run.ts";
import { type Problem, problem, problems, router } from "./problem.ts";
import { permalink } from "./results.ts";
import { begun, keepQuery } from "./runs.ts";
import { event, explainRequest, explanation, token } from "./shapes.ts";
import { bound, inTurn } from "./turn.ts";

export const answer = z.strictObject({
  index: z.int(),
  label: z.string().optional(),
  value: z.number(),
  probability: z.number().optional(),
});
const predictions = z.strictObject({ predictions: z.array(answer), tokens: z.array(token) }).openapi("Predictions");
const refusals = problems(400, 403, 404, 413, 415, 421, 422, 429, 500, 501, 503, 504, 507);
const body = { content: { "application/json": { schema: explainRequest } }, required: true };

const explain = createRoute({
  method: "post",
  path: "/api/v1/explain",
  summary: "Explain one input by one or more methods",
  request: {
    body,
    query: z.object({
      keep: keepQuery,
      store: z.enum(["true", "false"]).default("false").openapi({ description: "Keep the result under a permalink" }),
    }),
  },
  responses: {
    200: {
      description: "One explanation a method",
      headers: z.object({
        location: z.string().optional().openapi({ description: "The permalink of a stored result" }),
      }),
      content: {
        "application/json": { schema: z.array(explanation) },
        "text/event-stream": { schema: event },
      },
    },
    ...refusals,
  },
});
const batch = createRoute({
  method: "post",
  path: "/api/v1/explain/batch",
  summary: "Explain several inputs; one that fails does not fail the others",
  request: {
    body: {
      content: { "application/json": { schema: z.strictObject({ requests: z.array(explainRequest).min(1) }) } },
      required: true,
    },
    query: z.object({ keep: keepQuery }),
  },
  responses: {
    200: {
      description: "An outcome a request, in their order; events say by `request` which one they are about",
      content: {
        "application/json": {
          schema: z.strictObject({
            results: z.array(
              z.union([z.strictObject({ explanations: z.array(explanation) }), z.strictObject({ error: problem })]),
            ),
          }),
        },
        "text/event-stream": { schema: event },
      },
    },
    ...refusals,
  },
});
const predict = createRoute({
  method: "post",
  path: "/api/v1/predict",
  summary: "The model's answers alone",
  request: { body },
  responses: {
    200: { description: "Best answers first", content: { "application/json": { schema: predictions } } },
    ...refusals,
  },
});

export function explainRoutes(deps: Deps) {
  const { config, limits, queue } = deps;
  const events = (c: Context): boolean => c.req.header("accept")?.includes("text/event-stream") ?? false;
  /** Explains when it is its turn; `about` goes with every event. */
  const explained = (request: ExplainRequest, signal: AbortSignal, tell?: Tell, about = {}): Promise<Explanation[]> =>
    queue.run(() =>
      config.engine.explain(request, {
        signal,
        ...(tell
          ? {
            progress: (stage, done, of) => tell("progress", { ...about, stage, done, of }),
            partial: (explanation) => tell("partial", { ...about, explanation }),
          }
          : {}),
      }), signal);
  const outcomes = async (requests: readonly unknown[], signal: AbortSignal, tell?: Tell) => {
    const results: ({ explanations: Explanation[] } | { error: Problem })[] = [];
    for (const [i, request] of requests.entries()) {
      try {
        results.push({ explanations: await explained(asked(request, deps), signal, tell, { request: i }) });
      } catch (error) {
        if (asFailure(error).code === "CANCELLED") throw error;
        results.push({ error: asFailure(error).toJSON() });
      }
    }
    return { results };
  };
  return router()
    .openapi(explain, async (c) => {
      const request = asked(c.req.valid("json"), deps), { store, keep } = c.req.valid("query");
      const results = store === "true" ? keptBy(deps).results : undefined;
      if (events(c)) {
        const work = async (tell: Tell, signal: AbortSignal): Promise<void> => {
          const found = await explained(request, signal, tell);
          if (results) tell("stored", { location: permalink(results.add(found)) });
          tell("result", found);
        };
        return begun(c, deps, { keep, work }) as never;
      }
      const found = await explained(request, bound(c, deps));
      if (results) c.header("location", permalink(results.add(found)));
      return c.json(found, 200);
    })
    .openapi(batch, async (c) => {
      const { requests } = c.req.valid("json"), { keep } = c.req.valid("query");
      if (requests.length > limits.batch) throw batchTooLarge(requests.length, limits.batch);
      if (events(c)) {
        const work = async (tell: Tell, signal: AbortSignal): Promise<void> =>
          tell("result", await outcomes(requests, signal, tell));
        return begun(c, deps, { keep, work }) as never;
      }
      return c.json(await outcomes(requests, bound(c, deps)), 200);
    })
    .openapi(predict, async (c) => {
      const request = asked(c.req.valid("json"), deps),
        found = await inTurn(c, deps, (signal) => config.engine.predict(request, { signal }));
      return c.json({ predictions: [...found.predictions], tokens: [...found.tokens] }, 200);
    });
}
