/**
 * Between two passes of a long explanation whoever waits gets a turn: messages to a worker, timers, a request that was given up.
 *
 * @module
 */

/** Browsers hold timers back by 4 ms, not messages. Deno looks for what comes from other processes only when it would rest. */
const pause: () => Promise<void> = "process" in globalThis
  ? () => new Promise((resolve) => setTimeout(resolve, 0))
  : () =>
    new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(undefined);
    });
/** Milliseconds of work after which others get their turn; a timer rests for a whole one. */
const STRETCH = "process" in globalThis ? 30 : 8;
let since = 0;

/** Resolves in a later task where the last turn was long ago, at once otherwise. */
export async function turn(): Promise<void> {
  if (performance.now() - since < STRETCH) return;
  await pause();
  since = performance.now();
}
