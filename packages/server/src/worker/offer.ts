/**
 * The worker's end: hears what is asked, lets the engine answer.
 *
 * @module
 */
import { HyalineError } from "@hyaline/core/errors";
import process from "node:process";
import type { Engine } from "../engine.ts";
import type { FromWorker, Port, ToWorker } from "./messages.ts";

/** Answers with `engine` whatever comes over `port`. */
export function offer(engine: Engine, port: Port<ToWorker, FromWorker>): void {
  const running = new Map<number, AbortController>();
  port.listen(async (message) => {
    if ("stop" in message) return running.get(message.id)?.abort();
    const { id, ask, of, watched } = message, stop = new AbortController();
    running.set(id, stop);
    try {
      const done = await engine[ask](of as never, {
        signal: stop.signal,
        ...(watched
          ? {
            progress: (...progress) => port.post({ id, progress }),
            partial: (partial) => port.post({ id, partial }),
          }
          : {}),
      });
      port.post({ id, done, state: { resident: process.memoryUsage().rss, opened: engine.opened() } });
    } catch (error) {
      port.post(
        error instanceof HyalineError
          ? { id, failed: error.toJSON() }
          : { id, crashed: error instanceof Error ? error.stack ?? error.message : String(error) },
      );
    } finally {
      running.delete(id);
    }
  });
  port.post({ ready: engine.methods() });
}
