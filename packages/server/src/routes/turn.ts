/** A request's turn at the engine. @module */
import type { Context } from "hono";
import type { Deps } from "../app.ts";

/** Aborted when the client has gone or the deadline has passed. */
export const bound = (c: Context, { limits }: Pick<Deps, "limits">): AbortSignal =>
  AbortSignal.any([AbortSignal.timeout(limits.deadline), c.req.raw.signal]);

/** @throws BUSY, DEADLINE, and what the work throws */
export function inTurn<T>(c: Context, deps: Deps, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = bound(c, deps);
  return deps.queue.run(() => work(signal), signal);
}
