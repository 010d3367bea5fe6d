/**
 * What the server has done and holds, as Prometheus reads it.
 *
 * @module
 */
import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Deps } from "./app.ts";

/** Counts requests by route, never by path: ids would make a series each. */
export function metrics({ config: { engine }, queue, runs }: Pick<Deps, "config" | "queue" | "runs">): {
  readonly registry: Registry;
  readonly count: MiddlewareHandler;
} {
  const registry = new Registry(), registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: "hyaline_requests_total",
    help: "Requests answered",
    labelNames: ["method", "route", "status"],
    registers,
  });
  const seconds = new Histogram({
    name: "hyaline_request_seconds",
    help: "Seconds until the answer began, waiting included",
    labelNames: ["method", "route"],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 120],
    registers,
  });
  const gauge = (name: string, help: string, read: () => number): void =>
    void new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  gauge("hyaline_queue_running", "Whether the engine computes", () => Number(queue.running));
  gauge("hyaline_queue_waiting", "Requests that wait for their turn", () => queue.waiting);
  gauge("hyaline_runs_kept", "Runs that can be come back to", () => runs.size);
  gauge("hyaline_models_open", "Models that are open", () => engine.opened().length);
  gauge(
    "hyaline_models_open_bytes",
    "Bytes of their files",
    () => engine.opened().reduce((sum, { bytes }) => sum + bytes, 0),
  );
  gauge("hyaline_engine_ready", "Whether the engine takes requests", () => Number(engine.health().ready));
  gauge("hyaline_engine_starts_total", "Times the engine was started", () => engine.health().starts);
  gauge("hyaline_engine_resident_bytes", "Memory of the engine's process", () => engine.health().resident);
  return {
    registry,
    async count(c, next) {
      const from = performance.now();
      await next();
      const { method } = c.req, route = c.res.status === 404 ? "none" : routePath(c, -1);
      requests.inc({ method, route, status: c.res.status });
      seconds.observe({ method, route }, (performance.now() - from) / 1000);
    },
  };
}
