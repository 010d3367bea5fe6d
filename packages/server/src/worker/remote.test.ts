import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApp, RemoteEngine, startProcess } from "../mod.ts";
import { golden, post } from "../testing.ts";
import type { Worker } from "./messages.ts";

const isDeno = "deno" in process.versions;

describe.skipIf(!isDeno)(
  "an engine in its own process (skipped on Node, which runs no TypeScript across packages)",
  () => {
    let engine: RemoteEngine;
    const lost: string[] = [];
    beforeAll(async () => {
      engine = await RemoteEngine.open({
        start: () => startProcess(new URL("fixtures/deaf.ts", import.meta.url)),
        lost: (why) => lost.push(why),
      });
    });
    afterAll(() => engine.close());
    const app = (deadline = 60_000) =>
      createApp({ engine, models: [{ name: "sentiment-en", bytes: 1 }], version: "0", limits: { deadline } });
    const ask = (text: string, deadline?: number) =>
      app(deadline).request("/api/v1/explain", post({ input: { text } }));

    test("answers what the engine answers", async () => {
      expect(await (await ask("x")).json()).toEqual([golden]);
    });

    test("health answers while it computes; at the deadline it is replaced, and the next request is answered", async () => {
      const api = app(400),
        from = performance.now(),
        long = api.request("/api/v1/explain", post({ input: { text: "for ever" } }));
      await new Promise((resolve) => setTimeout(resolve, 100));
      const took: number[] = [];
      for (let i = 0; i < 5; i++) {
        const asked = performance.now();
        expect((await api.request("/health/live")).status).toBe(200);
        took.push(performance.now() - asked);
      }
      expect(took.sort((a, b) => a - b)[2]).toBeLessThan(50); // the median: the machine has others to serve
      expect((await long).status).toBe(504);
      expect(performance.now() - from).toBeLessThan(400 + 3000); // a second on a machine of its own
      expect((await ask("x")).status).toBe(200);
      expect([engine.health().starts, lost]).toEqual([2, []]);
    });

    test("a client that leaves is a cancelled run", async () => {
      const leave = new AbortController(), before = engine.health().starts;
      const gone = app().request("/api/v1/explain", { ...post({ input: { text: "for ever" } }), signal: leave.signal });
      await new Promise((resolve) => setTimeout(resolve, 100));
      leave.abort();
      await Promise.resolve(gone).catch(() => {});
      expect((await ask("x")).status).toBe(200);
      expect(engine.health().starts).toBe(before + 1);
    });

    test("one that dies fails its request with WORKER_LOST, says so, and is started again", async () => {
      const died = await ask("die");
      expect([died.status, (await died.json()).code]).toEqual([503, "WORKER_LOST"]);
      expect(lost).toEqual(["exit code 7"]);
      expect((await ask("x")).status).toBe(200);
    });

    test("ends when the server is killed, even where it leaves messages unread", async () => {
      const killed = fileURLToPath(new URL("fixtures/killed_server.ts", import.meta.url));
      const server = spawn(process.execPath, ["run", "-A", killed], { stdio: ["ignore", "ignore", "pipe"] });
      const closed = once(server.stderr!.resume(), "close", { signal: AbortSignal.timeout(30_000) });
      expect(await once(server, "exit")).toEqual([null, "SIGKILL"]);
      await closed; // the worker holds it, too
    });

    test("what nobody foresaw there is INTERNAL here and tells nothing", async () => {
      const failed = await ask("crash");
      expect(failed.status).toBe(500);
      expect(await failed.text()).not.toContain("secret");
    });
  },
);

describe("an engine whose worker is made up", () => {
  /** Workers by hand: `die` ends the newest, and one that is not `well` never becomes ready. */
  function made() {
    const world = { well: true, starts: 0, die: (_: string): void => {} };
    const start = (): Worker => {
      world.starts++;
      const ended = new Promise<string>((resolve) => (world.die = resolve));
      return {
        post: () => {},
        listen: (heard) => void (world.well && queueMicrotask(() => heard({ ready: [] }))),
        ended,
        kill: () => world.die("killed"),
      };
    };
    return { world, start };
  }
  const within = (ms: number) => ({ signal: AbortSignal.timeout(ms) });

  test("a deadline passes while the worker is starting, too", async () => {
    const { world, start } = made(), engine = await RemoteEngine.open({ start });
    world.well = false;
    world.die("out of memory");
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(engine.health()).toMatchObject({ ready: false, starts: 2 });
    await expect(engine.predict({ input: { text: "x" } }, within(30))).rejects.toThrow(/timed out|timeout/i);
  });

  test("one that dies before it is ready is started again by the next request, not over and over", async () => {
    const { world, start } = made(), engine = await RemoteEngine.open({ start });
    world.well = false;
    world.die("out of memory");
    await new Promise((resolve) => setTimeout(resolve, 10));
    world.die("out of memory");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(world.starts).toBe(2);
    await expect(engine.predict({ input: { text: "x" } }, within(30))).rejects.toThrow();
    expect(world.starts).toBe(3);
  });

  test("a closed one starts nothing", async () => {
    const { world, start } = made(), engine = await RemoteEngine.open({ start });
    await engine.close();
    await expect(engine.predict({ input: { text: "x" } }, within(1000))).rejects.toMatchObject({ code: "STOPPING" });
    expect(world.starts).toBe(1);
  });
});
