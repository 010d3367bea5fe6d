/** Is it alive, is it ready. @module */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Deps } from "../app.ts";

const state = z.strictObject({ status: z.literal("ok"), waiting: z.int() }).openapi("Health");
const route = (path: string, summary: string) =>
  createRoute({
    method: "get",
    path,
    summary,
    responses: { 200: { description: "It is", content: { "application/json": { schema: state } } } },
  });

export function healthRoutes(app: OpenAPIHono, { queue }: Deps): void {
  app.openapi(
    route("/health/live", "The server runs"),
    (c) => c.json({ status: "ok" as const, waiting: queue.waiting }, 200),
  );
  app.openapi(
    route("/health/ready", "The server takes requests"),
    (c) => c.json({ status: "ok" as const, waiting: queue.waiting }, 200),
  );
}
