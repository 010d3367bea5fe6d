/** What there is: models and methods. @module */
import { createRoute, z } from "@hono/zod-openapi";
import type { Deps } from "../app.ts";
import { router } from "./problem.ts";

const models = z.array(z.strictObject({ name: z.string(), bytes: z.int() })).openapi("Models");
const methods = z.array(z.strictObject({
  id: z.string(),
  title: z.string(),
  titles: z.record(z.string(), z.string()),
  summary: z.string(),
  summaries: z.record(z.string(), z.string()),
  limits: z.string(),
  cost: z.string(),
  signed: z.boolean(),
  output: z.array(z.string()),
  options: z.looseObject({}),
  plugin: z.string(),
  notice: z.string().optional(),
})).openapi("Methods");

const list = <P extends string, S extends z.ZodType>(path: P, summary: string, schema: S) =>
  createRoute({
    method: "get",
    path,
    summary,
    responses: { 200: { description: summary, content: { "application/json": { schema } } } },
  });

export const listRoutes = ({ config }: Deps) =>
  router()
    .openapi(list("/api/v1/models", "Models this server offers", models), (c) => c.json([...config.models], 200))
    .openapi(
      list("/api/v1/methods", "Methods, as their manifests describe them", methods),
      (c) =>
        c.json(
          config.engine.methods().map(({ entry, manifest }) => ({
            id: entry.id,
            title: entry.title,
            titles: entry.titles,
            summary: entry.summary,
            summaries: entry.summaries,
            limits: entry.limits,
            cost: entry.cost,
            signed: entry.signed,
            output: entry.output,
            options: entry.options,
            plugin: manifest.id,
            ...(entry.notice ? { notice: entry.notice } : {}),
          })),
          200,
        ),
    );
