/**
 * KServe's protocol, version 1: models, `:predict` and `:explain`.
 *
 * @module
 */
import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Deps } from "../app.ts";
import { engineFor, instance, oneByOne, requestsOf } from "../protocols/instance.ts";
import { offered } from "./ask.ts";
import { answer } from "./explain.ts";
import { checked, inferenceProblem, jsonOf, problemsIn, router } from "./problem.ts";
import { explanation } from "./shapes.ts";

const body = z.looseObject({
  instances: z.array(instance).min(1).optional(),
  inputs: z.array(instance).min(1).optional(),
  parameters: z.looseObject({}).optional().openapi({ description: "Fields of ExplainRequest, for all instances" }),
}).refine(({ instances, inputs }) => !instances !== !inputs, { message: "Give instances or inputs, one of them" })
  .openapi("KServeRequest");

const params = z.object({ model: z.string() });
const refusals = problemsIn(inferenceProblem, [400, 403, 404, 413, 415, 421, 422, 429, 500, 503, 504]);
const models = createRoute({
  method: "get",
  path: "/v1/models",
  summary: "KServe: the models",
  responses: {
    200: {
      description: "Names",
      content: { "application/json": { schema: z.strictObject({ models: z.array(z.string()) }) } },
    },
  },
});
const model = createRoute({
  method: "get",
  path: "/v1/models/{model}",
  summary: "KServe: is a model ready",
  request: { params },
  responses: {
    200: {
      description: "It is",
      content: { "application/json": { schema: z.strictObject({ name: z.string(), ready: z.literal(true) }) } },
    },
    ...refusals,
  },
});
const verb = (verb: "predict" | "explain", summary: string, schema: z.ZodType) =>
  createRoute({
    method: "post",
    path: `/v1/models/{model}:${verb}`,
    summary,
    request: { params, body: { content: { "application/json": { schema: body } }, required: true } },
    responses: { 200: { description: "One an instance", content: { "application/json": { schema } } }, ...refusals },
  });
const predict = verb(
  "predict",
  "KServe: the model's answers, best first",
  z.strictObject({ predictions: z.array(z.array(answer)) }),
);
const explain = verb(
  "explain",
  "KServe: an explanation a method",
  z.strictObject({ explanations: z.array(z.array(explanation)) }),
);

export function kserveRoutes(deps: Deps) {
  const requests = async (c: Context) => {
    const { instances, inputs, parameters = {} } = checked(body, await jsonOf(c));
    return requestsOf(instances ?? inputs!, {
      model: c.req.param("call")!.replace(/:\w+$/, ""),
      shared: parameters,
      deps,
    });
  };
  const routes = router()
    .openapi(models, (c) => c.json({ models: deps.config.models.map(({ name }) => name) }, 200))
    .openapi(model, (c) => {
      const { model } = c.req.valid("param");
      offered(model, deps);
      return c.json({ name: model, ready: true as const }, 200);
    });
  // Described and routed apart: hono takes a colon for the beginning of a parameter.
  for (const described of [predict, explain]) routes.openAPIRegistry.registerPath(described);
  return routes
    .post("/v1/models/:call{[^/]+:predict}", async (c) => {
      const { predict } = engineFor(c, deps), all = await requests(c);
      return c.json({ predictions: await oneByOne(all, async (one) => [...(await predict(one)).predictions]) });
    })
    .post("/v1/models/:call{[^/]+:explain}", async (c) => {
      const { explain } = engineFor(c, deps), all = await requests(c);
      return c.json({ explanations: await oneByOne(all, explain) });
    });
}
