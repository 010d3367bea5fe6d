/** Models: which there are, what they are made of, which are open. @module */
import { createRoute, z } from "@hono/zod-openapi";
import type { Inspection } from "@hyaline/core";
import type { Deps } from "../app.ts";
import { offered } from "./ask.ts";
import { problems, router } from "./problem.ts";
import { inTurn } from "./turn.ts";

const opened = z.strictObject({
  model: z.string(),
  dtype: z.string(),
  bytes: z.int().openapi({ description: "Of the files it holds" }),
  pinned: z.boolean().openapi({ description: "Stays open whatever else is asked" }),
}).openapi("OpenModel");
const model = z.strictObject({
  name: z.string(),
  bytes: z.int().openapi({ description: "Of all its files" }),
  open: z.array(opened).openapi({ description: "Precisions that are open" }),
}).openapi("Model");
const inspection = z.custom<Inspection>((value) => typeof value === "object").openapi("Inspection", {
  type: "object",
  description: "Operators, rules, shapes, and what a run will take: what hyaline inspect --format json prints",
});

const params = z.object({
  name: z.string().min(1).max(200).openapi({ description: "As the list has it; a slash is written %2F" }),
});
const dtype = z.string().max(20).optional().openapi({
  description: "fp32, fp16, int8, q4, …; the best fit unless said",
});
const json = <S extends z.ZodType>(schema: S, description: string) => ({
  200: { description, content: { "application/json": { schema } } },
});
const body = <S extends z.ZodType>(schema: S) => ({ content: { "application/json": { schema } }, required: true });
const working = problems(400, 403, 404, 413, 415, 421, 422, 429, 500, 503, 504, 507);

const list = createRoute({
  method: "get",
  path: "/api/v1/models",
  summary: "Models this server offers",
  responses: { ...json(z.array(model), "All of them"), ...problems(403, 421) },
});
const detail = createRoute({
  method: "get",
  path: "/api/v1/models/{name}",
  summary: "One model",
  request: { params },
  responses: { ...json(model, "It"), ...problems(400, 403, 404, 421) },
});
const inspect = createRoute({
  method: "get",
  path: "/api/v1/models/{name}/inspect",
  summary: "What a model is made of, and what explaining it takes; nothing is run",
  request: {
    params,
    query: z.object({
      dtype,
      length: z.coerce.number().pipe(z.int().min(1).max(4096)).default(32).openapi({
        type: "integer",
        description: "Tokens that estimates are for",
      }),
    }),
  },
  responses: { ...json(inspection, "What is known"), ...working },
});
const load = createRoute({
  method: "post",
  path: "/api/v1/models/{name}/load",
  summary: "Open a model before it is needed",
  request: {
    params,
    body: body(z.strictObject({
      dtype,
      pinned: z.boolean().default(false).openapi({ description: "Keep it open until it is unloaded" }),
    })),
  },
  responses: { ...json(opened, "It is open"), ...working },
});
const unload = createRoute({
  method: "post",
  path: "/api/v1/models/{name}/unload",
  summary: "Close a model; the next request opens it again",
  request: { params, body: body(z.strictObject({ dtype })) },
  responses: {
    ...json(z.strictObject({ closed: z.int() }), "How many of its precisions were open"),
    ...working,
  },
});

export const modelRoutes = (deps: Deps) => {
  const { config } = deps, { engine } = config;
  const described = ({ name, bytes }: { readonly name: string; readonly bytes: number }) => ({
    name,
    bytes,
    open: engine.opened().filter(({ model }) => model === name),
  });
  return router()
    .openapi(list, (c) => c.json(config.models.map(described), 200))
    .openapi(detail, (c) => c.json(described(offered(c.req.valid("param").name, deps)), 200))
    .openapi(inspect, async (c) => {
      const { name } = offered(c.req.valid("param").name, deps), { dtype, length } = c.req.valid("query");
      return c.json(await inTurn(c, deps, (signal) => engine.inspect({ model: name, dtype, length }, { signal })), 200);
    })
    .openapi(load, async (c) => {
      const { name } = offered(c.req.valid("param").name, deps), { dtype, pinned } = c.req.valid("json");
      return c.json(await inTurn(c, deps, (signal) => engine.load({ model: name, dtype, pinned }, { signal })), 200);
    })
    .openapi(unload, async (c) => {
      const { name } = offered(c.req.valid("param").name, deps), { dtype } = c.req.valid("json");
      return c.json(await inTurn(c, deps, (signal) => engine.unload({ model: name, dtype }, { signal })), 200);
    });
};
