/**
 * Explain and predict. With `Accept: text/event-stream` an explanation comes as Server-Sent Events: `progress`, then `result` or `error`.
 *
 * @module
 */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { parseRequest } from "@hyaline/core/result";
import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import type { Deps } from "../app.ts";
import { asFailure, malformedBody, unknownModel } from "../errors.ts";
import { failure } from "@hyaline/core/errors";

const problem = z.strictObject({ code: z.string(), message: z.string(), hint: z.string().optional() }).openapi(
  "Problem",
);
const answer = z.strictObject({
  index: z.int(),
  label: z.string().optional(),
  value: z.number(),
  probability: z.number().optional(),
});
const predictions = z.strictObject({ predictions: z.array(answer) }).openapi("Predictions");
const problems = Object.fromEntries(
  [400, 403, 404, 413, 415, 421, 422, 429, 500, 504].map((
    status,
  ) => [status, { description: "Why not", content: { "application/json": { schema: problem } } }]),
);
const body = {
  content: {
    "application/json": {
      schema: z.looseObject({}).openapi("ExplainRequest", {
        description: "See schemas/explain-request.v1.schema.json",
      }),
    },
  },
  required: true,
};

const explain = createRoute({
  method: "post",
  path: "/api/v1/explain",
  summary: "Explain one input by one or more methods",
  request: { body },
  responses: {
    200: {
      description: "One explanation a method",
      content: {
        "application/json": {
          schema: z.array(z.looseObject({ schemaVersion: z.literal(1), type: z.string() })).openapi("Explanations"),
        },
      },
    },
    ...problems,
  },
});
const predict = createRoute({
  method: "post",
  path: "/api/v1/predict",
  summary: "The model's answers alone",
  request: { body },
  responses: {
    200: { description: "Best answers first", content: { "application/json": { schema: predictions } } },
    ...problems,
  },
});

export function explainRoutes(app: OpenAPIHono, { config, limits, queue }: Deps): void {
  /** Checks a body against the shared request schema and the server's own bounds. */
  async function asked(c: Context) {
    const data = parseRequest(
      await c.req.json().catch(() => {
        throw malformedBody();
      }),
    );
    if (!config.models.some(({ name }) => name === data.model)) {
      throw unknownModel(
        data.model,
        config.models.map(({ name }) => name),
      );
    }
    if ("text" in data.input && data.input.text.length > limits.characters) {
      throw failure({
        code: "TEXT_TOO_LONG",
        message: `The text has ${data.input.text.length} characters, this server takes ${limits.characters}`,
        hint: "Send a shorter text",
      });
    }
    return data;
  }
  const bound = (c: Context): AbortSignal => AbortSignal.any([AbortSignal.timeout(limits.deadline), c.req.raw.signal]);

  app.openapi(explain, async (c) => {
    const request = await asked(c), signal = bound(c);
    if (!c.req.header("accept")?.includes("text/event-stream")) {
      const found = await queue.run(() => config.engine.explain(request, { signal, progress: () => {} }), signal);
      return c.json(found as never, 200);
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
        await send(
          "result",
          await queue.run(() =>
            config.engine.explain(request, {
              signal: ended,
              progress: (stage, done, of) => void send("progress", { stage, done, of }),
            }), ended),
        );
      } catch (error) {
        await send("error", asFailure(error).toJSON());
      } finally {
        clearInterval(ping);
      }
    }) as never;
  });
  app.openapi(predict, async (c) => {
    const request = await asked(c),
      signal = bound(c),
      found = await queue.run(() => config.engine.predict(request, { signal, progress: () => {} }), signal);
    return c.json({ predictions: [...found.predictions] }, 200);
  });
}
