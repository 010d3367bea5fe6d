/** A text as a model reads it. @module */
import { createRoute, z } from "@hono/zod-openapi";
import type { Deps } from "../app.ts";
import { bounded, offered } from "./ask.ts";
import { problems, router } from "./problem.ts";
import { inTurn } from "./turn.ts";

const tokens = z.strictObject({
  tokens: z.array(z.strictObject({
    text: z.string(),
    id: z.int(),
    start: z.int().openapi({ description: "UTF-16 units of the text before it" }),
    end: z.int(),
    special: z.boolean(),
    source: z.string().optional(),
  })),
  cut: z.int().optional().openapi({ description: "Tokens left out at the end" }),
}).openapi("Tokens");

const tokenise = createRoute({
  method: "post",
  path: "/api/v1/tokenise",
  summary: "Tokens of a text, with their places in it",
  request: {
    body: {
      content: {
        "application/json": {
          schema: z.strictObject({
            model: z.string().min(1).default("sentiment-en"),
            dtype: z.string().optional(),
            text: z.string().min(1),
            truncate: z.boolean().default(false).openapi({
              description: "Cut an over-long text instead of refusing it",
            }),
          }),
        },
      },
      required: true,
    },
  },
  responses: {
    200: { description: "Special tokens included", content: { "application/json": { schema: tokens } } },
    ...problems(400, 403, 404, 413, 415, 421, 422, 429, 500, 503, 504, 507),
  },
});

export const tokeniseRoutes = (deps: Deps) =>
  router().openapi(tokenise, async (c) => {
    const request = c.req.valid("json");
    offered(request.model, deps);
    bounded(request.text, deps);
    const { tokens, cut } = await inTurn(c, deps, (signal) => deps.config.engine.tokenise(request, { signal }));
    return c.json({ tokens: [...tokens], ...(cut === undefined ? {} : { cut }) }, 200);
  });
