/**
 * The server's log: an entry a request, and where a failure that nobody foresaw came from. Neither holds a text: query and body are
 * left out, and of an error its message, which may quote them.
 *
 * @module
 */
import type { Context, MiddlewareHandler } from "hono";

export type Log = (entry: Readonly<Record<string, string | number | readonly string[]>>) => void;

/** One entry a request. */
export const journal = (log: Log): MiddlewareHandler => async (c, next) => {
  const from = performance.now();
  await next();
  log({
    id: c.get("requestId"),
    method: c.req.method,
    path: c.req.path,
    status: c.res.status,
    ms: Math.round(performance.now() - from),
    ...(c.get("client") ? { client: c.get("client") } : {}),
  });
};

/** An error's kind and the places it passed, those of the engine's process included. */
export function crash(log: Log, c: Context, error: Error): void {
  const { cause } = error, told = [error.stack, cause instanceof Error ? cause.stack : cause];
  log({
    id: c.get("requestId"),
    error: error.name,
    at: told.flatMap((stack) => String(stack ?? "").split("\n")).filter((line) => /^\s+at /.test(line)).map((line) =>
      line.trim()
    ),
  });
}
