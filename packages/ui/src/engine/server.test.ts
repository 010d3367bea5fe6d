import { createApp, listen, type Listening } from "@hyaline/server";
import { failure } from "@hyaline/core/errors";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { engineWith, golden } from "../../../server/src/testing.ts";
import type { Engine } from "./engine.ts";
import { eventsOf } from "./events.ts";
import { serverEngine } from "./server.ts";

let server: Listening, engine: Engine, stopped: Promise<void>;
beforeAll(async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  stopped = promise;
  const answering = engineWith({
    async explain({ input }, { signal, progress, partial }) {
      const text = "text" in input ? input.text : "";
      if (text === "broken") throw failure({ code: "RUN_FAILED", message: "It broke — “so”", hint: "Mend it" });
      if (text !== "long" && text !== "steps") return [golden];
      progress?.("lrp", 1, 2);
      partial?.(golden);
      if (text === "steps") {
        await new Promise((done) => setTimeout(done, 50)); // so that both steps are told: of two at once only the newer is
        progress?.("lrp", 2, 2);
        return [golden, golden];
      }
      return await new Promise((_, reject) =>
        signal.addEventListener("abort", () => {
          resolve();
          reject(signal.reason);
        })
      );
    },
  });
  const app = createApp({ engine: answering, models: [{ name: "sentiment-en", bytes: 1 }], version: "0" });
  server = await listen((request) => app.fetch(request), { port: 0, host: "127.0.0.1" });
  engine = serverEngine(`http://127.0.0.1:${server.port}`);
});
afterAll(() => server.close());

test("models, methods, explanations and answers are the server's", async () => {
  expect(await engine.models()).toMatchObject([{ name: "sentiment-en", bytes: 1 }]);
  expect(await engine.methods()).toEqual([]);
  expect(await engine.explain({ input: { text: "x" } })).toEqual([golden]);
  expect(await engine.predict({ input: { text: "x" } })).toMatchObject({
    predictions: [{ label: "positive" }],
    tokens: [],
  });
});

test("a refusal keeps its code and hint", async () => {
  await expect(engine.explain({ model: "absent", input: { text: "x" } })).rejects.toMatchObject({
    name: "Refused",
    code: "UNKNOWN_MODEL",
    hint: expect.stringContaining("sentiment-en"),
  });
});

test("steps and explanations are told as they come, then all of it", async () => {
  const heard: unknown[] = [];
  const found = await engine.explain({ input: { text: "steps" } }, {
    progress: (...step) => heard.push(step),
    partial: ({ type }) => heard.push(type),
  });
  expect(heard).toEqual([["lrp", 1, 2], golden.type, ["lrp", 2, 2]]);
  expect(found).toEqual([golden, golden]);
});

test("what goes wrong on the way keeps its code and hint too", async () => {
  await expect(engine.explain({ input: { text: "broken" } })).rejects.toMatchObject({
    name: "Refused",
    code: "RUN_FAILED",
    message: "It broke — “so”",
    hint: "Mend it",
  });
});

test("a server that is gone in the middle is no answer", async () => {
  const half = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(`event: partial\ndata: ${JSON.stringify({ explanation: golden })}\n\nevent: result\ndata: [`);
  });
  await new Promise<void>((ready) => half.listen(0, "127.0.0.1", ready));
  const heard: string[] = [], cut = serverEngine(`http://127.0.0.1:${(half.address() as AddressInfo).port}`);
  await expect(cut.explain({ input: { text: "x" } }, { partial: ({ type }) => heard.push(type) })).rejects
    .toMatchObject(
      { code: "CONNECTION_LOST" },
    );
  expect(heard).toEqual([golden.type]);
  half.closeAllConnections();
  half.close();
});

test("events are the same wherever the stream is cut into parts", async () => {
  const stream =
    ': hello\r\nevent: a\ndata: {"x": “1”}\n\ndata: one\r\ndata:two\nid: 7\n\n\nevent: b\rdata\r\rdata: lost';
  const bytes = new TextEncoder().encode(stream),
    expected = [
      { event: "a", data: '{"x": “1”}' },
      { event: "message", data: "one\ntwo" },
      { event: "b", data: "" },
    ];
  for (let size = 1; size <= bytes.length; size++) {
    const parts = Array.from(
      { length: Math.ceil(bytes.length / size) },
      (_, i) => bytes.slice(i * size, (i + 1) * size),
    );
    const found = await Array.fromAsync(
      eventsOf(ReadableStream.from(parts) as ReadableStream<Uint8Array<ArrayBuffer>>),
    );
    expect(found, `parts of ${size}`).toEqual(expected);
  }
});

test("cancelling gives up what is under way, and nothing after it", async () => {
  const asked = engine.explain({ input: { text: "long" } });
  setTimeout(() => engine.cancel(), 50);
  await expect(asked).rejects.toMatchObject({ name: "AbortError" });
  await stopped; // the server's engine is told, because the connection closed
  expect(await engine.explain({ input: { text: "x" } })).toEqual([golden]);
});
