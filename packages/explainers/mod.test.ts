import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { manifestSchema } from "@hyaline/core/manifest";
import { describe, expect, test } from "vitest";
import { builtIns } from "./mod.ts";

const manifests = builtIns.map(({ manifest }) => manifestSchema.parse(manifest));
const folder = new URL("./", import.meta.url);

test("every folder with a manifest is in the list", async () => {
  const found = (await readdir(folder)).filter((name) => existsSync(new URL(`${name}/explainer.json`, folder)));
  expect(manifests.map(({ id }) => id).sort()).toEqual(found.sort());
});

test("no two explainers share an id", () => {
  const ids = manifests.flatMap(({ explainers }) => explainers.map(({ id }) => id));
  expect(new Set(ids).size).toBe(ids.length);
});

describe.each(builtIns.map((builtIn, i) => [manifests[i]!.id, manifests[i]!, builtIn] as const))(
  "%s",
  (id, manifest, { load }) => {
    test("exports a function for each explainer of its manifest, and nothing else", async () => {
      const { default: explainers } = await load();
      expect(Object.keys(explainers).sort()).toEqual(manifest.explainers.map((one) => one.id).sort());
    });

    test("has the files its manifest names", () => {
      for (const path of [manifest.entry!, manifest.docs!]) {
        expect(existsSync(new URL(`${id}/${path}`, folder))).toBe(
          true,
        );
      }
    });

    test("speaks English and Chinese", () => {
      for (const { titles, summaries, limitsIn } of manifest.explainers) {
        expect(titles.zh).toBeTruthy();
        expect(limitsIn.zh).toMatch(/\p{Script=Han}/u);
        expect(summaries.zh).toMatch(/\p{Script=Han}/u);
      }
    });

    test("gives every option a default and a description, and every chosen need an option", () => {
      for (const { options, needs } of manifest.explainers) {
        const properties = (options.properties ?? {}) as Record<string, Record<string, unknown>>;
        for (const [name, property] of Object.entries(properties)) {
          expect([
            name,
            "default" in property,
            typeof property.description,
          ]).toEqual([name, true, "string"]);
        }
        for (const chosen of JSON.stringify(needs).match(/(?<="\$)\w+/g) ?? []) {
          expect(properties).toHaveProperty(
            chosen,
          );
        }
      }
    });
  },
);
