import { manifestSchema } from "@hyaline/core/manifest";
import { builtIns } from "@hyaline/explainers";
import { expect, test } from "vitest";
import { createApp } from "./mod.ts";
import { engineWith } from "./testing.ts";

const manifests = builtIns.map(({ manifest }) => manifestSchema.parse(manifest));
const engine = engineWith({
  methods: () => manifests.flatMap((manifest) => manifest.explainers.map((entry) => ({ entry, manifest }))),
});
const app = createApp({ engine, models: [], version: "1.2.3" });

test("the page shows every operation and schema, and all its links lead somewhere", async () => {
  const page = await (await app.request("/docs")).text(),
    { paths, components } = await (await app.request("/openapi.json")).json();
  for (const [path, of] of Object.entries(paths)) {
    for (const method of Object.keys(of as object)) {
      expect(page).toContain(`<code>${method.toUpperCase()} ${path}</code>`);
    }
  }
  for (const name of Object.keys(components.schemas)) expect(page).toContain(`<h3>${name}</h3>`);
  const ids = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
  const links = [...page.matchAll(/href="#([^"]+)"/g)].map(([, to]) => to!);
  expect(links.length).toBeGreaterThan(40);
  for (const to of links) expect(ids).toContain(to);
});

test("the page loads nothing and runs nothing", async () => {
  const response = await app.request("/docs"), page = await response.text();
  expect(response.headers.get("content-security-policy")).toMatch(/^default-src 'none'; style-src 'sha256-/);
  expect(page).not.toMatch(/<script|<link|<img|https?:\/\//);
});

test("references inside the OpenAPI document lead somewhere", async () => {
  const text = await (await app.request("/openapi.json")).text(), { components } = JSON.parse(text);
  for (const [, name] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
    expect(Object.keys(components.schemas)).toContain(name);
  }
});

test("plugins are listed as their manifests describe them", async () => {
  const plugins = await (await app.request("/api/v1/plugins")).json();
  expect(plugins.map(({ id }: { id: string }) => id)).toEqual(manifests.map(({ id }) => id));
  expect(plugins.flatMap(({ methods }: { methods: string[] }) => methods)).toContain("lrp");
});
