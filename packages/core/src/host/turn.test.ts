import { expect, test } from "vitest";
import { turn } from "./turn.ts";

test("turn() lets a timer that is due fire in the midst of work that only awaits promises", async () => {
  const stop = new AbortController(), until = performance.now() + 2000;
  setTimeout(() => stop.abort(), 0);
  while (!stop.signal.aborted && performance.now() < until) {
    await Promise.resolve();
    await turn();
  }
  expect(stop.signal.aborted).toBe(true);
});
