/**
 * Between two passes of a long explanation whoever waits gets a turn: messages to a worker, timers, a request that was given up.
 *
 * @module
 */

/** Milliseconds of work after which others get their turn. */
const STRETCH = 8;
let since = 0;

/** Resolves in a later task where the last turn was long ago, at once otherwise. */
export async function turn(): Promise<void> {
  if (performance.now() - since < STRETCH) return;
  await new Promise<void>((resolve) => {
    const { port1, port2 } = new MessageChannel(); // not a timer: browsers hold those back by 4 ms
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
  since = performance.now();
}
