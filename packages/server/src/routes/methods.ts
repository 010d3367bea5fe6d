/** Methods, as their manifests describe them. @module */
import { createRoute, z } from "@hono/zod-openapi";
import type { Deps } from "../app.ts";
import { router } from "./problem.ts";

const methods = z.array(z.strictObject({
  id: z.string(),
  title: z.string(),
  titles: z.record(z.string(), z.string()),
  summary: z.string(),
  summaries: z.record(z.string(), z.string()),
  limits: z.string(),
  limitsIn: z.record(z.string(), z.string()),
  references: z.array(z.string()),
  cost: z.string(),
  signed: z.boolean(),
  output: z.array(z.string()),
  options: z.looseObject({}),
  plugin: z.string(),
  notice: z.string().optional(),
})).openapi("Methods");

const list = createRoute({
  method: "get",
  path: "/api/v1/methods",
  summary: "Methods, as their manifests describe them",
  responses: { 200: { description: "All of them", content: { "application/json": { schema: methods } } } },
});

export const methodRoutes = ({ config }: Deps) =>
  router()
    .openapi(
      list,
      (c) =>
        c.json(
          config.engine.methods().map(({ entry, manifest }) => ({
            id: entry.id,
            title: entry.title,
            titles: entry.titles,
            summary: entry.summary,
            summaries: entry.summaries,
            limits: entry.limits,
            limitsIn: entry.limitsIn,
            references: entry.references,
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
