import { failure } from "@hyaline/core/errors";
import type { Explanation } from "@hyaline/core/result";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Archive, openArchive } from "./archive/archive.ts";
import { createApp } from "./mod.ts";
import { engineWith, golden } from "./testing.ts";

const sqlite = await import("node:sqlite").then(() => true, () => false);

describe.skipIf(!sqlite)("jobs (skipped where the runtime has no SQLite)", () => {
  let archive: Archive, stop: AbortController, asked: string[], hold: Promise<void> | undefined;
  beforeEach(async () => {
    [archive, stop, asked, hold] = [await openArchive(":memory:"), new AbortController(), [], undefined];
  });
  afterEach(() => {
    stop.abort();
    archive.close();
  });
  const engine = engineWith({
    async explain({ input }, { signal }) {
      const text = "text" in input ? input.text : "";
      asked.push(text);
      if (text === "bad") throw failure({ code: "UNKNOWN_CLASS", message: 'The model has no class "x"', hint: "Two" });
      if (text === "broken") throw new TypeError("secret inside");
      await Promise.race([
        text === "stuck" && hold,
        new Promise((_, no) => signal.addEventListener("abort", () => no(signal.reason))),
      ]);
      signal.throwIfAborted();
      return [{ ...golden, text } as Explanation];
    },
  });
  const serve = () =>
    createApp({ engine, models: [{ name: "sentiment-en", bytes: 1 }], version: "0", archive, stopping: stop.signal });
  type App = ReturnType<typeof serve>;
  const send = (app: App, method: string, path: string, body: unknown) =>
    app.request(path, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const add = async (app: App, texts: string[], rest = {}) =>
    (await (await send(app, "POST", "/api/v1/jobs", { texts, ...rest })).json()).id as string;
  const rows = async (app: App, id: string, query = "?follow=true") =>
    (await (await app.request(`/api/v1/jobs/${id}/rows${query}`)).text()).trim().split("\n").filter(Boolean).map((
      line,
    ) => JSON.parse(line));
  const job = async (app: App, id: string) => await (await app.request(`/api/v1/jobs/${id}`)).json();

  test("every text is asked what the job asks, once, in order; a text that fails is a row like the others", async () => {
    const app = serve(), id = await add(app, ["one", "bad", "two"], { methods: [{ id: "attention" }] });
    expect(await rows(app, id)).toEqual([
      { row: 0, text: "one", explanations: [{ ...golden, text: "one" }] },
      { row: 1, text: "bad", error: { code: "UNKNOWN_CLASS", message: 'The model has no class "x"', hint: "Two" } },
      { row: 2, text: "two", explanations: [{ ...golden, text: "two" }] },
    ]);
    expect(asked).toEqual(["one", "bad", "two"]);
    expect(await job(app, id)).toMatchObject({
      state: "done",
      total: 3,
      done: 3,
      failed: 1,
      request: { methods: [{ id: "attention", options: {} }] },
    });
    expect(await rows(app, id, "?from=2")).toHaveLength(1);
    expect((await (await app.request("/api/v1/jobs")).json()).map(({ id }: { id: string }) => id)).toEqual([id]);
  });

  test("events tell each change and end with the job", async () => {
    const app = serve(), id = await add(app, ["one", "bad", "two"]);
    const text = await (await app.request(`/api/v1/jobs/${id}/events`)).text();
    const told = [...text.matchAll(/event: job\ndata: (.*)/g)].map(([, data]) => JSON.parse(data!));
    expect(told.at(-1)).toMatchObject({ state: "done", done: 3, failed: 1 });
    expect(told.map(({ done }) => done)).toEqual([...new Set(told.map(({ done }) => done))].sort());
  });

  test("a cancelled job stops under way, keeps what was done, and lets the next one begin", async () => {
    const app = serve();
    const first = await add(app, ["one"]);
    await rows(app, first);
    hold = new Promise(() => {});
    const second = await add(app, ["stuck", "never"]), third = await add(app, ["after"]);
    const answer = await send(app, "PATCH", `/api/v1/jobs/${second}`, { state: "cancelled" });
    expect([answer.status, (await answer.json()).state]).toEqual([200, "cancelled"]);
    expect(await rows(app, third)).toHaveLength(1);
    expect(await rows(app, second)).toEqual([]);
    expect(asked).toEqual(["one", "stuck", "after"]);
  });

  test("a forgotten job is gone with its rows, and what was under way for it", async () => {
    const app = serve();
    hold = new Promise(() => {});
    const id = await add(app, ["stuck"]);
    expect((await app.request(`/api/v1/jobs/${id}`, { method: "DELETE" })).status).toBe(204);
    for (const path of ["", "/rows", "/events"]) {
      const response = await app.request(`/api/v1/jobs/${id}${path}`);
      expect([response.status, (await response.json()).code]).toEqual([404, "UNKNOWN_JOB"]);
    }
  });

  test("a server that stops leaves the text under way for the next one", async () => {
    const app = serve();
    hold = new Promise(() => {});
    const id = await add(app, ["stuck", "two"]);
    stop.abort();
    await new Promise((resolve) => setTimeout(resolve));
    expect(archive.jobs.get(id)).toMatchObject({ state: "running", done: 0 });
    [stop, hold] = [new AbortController(), undefined];
    expect((await rows(serve(), id)).map(({ text }) => text)).toEqual(["stuck", "two"]);
    expect(asked).toEqual(["stuck", "stuck", "two"]);
  });

  test("a text on which the server itself fails is tried three times, and tells nothing of the inside", async () => {
    const app = serve(), id = await add(app, ["broken"]), [row] = await rows(app, id);
    expect(asked).toEqual(["broken", "broken", "broken"]);
    expect(row.error.code).toBe("INTERNAL");
    expect(JSON.stringify(row)).not.toContain("secret");
  });

  test("a job waits while the archive has no room, says so, and goes on when there is some", async () => {
    const logged: unknown[] = [], small = await openArchive(":memory:", { bytes: 160_000 });
    const app = createApp({
      engine,
      models: [{ name: "sentiment-en", bytes: 1 }],
      version: "0",
      archive: small,
      stopping: stop.signal,
      log: (entry) => logged.push(entry),
    });
    const kept: string[] = [];
    try {
      for (;;) kept.push(small.results.add([golden]));
    } catch { /* full */ }
    small.results.delete(kept.pop()!);
    const id = await add(app, Array.from({ length: 20 }, (_, i) => `text ${i}`));
    while (!logged.some((entry) => (entry as { event?: string }).event === "jobs wait")) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(small.jobs.get(id)).toMatchObject({ state: "running" });
    for (const result of kept) small.results.delete(result);
    expect(await rows(app, id)).toHaveLength(20);
    stop.abort();
    small.close();
  });

  test("requests go on between the texts of a job", async () => {
    const app = serve(), id = await add(app, Array.from({ length: 50 }, (_, i) => `text ${i}`));
    await send(app, "POST", "/api/v1/explain", { input: { text: "between" } });
    expect(asked.indexOf("between")).toBeLessThan(49);
    expect(await rows(app, id)).toHaveLength(50);
  });

  test.each([
    ["no texts", { texts: [] }, 400, "INVALID_REQUEST"],
    ["an empty text", { texts: ["a", ""] }, 400, "INVALID_REQUEST"],
    ["an input beside the texts", { texts: ["a"], input: { text: "b" } }, 400, "INVALID_REQUEST"],
    ["an unknown model", { texts: ["a"], model: "../x" }, 404, "UNKNOWN_MODEL"],
    ["a text that is too long", { texts: ["a", "x".repeat(20_001)] }, 422, "TEXT_TOO_LONG"],
  ])("refuses %s, and keeps nothing", async (_, body, status, code) => {
    const app = serve(), response = await send(app, "POST", "/api/v1/jobs", body);
    expect([response.status, (await response.json()).code]).toEqual([status, code]);
    expect(archive.jobs.list()).toEqual([]);
  });

  test("a row that comes twice counts once", () => {
    const { id } = archive.jobs.add(["one"], { model: "m" } as never), error = { code: "X", message: "x" };
    archive.jobs.finish(id, 0, { error });
    archive.jobs.finish(id, 0, { error });
    expect(archive.jobs.get(id)).toMatchObject({ done: 1, failed: 1 });
    expect(archive.jobs.rows(id, 0, 10)).toHaveLength(1);
  });
});
