/**
 * Results kept on request (`/api/v1/explain?store=true`), under a permalink, in every format the command line writes.
 *
 * @module
 */
import { createRoute, z } from "@hono/zod-openapi";
import { failure } from "@hyaline/core/errors";
import type { Deps } from "../app.ts";
import { exported, formats } from "../exports.ts";
import { keptBy } from "../kept.ts";
import { problems, router } from "./problem.ts";
import { explanation } from "./shapes.ts";

export const permalink = (id: string): string => `/api/v1/results/${id}`;

export const idParam = z.object({ id: z.uuid() });
const text = { schema: z.string() };
const read = createRoute({
  method: "get",
  path: "/api/v1/results/{id}",
  summary: "A stored result",
  request: {
    params: idParam,
    query: z.object({
      format: z.enum(formats).default("json"),
      lang: z.string().max(35).optional().openapi({ description: "Language of HTML and SVG: en, zh" }),
    }),
  },
  responses: {
    200: {
      description: "The explanations, as they were answered, in the format asked for",
      content: {
        "application/json": { schema: z.array(explanation) },
        "text/html": text,
        "image/svg+xml": text,
        "text/csv": text,
      },
    },
    ...problems(400, 403, 404, 421, 501),
  },
});
const forget = createRoute({
  method: "delete",
  path: "/api/v1/results/{id}",
  summary: "Forget a stored result",
  request: { params: idParam },
  responses: { 204: { description: "It is gone" }, ...problems(400, 403, 404, 421, 501) },
});

const unknownResult = (id: string) =>
  failure({
    code: "UNKNOWN_RESULT",
    message: `There is no result "${id}"`,
    hint: "It was deleted, or is another server's",
  });

export const resultRoutes = (deps: Deps) =>
  router()
    .openapi(read, (c) => {
      const { id } = c.req.valid("param"), { format, lang } = c.req.valid("query");
      const found = keptBy(deps).results.get(id);
      if (!found) throw unknownResult(id);
      if (format === "json") return c.json(found, 200);
      return exported(found, format, lang ?? c.req.header("accept-language")) as never;
    })
    .openapi(forget, (c) => {
      const { id } = c.req.valid("param");
      if (!keptBy(deps).results.delete(id)) throw unknownResult(id);
      return c.body(null, 204);
    });
