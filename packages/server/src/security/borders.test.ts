import { request } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApp, listen, type Listening } from "../mod.ts";
import { engineWith } from "../testing.ts";

/** Over a real socket: what a browser may not set, an attacker does. */
let server: Listening, asked = 0;
const bodyBytes = 10_000;
beforeAll(async () => {
  const app = createApp({
    engine: engineWith({ explain: () => (asked++, Promise.resolve([])), unload: () => Promise.resolve({ closed: 0 }) }),
    models: [{ name: "sentiment-en", bytes: 1 }],
    version: "0",
    hosts: ["explain.example"],
    origins: ["https://page.example"],
    limits: { bodyBytes },
  });
  server = await listen(app.fetch, { port: 0, host: "127.0.0.1" });
});
afterAll(() => server.close());

interface Answer {
  readonly status: number;
  readonly body: string;
}

const send = (
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: string | Uint8Array,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asking = request({
      port: server.port,
      host: "127.0.0.1",
      method,
      path,
      headers: { connection: "close", ...headers },
    }, (response) => {
      let body = "";
      response.on("data", (chunk) => (body += chunk)).on("end", () => resolve({ status: response.statusCode!, body }));
    });
    asking.on("error", reject).end(body);
  });
const json = { "content-type": "application/json" };

describe("host × origin × method", () => {
  const hosts = {
    "localhost:8080": true,
    "explain.example": true,
    "evil.example": false,
    "localhost.evil.example": false,
  };
  const origins = { none: true, own: true, "https://page.example": true, "https://evil.example": false };
  const methods = [["GET", "/api/v1/models", 200], ["POST", "/api/v1/explain", 200], [
    "OPTIONS",
    "/api/v1/explain",
    204,
  ]] as const;
  const cases = Object.entries(hosts).flatMap(([host, answers]) =>
    Object.entries(origins).flatMap(([origin, may]) =>
      methods.map(([method, path, ok]) => ({ host, origin, method, path, status: !answers ? 421 : may ? ok : 403 }))
    )
  );

  test("are 48 cases", () => expect(cases.length).toBe(48));

  test.each(cases)("$host, origin $origin, $method is $status", async ({ host, origin, method, path, status }) => {
    const from = origin === "none" ? undefined : origin === "own" ? `http://${host}` : origin, before = asked;
    const answer = await send(
      method,
      path,
      { host, ...(from ? { origin: from } : {}), ...(method === "POST" ? json : {}) },
      method === "POST" ? JSON.stringify({ input: { text: "x" } }) : undefined,
    );
    expect(answer.status).toBe(status);
    if (status >= 400) expect(JSON.parse(answer.body).code).toBe(status === 421 ? "FOREIGN_HOST" : "FOREIGN_ORIGIN");
    expect(asked - before).toBe(method === "POST" && status === 200 ? 1 : 0);
  });

  test.each([
    "null",
    "file://",
    "http://localhost:8080.evil.example",
    "https://page.example.evil.example",
    "http://evil.example\\@localhost:8080",
  ])(
    "origin %s is foreign",
    async (origin) =>
      expect((await send("GET", "/api/v1/models", { host: "localhost:8080", origin })).status).toBe(403),
  );
});

const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
const explain = (value: unknown) => JSON.stringify(value);

describe("bodies", () => {
  test.each<[string, string | Uint8Array, number, string]>([
    ["nothing", "", 400, "MALFORMED_BODY"],
    ["half a body", '{"input": {"te', 400, "MALFORMED_BODY"],
    ["a comment", "// no\n{}", 400, "MALFORMED_BODY"],
    ["bytes that are no UTF-8", new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]), 400, "MALFORMED_BODY"],
    ["NaN", '{"input": {"ids": [NaN]}}', 400, "MALFORMED_BODY"],
    ["null", "null", 400, "INVALID_REQUEST"],
    ["a list", "[]", 400, "INVALID_REQUEST"],
    ["a text alone", '"x"', 400, "INVALID_REQUEST"],
    ["deep nesting", `{"input": ${nested(4000)}}`, 400, "INVALID_REQUEST"],
    ["a prototype", '{"input": {"text": "x"}, "__proto__": {"admin": true}}', 400, "INVALID_REQUEST"],
    ["a constructor", '{"input": {"text": "x"}, "constructor": {}}', 400, "INVALID_REQUEST"],
    ["a number beyond all", '{"input": {"ids": [1e999]}}', 400, "INVALID_REQUEST"],
    ["a negative id", explain({ input: { ids: [-1] } }), 400, "INVALID_REQUEST"],
    ["half an id", explain({ input: { ids: [1.5] } }), 400, "INVALID_REQUEST"],
    ["an id that is text", explain({ input: { ids: ["1"] } }), 400, "INVALID_REQUEST"],
    ["two inputs", explain({ input: { text: "x", ids: [1] } }), 400, "INVALID_REQUEST"],
    [
      "dims that lie",
      explain({ input: { inputs: { x: { dtype: "float32", dims: [2 ** 30, 2 ** 30], data: [1] } } } }),
      400,
      "INVALID_REQUEST",
    ],
    ["a method that is a path", explain({ input: { text: "x" }, methods: [{ id: "../lrp" }] }), 400, "INVALID_REQUEST"],
    ["no method", explain({ input: { text: "x" }, methods: [] }), 400, "INVALID_REQUEST"],
    [
      "more methods than anybody needs",
      explain({ input: { text: "x" }, methods: Array(200).fill({ id: "lrp" }) }),
      422,
      "TOO_MANY_METHODS",
    ],
    ["more tokens than the server takes", explain({ input: { ids: Array(4097).fill(1) } }), 422, "TEXT_TOO_LONG"],
    ["more than the limit, told", "x".repeat(bodyBytes + 1), 413, "BODY_TOO_LARGE"],
  ])("%s is refused with a typed error", async (_, body, status, code) => {
    const before = asked,
      answer = await send("POST", "/api/v1/explain", { ...json, "content-length": String(body.length) }, body);
    expect([answer.status, JSON.parse(answer.body)]).toEqual([
      status,
      { code, message: expect.any(String), hint: expect.any(String) },
    ]);
    expect(asked).toBe(before);
  });

  test.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/jsonp",
    "text/json",
    "",
  ])(
    'the type "%s", which a form of another site could send, is refused',
    async (type) => {
      const answer = await send(
        "POST",
        "/api/v1/explain",
        type ? { "content-type": type } : {},
        '{"input": {"text": "x"}}',
      );
      expect([answer.status, JSON.parse(answer.body).code]).toEqual([415, "BODY_TYPE"]);
    },
  );

  test("more than the limit, not told beforehand, is refused before it has all arrived", async () => {
    const socket = connect(server.port, "127.0.0.1"), chunk = `3e8\r\n${"x".repeat(1000)}\r\n`;
    let got = "", sent = 0;
    socket.on("data", (data) => (got += data)).on("error", () => {});
    const ended = new Promise((resolve) => socket.on("close", resolve));
    socket.write(
      "POST /api/v1/explain HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
    );
    while (!got && sent < 50_000_000 && !socket.destroyed) {
      await new Promise<void>((resolve) => socket.write(chunk, () => resolve()));
      sent += 1000;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    socket.destroy();
    await ended;
    expect(got).toMatch(/^HTTP\/1\.1 413 [\s\S]*BODY_TOO_LARGE/);
    expect(sent).toBeLessThan(20 * bodyBytes);
  });

  test.each([
    ["no HTTP", "hello\r\n\r\n"],
    [
      "two lengths",
      "POST /api/v1/explain HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\ncontent-length: 9\r\n\r\n{}",
    ],
    ["a header without end", `GET /health/live HTTP/1.1\r\nhost: localhost\r\nx: ${"y".repeat(100_000)}`],
  ])("%s does no harm", async (_, text) => {
    const socket = connect(server.port, "127.0.0.1");
    const ended = new Promise((resolve) => socket.on("close", resolve));
    socket.on("error", () => {}).resume().end(text);
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 500))]);
    socket.destroy();
    expect((await send("GET", "/health/live", {})).status).toBe(200);
  });
});
