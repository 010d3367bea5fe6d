/**
 * Jobs: one request for a corpus of texts. They outlive the server where it has a folder to keep them in.
 *
 * @module
 */
import { createRoute, z } from "@hono/zod-openapi";
import { failure } from "@hyaline/core/errors";
import type { JobRequest as Asked } from "../archive/job_table.ts";
import { stream, streamSSE } from "hono/streaming";
import type { Deps } from "../app.ts";
import { keptBy } from "../kept.ts";
import { asked } from "./ask.ts";
import { checked, problems, router } from "./problem.ts";
import { idParam } from "./results.ts";
import { event, jobRequest, jobRequestSchema } from "./shapes.ts";

const job = z.strictObject({
  id: z.uuid(),
  created: z.iso.datetime(),
  state: z.enum(["running", "done", "cancelled"]),
  total: z.int(),
  done: z.int().openapi({ description: "Rows with an outcome, failed ones included" }),
  failed: z.int(),
  request: z.custom<Asked>((value) => typeof value === "object").openapi({
    type: "object",
    description: "What every text is asked",
  }),
}).openapi("Job");

const refusals = problems(400, 403, 404, 421, 501);
const one = { description: "The job", content: { "application/json": { schema: job } } };
const path = "/api/v1/jobs/{id}";
const add = createRoute({
  method: "post",
  path: "/api/v1/jobs",
  summary: "Explain a corpus of texts",
  request: { body: { content: { "application/json": { schema: jobRequest } }, required: true } },
  responses: { 202: one, ...problems(400, 403, 404, 413, 415, 421, 422, 501, 507) },
});
const list = createRoute({
  method: "get",
  path: "/api/v1/jobs",
  summary: "The newest hundred jobs",
  responses: {
    200: { description: "Newest first", content: { "application/json": { schema: z.array(job) } } },
    ...problems(403, 421, 501),
  },
});
const read = createRoute({
  method: "get",
  path,
  summary: "How far a job is",
  request: { params: idParam },
  responses: { 200: one, ...refusals },
});
const change = createRoute({
  method: "patch",
  path,
  summary: "Cancel a job; what is done stays",
  request: {
    params: idParam,
    body: {
      content: { "application/json": { schema: z.strictObject({ state: z.literal("cancelled") }) } },
      required: true,
    },
  },
  responses: { 200: one, ...refusals, ...problems(413, 415) },
});
const forget = createRoute({
  method: "delete",
  path,
  summary: "Forget a job and its rows; one that runs is stopped",
  request: { params: idParam },
  responses: { 204: { description: "It is gone" }, ...refusals },
});
const rows = createRoute({
  method: "get",
  path: `${path}/rows`,
  summary: "Rows as JSON lines, in the order of the texts",
  request: {
    params: idParam,
    query: z.object({
      from: z.coerce.number().int().min(0).max(2 ** 31).default(0).openapi({
        type: "integer",
        description: "The first row",
      }),
      follow: z.enum(["true", "false"]).default("false").openapi({
        description: "Whether to wait for rows that are not done yet, until the job ends",
      }),
    }),
  },
  responses: {
    200: {
      description: "A line a text: `row`, `text`, and `explanations` or `error`",
      content: { "application/x-ndjson": { schema: z.string() } },
    },
    ...refusals,
  },
});
const events = createRoute({
  method: "get",
  path: `${path}/events`,
  summary: "Server-Sent Events: `job` with each change, until the job ends",
  request: { params: idParam },
  responses: {
    200: { description: "The data is the job", content: { "text/event-stream": { schema: event } } },
    ...refusals,
  },
});

const unknownJob = (id: string) =>
  failure({ code: "UNKNOWN_JOB", message: `There is no job "${id}"`, hint: "GET /api/v1/jobs lists them" });

/** Rows read from the archive at a time. */
const CHUNK = 64;

export function jobRoutes(deps: Deps) {
  const found = (id: string) => {
    const job = keptBy(deps).jobs.get(id);
    if (!job) throw unknownJob(id);
    return job;
  };
  return router()
    .openapi(add, (c) => {
      const { jobs, runner } = keptBy(deps), { texts, ...request } = checked(jobRequestSchema, c.req.valid("json"));
      for (const text of texts) asked({ ...request, input: { text } }, deps);
      const job = jobs.add(texts, request);
      runner.wake();
      return c.json(job, 202, { location: `/api/v1/jobs/${job.id}` });
    })
    .openapi(list, (c) => c.json(keptBy(deps).jobs.list(), 200))
    .openapi(read, (c) => c.json(found(c.req.valid("param").id), 200))
    .openapi(change, (c) => {
      const { id } = found(c.req.valid("param").id), { jobs, runner } = keptBy(deps);
      jobs.cancel(id);
      runner.drop(id);
      return c.json(found(id), 200);
    })
    .openapi(forget, (c) => {
      const { id } = found(c.req.valid("param").id), { jobs, runner } = keptBy(deps);
      jobs.delete(id);
      runner.drop(id);
      return c.body(null, 204);
    })
    .openapi(rows, (c) => {
      const { id } = found(c.req.valid("param").id),
        { from, follow } = c.req.valid("query"),
        { jobs, runner } = keptBy(deps);
      c.header("content-type", "application/x-ndjson");
      c.header("x-accel-buffering", "no"); // proxies are to pass rows on as they come
      return stream(c, async (out) => {
        const gone = new Promise<void>((resolve) => out.onAbort(resolve));
        for (let row = from; !out.aborted;) {
          const { change } = runner, state = jobs.get(id)?.state, some = jobs.rows(id, row, CHUNK);
          if (some.length) await out.write(some.map((done) => JSON.stringify(done) + "\n").join(""));
          else if (follow === "false" || state !== "running" || deps.stopping.aborted) return;
          else await Promise.race([change, gone]);
          row += some.length;
        }
      }) as never;
    })
    .openapi(events, (c) => {
      const { id } = found(c.req.valid("param").id), { jobs, runner } = keptBy(deps);
      c.header("x-accel-buffering", "no");
      return streamSSE(c, async (out) => {
        const gone = new Promise<void>((resolve) => out.onAbort(resolve));
        const ping = setInterval(() => void out.write(": still here\n\n"), 15_000);
        try {
          for (let last = ""; !out.aborted;) {
            const { change } = runner, job = jobs.get(id), data = JSON.stringify(job);
            if (!job) return;
            if (data !== last) await out.writeSSE({ event: "job", id: String(job.done), data: last = data });
            if (job.state !== "running" || deps.stopping.aborted) return;
            await Promise.race([change, gone]);
          }
        } finally {
          clearInterval(ping);
        }
      }) as never;
    });
}
