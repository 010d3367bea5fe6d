/**
 * TorchServe's inference API, as far as its text handlers go: `/predictions/{model}` and Captum's `/explanations/{model}`.
 *
 * @module
 */
import { createRoute, z } from "@hono/zod-openapi";
import { failure } from "@hyaline/core/errors";
import { type ExplanationOf, methodNamed } from "@hyaline/core/result";
import type { Deps } from "../app.ts";
import { engineFor, requestsOf } from "../protocols/instance.ts";
import { problemsIn, router, torchserveProblem } from "./problem.ts";

const body = z.strictObject({
  text: z.string(),
  target: z.union([z.string(), z.int()]).optional().openapi({ description: "A class by name, or its number" }),
  method: z.string().default("lrp").openapi({ description: "A method whose result is a score a token" }),
}).openapi("TorchServeRequest");
const insight = z.strictObject({
  words: z.array(z.string()),
  importances: z.array(z.number()),
  delta: z.number().openapi({ description: "What of the explained value the importances do not add up to" }),
}).openapi("Insight");

const refusals = problemsIn(torchserveProblem, [400, 403, 404, 413, 415, 421, 422, 429, 500, 503, 504]);
const post = <P extends string, S extends z.ZodType>(path: P, summary: string, schema: S) =>
  createRoute({
    method: "post",
    path,
    summary: `TorchServe: ${summary}`,
    request: {
      params: z.object({ model: z.string() }),
      body: { content: { "application/json": { schema: body } }, required: true },
    },
    responses: { 200: { description: summary, content: { "application/json": { schema } } }, ...refusals },
  });
const ping = createRoute({
  method: "get",
  path: "/ping",
  summary: "TorchServe: the server runs",
  responses: {
    200: {
      description: "It does",
      content: { "application/json": { schema: z.strictObject({ status: z.literal("Healthy") }) } },
    },
  },
});

function tokenScores(found: { readonly type: string }): asserts found is ExplanationOf<"token-scores"> {
  if (found.type === "token-scores") return;
  throw failure({
    code: "UNSUPPORTED",
    message: `TorchServe's answer is a score a word, this method gives a ${found.type}`,
    hint: "Use lrp, or POST /api/v1/explain",
  });
}

export function torchserveRoutes(deps: Deps) {
  const requestOf = (model: string, { text, target, method }: z.infer<typeof body>) =>
    requestsOf([{ text }], {
      model,
      deps,
      shared: {
        methods: [methodNamed(method)],
        target: typeof target === "number" ? { index: target } : target === undefined ? {} : { label: target },
      },
    })[0]!;
  return router()
    .openapi(ping, (c) => c.json({ status: "Healthy" as const }, 200))
    .openapi(post("/predictions/{model}", "probabilities by class", z.record(z.string(), z.number())), async (c) => {
      const request = requestOf(c.req.valid("param").model, c.req.valid("json"));
      const { predictions } = await engineFor(c, deps).predict(request);
      const entries = predictions.map((
        { label, index, probability, value },
      ) => [label ?? String(index), probability ?? value]);
      return c.json(Object.fromEntries(entries), 200);
    })
    .openapi(post("/explanations/{model}", "importances of words", z.array(insight)), async (c) => {
      const request = requestOf(c.req.valid("param").model, c.req.valid("json"));
      const [found] = await engineFor(c, deps).explain(request);
      tokenScores(found!);
      const importances = found.data.values, total = importances.reduce((sum, value) => sum + value, 0);
      return c.json(
        [{ words: found.tokens.map(({ text }) => text), importances, delta: found.target.value - total }],
        200,
      );
    });
}
