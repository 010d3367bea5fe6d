import { failure } from "@hyaline/core/errors";
import { describe, expect, test } from "vitest";
import { createApp, type Engine } from "../mod.ts";
import { engineWith, post } from "../testing.ts";

const open = { model: "sentiment-en", dtype: "int8", bytes: 5, pinned: true };
const app = (parts: Partial<Engine> = {}) =>
  createApp({
    engine: engineWith({ opened: () => [open], ...parts }),
    models: [{ name: "sentiment-en", bytes: 9 }, { name: "acme/bert", bytes: 7 }],
    version: "0",
    limits: { characters: 10 },
  });

describe("models", () => {
  test("are listed with what is open of them; one alone is found under its name, slash and all", async () => {
    const list = await (await app().request("/api/v1/models")).json();
    expect(list).toEqual([{ name: "sentiment-en", bytes: 9, open: [open] }, { name: "acme/bert", bytes: 7, open: [] }]);
    expect(await (await app().request("/api/v1/models/acme%2Fbert")).json()).toEqual(list[1]);
  });

  test("are loaded and unloaded, in the precision asked for", async () => {
    const asked: unknown[] = [];
    const api = app({
      load: (request) => (asked.push(request), Promise.resolve(open)),
      unload: (request) => (asked.push(request), Promise.resolve({ closed: 1 })),
    });
    const loaded = await api.request("/api/v1/models/acme%2Fbert/load", post({ dtype: "int8", pinned: true }));
    expect(await loaded.json()).toEqual(open);
    expect(await (await api.request("/api/v1/models/sentiment-en/unload", post({}))).json()).toEqual({ closed: 1 });
    expect(asked).toEqual([{ model: "acme/bert", dtype: "int8", pinned: true }, { model: "sentiment-en" }]);
  });

  test("are inspected at a number of tokens", async () => {
    const api = app({ inspect: ({ model, length }) => Promise.resolve({ id: model, length } as never) });
    const found = await api.request("/api/v1/models/sentiment-en/inspect?length=64");
    expect(await found.json()).toEqual({ id: "sentiment-en", length: 64 });
  });

  test.each([
    ["GET", "/api/v1/models/..%2F..%2Fetc", undefined, 404, "UNKNOWN_MODEL"],
    ["GET", "/api/v1/models/sentiment-en/inspect?length=0", undefined, 400, "INVALID_REQUEST"],
    ["GET", "/api/v1/models/sentiment-en/inspect?length=x", undefined, 400, "INVALID_REQUEST"],
    ["POST", "/api/v1/models/nothing/load", {}, 404, "UNKNOWN_MODEL"],
    ["POST", "/api/v1/models/sentiment-en/load", { path: "/etc" }, 400, "INVALID_REQUEST"],
    ["POST", "/api/v1/models/sentiment-en/load", {}, 507, "MEMORY_FULL"],
    ["POST", "/api/v1/tokenise", { text: "x", model: "http://x" }, 404, "UNKNOWN_MODEL"],
    ["POST", "/api/v1/tokenise", { text: "" }, 400, "INVALID_REQUEST"],
    ["POST", "/api/v1/tokenise", { text: "x".repeat(11) }, 422, "TEXT_TOO_LONG"],
  ])("%s %s with %j is %d %s", async (method, path, body, status, code) => {
    const full = () => Promise.reject(failure({ code: "MEMORY_FULL", message: "No room", hint: "Unload" }));
    const answer = await app({ load: full }).request(path, body ? post(body) : { method });
    expect([answer.status, (await answer.json()).code]).toEqual([status, code]);
  });
});
