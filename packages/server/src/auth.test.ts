import { describe, expect, test } from "vitest";
import { type AppConfig, createApp, newKey, parseKeys, type Scope, sha256 } from "./mod.ts";
import { engineWith, post } from "./testing.ts";

const keyOf = (scopes: Scope[], perMinute?: number) =>
  newKey({ name: scopes.join("-"), scopes, ...(perMinute === undefined ? {} : { perMinute }) });
const reader = keyOf(["read"]), explainer = keyOf(["read", "explain"], 3), admin = keyOf(["read", "explain", "admin"]);
const app = (config: Partial<AppConfig> = {}) =>
  createApp({
    engine: engineWith({ unload: () => Promise.resolve({ closed: 0 }) }),
    models: [{ name: "sentiment-en", bytes: 1 }],
    version: "0",
    keys: [reader, explainer, admin].map(({ record }) => record),
    anonymous: [],
    ...config,
  });
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const explain = ["/api/v1/explain", { input: { text: "x" } }] as const,
  unload = ["/api/v1/models/sentiment-en/unload", {}] as const;

describe("keys", () => {
  test.each<[string, string | undefined, (number | string)[]]>([
    ["no key", undefined, [401, 401, 401, 200]],
    ["an unknown key", "hya_guess", [401, 401, 401, 200]],
    ["the hash of a key", reader.record.sha256, [401, 401, 401, 200]],
    ["a key to read", reader.key, [200, 403, 403, 200]],
    ["a key to explain", explainer.key, [200, 200, 403, 200]],
    ["an administrator's key", admin.key, [200, 200, 200, 200]],
  ])("with %s, to read, explain, unload and be healthy are %j", async (_, key, statuses) => {
    const headers = key ? bearer(key) : {}, api = app();
    const found = [
      await api.request("/api/v1/models", { headers }),
      await api.request(explain[0], post(explain[1], headers)),
      await api.request(unload[0], post(unload[1], headers)),
      await api.request("/health/live", { headers }),
    ];
    expect(found.map(({ status }) => status)).toEqual(statuses);
    for (const refused of found.filter(({ status }) => status === 401)) {
      expect(refused.headers.get("www-authenticate")).toBe("Bearer");
      expect(await refused.json()).toMatchObject({ code: "UNAUTHENTICATED", hint: expect.any(String) });
    }
  });

  test("the document says which operations need a key", async () => {
    const { paths } = await (await app().request("/openapi.json")).json();
    expect(paths["/api/v1/explain"].post).toMatchObject({
      security: [{ key: ["explain"] }],
      responses: { 401: { content: { "application/json": { schema: { $ref: "#/components/schemas/Problem" } } } } },
    });
    expect(paths["/health/live"].get.security).toBeUndefined();
  });

  test("are read from a file, and nothing but keys is", () => {
    expect(parseKeys(JSON.stringify({ keys: [reader.record] }), "keys.json")).toEqual([reader.record]);
    expect(reader.record.sha256).toBe(sha256(reader.key));
    expect(JSON.stringify(reader.record)).not.toContain(reader.key);
    for (const bad of ["{", "[]", '{"keys":[{"name":"x","sha256":"ab","scopes":["read"]}]}', '{"keys":[],"more":1}']) {
      expect(() => parseKeys(bad, "keys.json")).toThrow(/keys.json/);
    }
  });
});

describe("limits a minute", () => {
  test("a key that asks too often is told when to come again; other keys go on", async () => {
    const api = app(), ask = (key: string) => api.request(explain[0], post(explain[1], bearer(key)));
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) statuses.push((await ask(explainer.key)).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    const refused = await ask(explainer.key);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await refused.json()).code).toBe("BUSY");
    expect((await ask(admin.key)).status).toBe(200);
  });

  test("addresses count apart; a forwarded one counts only behind a proxy, and only the proxy's own entry", async () => {
    const statuses = async (proxied: boolean) => {
      const api = app({ anonymous: ["read"], perMinute: 1, proxied }), found: number[] = [];
      for (const from of ["9.9.9.9, 1.1.1.1", "8.8.8.8, 1.1.1.1", "2.2.2.2"]) {
        found.push((await api.request("/api/v1/models", { headers: { "x-forwarded-for": from } })).status);
      }
      return found;
    };
    expect(await statuses(true)).toEqual([200, 429, 200]);
    expect(await statuses(false)).toEqual([200, 429, 429]);
  });

  test("guessing keys is limited like anything else", async () => {
    const api = app({ perMinute: 2 }), found: number[] = [];
    for (let i = 0; i < 3; i++) {
      found.push((await api.request("/api/v1/models", { headers: bearer(`hya_${i}`) })).status);
    }
    expect(found).toEqual([401, 401, 429]);
  });
});
