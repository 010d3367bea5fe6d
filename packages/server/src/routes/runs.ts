/**
 * Runs told as Server-Sent Events, and the way back to one after a lost connection.
 *
 * @module
 */
import { createRoute, z } from "@hono/zod-openapi";
import { failure } from "@hyaline/core/errors";
import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import type { Deps } from "../app.ts";
import { asFailure, busy, statusOf } from "../errors.ts";
import { crash } from "../journal.ts";
import { Run, type Tell } from "../run.ts";
import { problems, router } from "./problem.ts";
import { idParam } from "./results.ts";
import { event } from "./shapes.ts";

/** Seconds that a run goes on without a listener, and its events are kept. */
export const keepQuery = z.coerce.number().pipe(z.int().min(0).max(300)).default(0).openapi({
  type: "integer",
  description:
    "With events: seconds the work goes on after the connection is lost. The first event, `run`, tells where to resume it. 0 stops it at once",
});

/** Runs that can be come back to. */
const KEPT = 256;

const read = createRoute({
  method: "get",
  path: "/api/v1/runs/{id}",
  summary: "Go on listening to a run; Last-Event-ID says what was heard",
  request: {
    params: idParam,
    headers: z.object({ "last-event-id": z.string().regex(/^\d{1,9}$/).optional() }),
  },
  responses: {
    200: { description: "Events after that one", content: { "text/event-stream": { schema: event } } },
    ...problems(400, 403, 404, 421),
  },
});
const stop = createRoute({
  method: "delete",
  path: "/api/v1/runs/{id}",
  summary: "Cancel a run",
  request: { params: idParam },
  responses: { 204: { description: "It stops" }, ...problems(400, 403, 404, 421) },
});

export const runRoutes = ({ runs }: Deps) => {
  const found = (id: string): Run => {
    const run = runs.get(id);
    if (run) return run;
    throw failure({
      code: "UNKNOWN_RUN",
      message: `There is no run "${id}"`,
      hint: "It was not asked to be kept, or nobody listened for too long",
    });
  };
  return router()
    .openapi(read, (c) => {
      const { "last-event-id": heard } = c.req.valid("header");
      return told(c, found(c.req.valid("param").id), heard === undefined ? -1 : Number(heard)) as never;
    })
    .openapi(stop, (c) => {
      found(c.req.valid("param").id).cancel();
      return c.body(null, 204);
    });
};

/** Begins work and tells it; it is stopped when the connection is lost and nobody comes back within `keep` seconds. */
export function begun(
  c: Context,
  { config, runs, queue, limits }: Pick<Deps, "config" | "runs" | "queue" | "limits">,
  { keep, work }: { keep: number; work: (tell: Tell, signal: AbortSignal) => Promise<void> },
): Response {
  queue.admit(); // while it can still be told by the status
  if (keep > 0 && runs.size >= KEPT) throw busy(runs.size, keep);
  const logged = (tell: Tell, signal: AbortSignal): Promise<void> =>
    work(tell, signal).catch((error) => {
      if (config.log && statusOf(asFailure(error)) === 500) crash(config.log, c, error);
      throw error;
    });
  const run: Run = new Run(logged, {
    keep: keep * 1000,
    signal: AbortSignal.timeout(limits.deadline),
    over: () => runs.delete(run.id),
  });
  if (keep > 0) runs.set(run.id, run);
  return told(c, run, -1);
}

/** Events of a run from after `heard`. */
const told = (c: Context, run: Run, heard: number): Response => {
  c.header("cache-control", "no-store");
  c.header("x-accel-buffering", "no"); // proxies are to pass events on as they come
  return streamSSE(c, async (stream) => {
    const leave = new AbortController(), ping = setInterval(() => void stream.write(": still here\n\n"), 15_000);
    stream.onAbort(() => leave.abort());
    try {
      for await (const { id, event, data } of run.listen(heard, leave.signal)) {
        await stream.writeSSE({ id: String(id), event, data: JSON.stringify(data) });
      }
    } finally {
      clearInterval(ping);
    }
  });
};
