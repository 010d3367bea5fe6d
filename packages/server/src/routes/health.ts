/** Is it alive, is it ready. @module */
import { createRoute, z } from "@hono/zod-openapi";
import type { Deps } from "../app.ts";
import { router } from "./problem.ts";

const state = z.strictObject({
  status: z.enum(["ok", "starting", "stopping"]),
  waiting: z.int().openapi({ description: "Requests that wait for their turn" }),
}).openapi("Health");
const json = (description: string) => ({ description, content: { "application/json": { schema: state } } });
const live = createRoute({
  method: "get",
  path: "/health/live",
  summary: "The server runs",
  responses: { 200: json("It does") },
});
const ready = createRoute({
  method: "get",
  path: "/health/ready",
  summary: "The server takes requests",
  responses: { 200: json("It does"), 503: json("Its engine is starting, or it is stopping: send requests elsewhere") },
});

/** Whether the server takes requests, or why not. */
export const condition = ({ config, stopping }: Pick<Deps, "config" | "stopping">): z.infer<typeof state>["status"] =>
  stopping.aborted ? "stopping" : config.engine.health().ready ? "ok" : "starting";

export const healthRoutes = (deps: Deps) =>
  router()
    .openapi(live, (c) => c.json({ status: condition(deps), waiting: deps.queue.waiting }, 200))
    .openapi(ready, (c) => {
      const status = condition(deps);
      return c.json({ status, waiting: deps.queue.waiting }, status === "ok" ? 200 : 503);
    });
