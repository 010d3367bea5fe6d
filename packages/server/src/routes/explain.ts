/**
 * Explain and predict. With `Accept: text/event-stream` an explanation comes as Server-Sent Events: `progress`, then `result` (after
 * `stored`, where it was asked to be kept) or `error`.
 *
 * @module
 */
import { createRoute, z } from "@hono/zod-openapi";
import { streamSSE } from "hono/streaming";
import type { Deps } from "../app.ts";
import { asFailure } from "../errors.ts";
import { keptBy } from "../kept.ts";
import { asked } from "./ask.ts";
import { problems, router } from "./problem.ts";
import { permalink } from "./results.ts";
import { explainRequest, explanation } from "./shapes.ts";
import { bound, inTurn } from "./turn.ts";

export const answer = z.strictObject({
  index: z.int(),
  label: z.string().optional(),
  value: z.number(),
  probability: z.number().optional(),
});
const predictions = z.strictObject({ predictions: z.array(answer) }).openapi("Predictions");
const refusals = problems(400, 403, 404, 413, 415, 421, 422, 429, 500, 501, 503, 504, 507);
const body = { content: { "application/json": { schema: explainRequest } }, required: true };

const explain = createRoute({
  method: "post",
  path: "/api/v1/explain",
  summary: "Explain one input by one or more methods",
  request: {
    body,
    query: z.object({
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
        "text/event-stream": { schema: z.string() },
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
  const { config, queue } = deps;
  return router()
    .openapi(explain, async (c) => {
      const request = asked(c.req.valid("json"), deps), signal = bound(c, deps);
      const keep = c.req.valid("query").store === "true" ? keptBy(deps).results : undefined;
      if (!c.req.header("accept")?.includes("text/event-stream")) {
        const found = await queue.run(() => config.engine.explain(request, { signal }), signal);
        if (keep) c.header("location", permalink(keep.add(found)));
        return c.json(found, 200);
      }
      return streamSSE(c, async (stream) => {
        let id = 0;
        const send = (event: string, data: unknown): Promise<void> =>
          stream.writeSSE({ id: String(id++), event, data: JSON.stringify(data) });
        const ping = setInterval(() => void stream.writeSSE({ event: "ping", data: "" }), 15_000),
          leave = new AbortController();
        stream.onAbort(() => leave.abort());
        try {
          const ended = AbortSignal.any([signal, leave.signal]);
          const found = await queue.run(() =>
            config.engine.explain(request, {
              signal: ended,
              progress: (stage, done, of) => void send("progress", { stage, done, of }),
            }), ended);
          if (keep) await send("stored", { location: permalink(keep.add(found)) });
          await send("result", found);
        } catch (error) {
          await send("error", asFailure(error).toJSON());
        } finally {
          clearInterval(ping);
        }
      }) as never;
    })
    .openapi(predict, async (c) => {
      const request = asked(c.req.valid("json"), deps),
        found = await inTurn(c, deps, (signal) => config.engine.predict(request, { signal }));
      return c.json({ predictions: [...found.predictions] }, 200);
    });
}
