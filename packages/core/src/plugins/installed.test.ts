import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Context, Evidence } from "../plugin/evidence.ts";
import { findDeno } from "../sandbox/process.ts";
import { lockedIn } from "./installed.ts";
import { candidate } from "./store.ts";

const evidence: Evidence = {
  tokens: [{ text: "a", id: 1, start: 0, end: 1, special: false }, {
    text: "b",
    id: 2,
    start: 2,
    end: 3,
    special: false,
  }],
  target: { kind: "class", index: 0, value: 1 },
};
const context: Context = { signal: new AbortController().signal, seed: 3, progress: () => {}, log: () => {} };
/** A plugin that says where it runs: in a realm of its own, or in this one. */
const MODULE = `export default { mine: ({ tokens }, { wrong }, { seed }) => ({
  type: wrong ? "curve" : "token-scores", signed: true, notes: [String(globalThis.ours)], data: { shape: [2], values: tokens.map((_, i) => i + seed), join: "sum" } }) };`;

describe("a stranger's plugin", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "hyaline-installed-"));
    const explainers = [{
      id: "mine",
      title: "t",
      summary: "s",
      limits: "l",
      needs: ["tokens"],
      output: ["token-scores"],
      signed: true,
      cost: "c",
    }];
    const manifest = {
      manifestVersion: 1,
      id: "mine",
      version: "1.0.0",
      apiVersion: "^1.0.0",
      title: "t",
      description: "d",
      license: "MIT",
      entry: "./mod.mjs",
      explainers,
    };
    await writeFile(join(folder, "explainer.json"), JSON.stringify(manifest));
    await writeFile(join(folder, "mod.mjs"), MODULE);
    (globalThis as { ours?: boolean }).ours = true;
  });
  afterAll(() => rm(folder, { recursive: true }));

  test.skipIf(!findDeno())("runs in a realm of its own where there is a Deno, trusted or not", async () => {
    for (const trust of [false, true]) {
      const plugin = await lockedIn({ ...await candidate(folder), folder, trust });
      expect(await plugin.run("mine", evidence, {}, context)).toMatchObject({
        notes: ["undefined"],
        data: { values: [3, 4] },
      });
      await plugin.close?.();
    }
  });

  test("does not run where there is none", async () => {
    const plugin = await lockedIn({ ...await candidate(folder), folder, deno: "" });
    await expect(plugin.run("mine", evidence, {}, context)).rejects.toMatchObject({
      code: "SANDBOX_MISSING",
      hint: expect.stringContaining("--trust"),
    });
  });

  test("runs in this process where there is none and a person trusts it, and is held to its manifest there too", async () => {
    const plugin = await lockedIn({ ...await candidate(folder), folder, deno: "", trust: true });
    expect(await plugin.run("mine", evidence, {}, context)).toMatchObject({
      notes: ["true"],
      data: { values: [3, 4] },
    });
    await expect(plugin.run("mine", evidence, { wrong: true }, context)).rejects.toMatchObject({
      code: "PLUGIN_BROKEN",
    });
    await expect(plugin.run("other", evidence, {}, context)).rejects.toMatchObject({ code: "PLUGIN_BROKEN" });
  });

  test.skipIf(!findDeno())("answers calls one after the other, however they come", async () => {
    const plugin = await lockedIn({ ...await candidate(folder), folder });
    const all = await Promise.all([1, 2, 3, 4].map((seed) => plugin.run("mine", evidence, {}, { ...context, seed })));
    expect(all.map(({ data }) => "values" in data && data.values)).toEqual([[1, 2], [2, 3], [3, 4], [4, 5]]);
    await plugin.close?.();
  });

  test.skipIf(!findDeno())("begins anew after it was ended", async () => {
    const plugin = await lockedIn({ ...await candidate(folder), folder });
    for (let i = 0; i < 3; i++) {
      expect((await plugin.run("mine", evidence, {}, context)).type).toBe("token-scores");
      await plugin.close?.();
    }
  });
});
