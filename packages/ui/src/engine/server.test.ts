import { createApp, listen, type Listening } from "@hyaline/server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { engineWith, golden } from "../../../server/src/testing.ts";
import type { Engine } from "./engine.ts";
import { serverEngine } from "./server.ts";

let server: Listening, engine: Engine;
beforeAll(async () => {
  const answering = engineWith({
    explain: ({ input }, { signal }) =>
      "text" in input && input.text === "long"
        ? new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)))
        : Promise.resolve([golden]),
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

test("cancelling gives up what is under way, and nothing after it", async () => {
  const asked = engine.explain({ input: { text: "long" } });
  setTimeout(() => engine.cancel(), 50);
  await expect(asked).rejects.toMatchObject({ name: "AbortError" });
  expect(await engine.explain({ input: { text: "x" } })).toEqual([golden]);
});
