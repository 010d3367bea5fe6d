import { expect, expectTypeOf, test } from "vitest";
import { client } from "./client.ts";
import { createApp } from "./mod.ts";
import { engineWith, golden } from "./testing.ts";

const app = createApp({ engine: engineWith({}), models: [{ name: "sentiment-en", bytes: 1 }], version: "0" });
const hyaline = client("http://localhost", {
  fetch: (input: RequestInfo | URL, init?: RequestInit) => app.request(input as string, init),
});

test("the client knows the types of what it sends and gets", async () => {
  const response = await hyaline.api.v1.explain.$post({ query: {}, json: { input: { text: "I love programming" } } });
  if (!response.ok) throw new Error(await response.text());
  const explanations = await response.json();
  expect(explanations).toEqual([golden]);
  expectTypeOf((await hyaline.api.v1.models.$get().then((found) => found.json()))[0]!).toEqualTypeOf<
    { name: string; bytes: number; open: { model: string; dtype: string; bytes: number; pinned: boolean }[] }
  >();
  // @ts-expect-error: a text is no number
  const refused = await hyaline.api.v1.explain.$post({ query: {}, json: { input: { text: 7 } } });
  expect(refused.status).toBe(400);
});
