import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AppConfig, createApp, folder } from "./mod.ts";
import { engineWith, post } from "./testing.ts";

const explain = ({ input }: { input: unknown }) => {
  const { text } = input as { text: string };
  if (text === "my secret") throw new TypeError(`cannot read ${text}`);
  return Promise.resolve([]);
};
const app = (config: Partial<AppConfig> = {}) =>
  createApp({ engine: engineWith({ explain }), models: [{ name: "sentiment-en", bytes: 1 }], version: "0", ...config });
const ask = (text: string, headers = {}) => post({ input: { text } }, headers);

describe("the log", () => {
  test("has an entry a request and none of its text, crashes included", async () => {
    const entries: object[] = [], api = app({ log: (entry) => entries.push(entry) });
    await api.request("/api/v1/explain", ask("my secret", { "x-request-id": "abc-1" }));
    await (await api.request("/api/v1/explain", ask("my secret", { accept: "text/event-stream" }))).text();
    await api.request("/api/v1/models?note=my%20secret");
    expect(entries).toMatchObject([
      { id: "abc-1", error: "TypeError", at: expect.arrayContaining([expect.stringMatching(/operations\.test/)]) },
      { id: "abc-1", method: "POST", path: "/api/v1/explain", status: 500, ms: expect.any(Number) },
      { error: "TypeError" },
      { status: 200 },
      { method: "GET", path: "/api/v1/models", status: 200 },
    ]);
    expect(JSON.stringify(entries)).not.toMatch(/secret/);
  });

  test("an answer's id is the log's", async () => {
    const entries: { id?: unknown }[] = [], api = app({ log: (entry) => entries.push(entry) });
    const answer = await api.request("/api/v1/models");
    expect(answer.headers.get("x-request-id")).toBe(entries[0]!.id);
  });
});

describe("metrics", () => {
  test("count requests by route and status; what has no route is one series", async () => {
    const api = app();
    await api.request("/api/v1/models/sentiment-en");
    for (const path of ["/a", "/b", "/api/v1/models/x"]) await api.request(path);
    await api.request("/api/v1/explain", ask("my secret"));
    const answer = await api.request("/metrics"), text = await answer.text();
    expect(answer.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(text).toContain('hyaline_requests_total{method="GET",route="/api/v1/models/:name",status="200"} 1');
    expect(text).toContain('hyaline_requests_total{method="GET",route="none",status="404"} 3');
    expect(text).toContain('hyaline_requests_total{method="POST",route="/api/v1/explain",status="500"} 1');
    expect(text).toMatch(/^hyaline_request_seconds_bucket\{le="0.005",method="GET",route="\/api/m);
    for (const name of ["queue_waiting", "engine_ready", "models_open_bytes", "engine_resident_bytes"]) {
      expect(text).toMatch(new RegExp(`^hyaline_${name} \\d`, "m"));
    }
    expect(text).toMatch(/^process_resident_memory_bytes \d/m);
  });
});

describe("health", () => {
  test.each([[true, false, 200, "ok"], [false, false, 503, "starting"], [true, true, 503, "stopping"]])(
    "with an engine that is ready: %s, and the server told to stop: %s, readiness is %d %s; it lives all the same",
    async (ready, stop, code, status) => {
      const engine = engineWith({ health: () => ({ ready, starts: 1, resident: 0 }) });
      const api = app({ engine, ...(stop ? { stopping: AbortSignal.abort() } : {}) });
      const found = await api.request("/health/ready");
      expect([found.status, (await found.json()).status]).toEqual([code, status]);
      expect((await api.request("/health/live")).status).toBe(200);
      expect((await api.request("/v2/health/ready")).status).toBe(code);
    },
  );
});

describe("the page", () => {
  let root = "";
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "hyaline-page-"));
    await mkdir(join(root, "page", "assets"), { recursive: true });
    await writeFile(join(root, "secret.json"), "{}");
    await writeFile(join(root, "page", "index.html"), "<!doctype html>");
    await writeFile(join(root, "page", "assets", "main-a1b2c3d4.js"), "export {};");
    await symlink(join(root, "secret.json"), join(root, "page", "link.json"));
  });
  afterAll(() => rm(root, { recursive: true }));
  const api = () => app({ page: folder(join(root, "page")) });

  test("is isolated, so that it gets threads, and may run nothing but its own", async () => {
    const { status, headers } = await api().request("/");
    expect(status).toBe(200);
    expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
    expect(headers.get("cross-origin-embedder-policy")).toBe("require-corp");
    expect(headers.get("content-security-policy")).toMatch(/default-src 'none'; script-src 'self' 'wasm-unsafe-eval'/);
    expect(headers.get("content-security-policy")).not.toContain("'unsafe-eval'");
    expect(headers.get("cache-control")).toBe("no-cache");
  });

  test("hashed names are kept for ever; others are asked about and not sent twice", async () => {
    const script = await api().request("/assets/main-a1b2c3d4.js");
    expect(script.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect([script.headers.get("content-type"), await script.text()]).toEqual([
      "text/javascript; charset=utf-8",
      "export {};",
    ]);
    const etag = (await api().request("/")).headers.get("etag")!;
    const again = await api().request("/", { headers: { "if-none-match": etag } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
  });

  test.each([
    "/../secret.json",
    "/..%2Fsecret.json",
    "/link.json",
    "/%E0%A4%A.js",
    "/%00.js",
    "/assets",
    "/nothing.js",
  ])(
    "%s finds nothing",
    async (path) => expect((await api().request(path)).status).toBe(404),
  );
});
