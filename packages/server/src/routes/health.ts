/** Is it alive, is it ready. @module */
import { createRoute, z } from "@hono/zod-openapi";
import type { Deps } from "../app.ts";
import { router } from "./problem.ts";

const state = z.strictObject({ status: z.literal("ok"), waiting: z.int() }).openapi("Health");
const route = <P extends string>(path: P, summary: string) =>
  createRoute({
    method: "get",
    path,
    summary,
    responses: { 200: { description: "It is", content: { "application/json": { schema: state } } } },
  });

export const healthRoutes = ({ queue }: Deps) =>
  router()
    .openapi(
      route("/health/live", "The server runs"),
      (c) => c.json({ status: "ok" as const, waiting: queue.waiting }, 200),
    )
    .openapi(
      route("/health/ready", "The server takes requests"),
      (c) => c.json({ status: "ok" as const, waiting: queue.waiting }, 200),
    );
