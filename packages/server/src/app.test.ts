import { failure } from "@hyaline/core/errors";
import { describe, expect, test } from "vitest";
import { createApp } from "./mod.ts";
import { engineWith, golden, post } from "./testing.ts";

const engine = engineWith({
  explain: ({ input }, { progress, signal }) => {
    progress?.("lrp", 1, 2);
    if ("text" in input && input.text === "long") {
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    }
    if ("text" in input && input.text === "bad") {
      return Promise.reject(
        failure({ code: "UNKNOWN_CLASS", message: 'The model has no class "x"', hint: "It has two" }),
      );
    }
    if ("text" in input && input.text === "crash") return Promise.reject(new TypeError("secret inside"));
    return Promise.resolve([golden]);
  },
});
const app = (limits = {}) =>
  createApp({ engine, models: [{ name: "sentiment-en", bytes: 1 }], version: "0.0.0", limits });
const ask = (text: string) => ({ input: { text } });

describe("the API", () => {
  test("explains, and the answer is an explanation of the published schema", async () => {
    const response = await app().request("/api/v1/explain", post(ask("I love programming")));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual([golden]);
    expect(response.headers.get("cross-origin-embedder-policy")).toBe("require-corp");
  });

  test("sends progress and result as events where they are asked for", async () => {
    const response = await app().request("/api/v1/explain", post(ask("x"), { accept: "text/event-stream" })),
      text = await response.text();
    expect(text).toMatch(/event: progress\ndata: {"stage":"lrp","done":1,"of":2}/);
    expect(JSON.parse(/event: result\ndata: (.*)/.exec(text)![1]!)).toEqual([golden]);
  });

  test("predicts, lists models, is alive, and describes itself", async () => {
    expect(await (await app().request("/api/v1/predict", post(ask("x")))).json()).toEqual({
      predictions: [{ index: 1, value: 2, label: "positive", probability: 0.9 }],
      tokens: [],
    });
    expect(await (await app().request("/api/v1/models")).json()).toMatchObject([{ name: "sentiment-en", bytes: 1 }]);
    expect((await app().request("/health/live")).status).toBe(200);
    expect(await (await app().request("/openapi.json")).json()).toMatchObject({
      openapi: "3.1.0",
      paths: { "/api/v1/explain": { post: {} } },
    });
  });

  test.each([
    ["not JSON", post("{"), 400, "MALFORMED_BODY"],
    ["an unknown field", post({ ...ask("x"), speed: 1 }), 400, "INVALID_REQUEST"],
    ["no text", post({ input: { text: "" } }), 400, "INVALID_REQUEST"],
    ["an unknown model", post({ ...ask("x"), model: "../../etc" }), 404, "UNKNOWN_MODEL"],
    ["a URL as a model", post({ ...ask("x"), model: "http://169.254.169.254/" }), 404, "UNKNOWN_MODEL"],
    ["a form", post("a=b", { "content-type": "application/x-www-form-urlencoded" }), 415, "BODY_TYPE"],
    ["a text that is too long", post(ask("x".repeat(101))), 422, "TEXT_TOO_LONG"],
    ["a body that is too large", post(ask("x".repeat(2000))), 413, "BODY_TOO_LARGE"],
    ["a class the model lacks", post(ask("bad")), 422, "UNKNOWN_CLASS"],
    ["a foreign host", post(ask("x"), { host: "evil.example" }), 421, "FOREIGN_HOST"],
    ["a foreign origin", post(ask("x"), { origin: "https://evil.example" }), 403, "FOREIGN_ORIGIN"],
  ])("refuses %s with a typed error", async (_, request, status, code) => {
    const response = await app({ characters: 100, bodyBytes: 1000 }).request("/api/v1/explain", request);
    expect([response.status, await response.json()]).toEqual([
      status,
      expect.objectContaining({ code, message: expect.any(String), hint: expect.any(String) }),
    ]);
  });

  test("lets pages of an allowed origin ask, and says so to their browsers beforehand", async () => {
    const origin = "https://page.example",
      api = createApp({ engine, models: [{ name: "sentiment-en", bytes: 1 }], version: "0", origins: [origin] });
    const before = await api.request("/api/v1/explain", { method: "OPTIONS", headers: { origin, host: "localhost" } });
    expect([before.status, before.headers.get("access-control-allow-origin")]).toEqual([204, origin]);
    expect(before.headers.get("access-control-allow-headers")).toContain("content-type");
    const answer = await api.request("/api/v1/explain", post(ask("x"), { origin }));
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([200, origin]);
    const foreign = await api.request("/api/v1/explain", {
      method: "OPTIONS",
      headers: { origin: "https://evil.example" },
    });
    expect([foreign.status, foreign.headers.get("access-control-allow-origin")]).toEqual([403, null]);
  });

  test("says nothing of its inside when it fails", async () => {
    const response = await app().request("/api/v1/explain", post(ask("crash")));
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("secret");
  });

  test("answers 429 with Retry-After when its line is full, and 504 at the deadline", async () => {
    const busy = app({ queue: 1, deadline: 200 }),
      ask3 = ["long", "long", "x"].map((text) => busy.request("/api/v1/explain", post(ask(text))));
    const [running, waiting, refused] = await Promise.all(ask3);
    expect([refused!.status, refused!.headers.get("retry-after")]).toEqual([429, "1"]);
    expect([waiting!.status, running!.status]).toEqual([504, 504]);
  });
});
