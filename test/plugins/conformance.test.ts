/**
 * The kit finds what is wrong with a plugin; and every built-in explainer passes it.
 */
import { rm } from "node:fs/promises";
import { beforeAll, describe, expect, test, vi } from "vitest";
import type { InstalledPlugin } from "../../packages/core/src/host/registry.ts";
import type { Subject } from "../../packages/core/src/host/subject.ts";
import { lockedIn } from "../../packages/core/src/plugins/installed.ts";
import { candidate } from "../../packages/core/src/plugins/store.ts";
import { watching } from "../../packages/core/src/sandbox/guest.ts";
import { findDeno } from "../../packages/core/src/sandbox/process.ts";
import { conformance, type Finding, pluginCases, tap } from "../../packages/core/src/testing/conformance.ts";
import { hostOf, plugins, subjectIn } from "../explainers/host.ts";
import { SOUND, type Source, TIGHT, written } from "./hostile.ts";

vi.setConfig({ testTimeout: 180_000 }); // processes start slowly on a busy machine

let model: Subject;
beforeAll(async () => void (model = await subjectIn(new URL("../../models/ioi-lm/", import.meta.url))));

async function findings(
  plugin: InstalledPlugin,
  { host, missed, cases = [] }: { host: Parameters<typeof hostOf>; missed: string[]; cases?: unknown[] },
): Promise<Finding[]> {
  const hyaline = hostOf(...host), found: Finding[] = [];
  const asked = conformance({
    manifest: plugin.manifest,
    explain: (request, context) => hyaline.explain(request, context),
    run: plugin.run,
    cases: pluginCases.parse({ cases }).cases,
    missed: () => missed.splice(0),
    restart: async () => await plugin.close?.(),
    model: "ioi-lm",
    text: "John gave a drink to",
  });
  for await (const one of asked) found.push(one);
  return found;
}

describe.skipIf(!findDeno())("the kit (skipped where there is no Deno to lock plugins in)", () => {
  async function failed(source: Source, cases: unknown[] = []): Promise<string[]> {
    const folder = await written({ id: "odd", ...source }), missed: string[] = [];
    try {
      const plugin = await lockedIn({
        ...await candidate(folder),
        folder,
        limits: { ...TIGHT, grace: 2 },
        missed: (names) => missed.push(...names),
      });
      const found = await findings(plugin, { host: [model, [plugin]], missed, cases });
      await plugin.close?.();
      return found.flatMap(({ name, why }) => (why ? [`${name}: ${why}`] : []));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  test("has nothing against a sound plugin", async () => {
    expect(await failed({ body: `return ${SOUND};` })).toEqual([]);
  });

  test.each<[string, Source, RegExp]>([
    ["throws", { body: `throw new Error("boom");` }, /explains a text.*boom/],
    ["gives what the schema does not know", { body: `return { ...${SOUND}, extra: 1 };` }, /explains a text.*"extra"/],
    [
      "asks for more than it needs",
      { body: `evidence.gradients?.embeddings; return ${SOUND};` },
      /asks for nothing.*reads "gradients"/,
    ],
    [
      "predicts without saying so",
      { body: `context.predict?.([]); return ${SOUND};` },
      /asks for nothing.*"context.predict"/,
    ],
    [
      "draws at random without the seed",
      {
        body:
          `return { ...${SOUND}, data: { shape: [tokens.length], values: tokens.map(() => Math.random()), join: "sum" } };`,
      },
      /same seed: a second run/,
    ],
    [
      "remembers earlier runs",
      {
        before: "let runs = 0;",
        body:
          `runs = Math.min(3, runs + 1); const most = runs > 1 ? 1 : 0; return { ...${SOUND}, data: { shape: [tokens.length], values: tokens.map(() => most), join: "sum" } };`,
      },
      /same seed/,
    ],
    ["counts on a special token in front", {
      body: `if (tokens.length > 1 && !tokens[0].special) throw new Error("no <s>"); return ${SOUND};`,
    }, /special tokens at any place: .*no <s>/],
    [
      "divides by one token less",
      { body: `if (tokens.length === 1) throw new Error("too short"); return ${SOUND};` },
      /single token: .*too short/,
    ],
    [
      "does not stop",
      {
        body: `const wait = (ms) => new Promise((ok) => setTimeout(ok, ms)); context.progress(0, 1); await wait(50);
          if (context.signal.aborted) await wait(1800); return ${SOUND};`,
      },
      /stops when told to: .*(aborted|went on)/,
    ],
  ])("finds a plugin that %s", async (_, source, words) => {
    const wrong = await failed(source);
    expect(wrong.join("\n")).toMatch(words);
  });

  test("runs a plugin's own cases", async () => {
    const one = { name: "counts from 0", explainer: "odd", evidence: { tokens: ["a", "b"] }, values: [0, 1] };
    expect(await failed({ body: `return ${SOUND};` }, [one])).toEqual([]);
    expect(await failed({ body: `return ${SOUND};` }, [{ ...one, values: [0, 2] }])).toEqual([
      "odd: counts from 0: value 1 is 1, not 2",
    ]);
    expect(await failed({ body: `return ${SOUND};` }, [{ ...one, values: [0] }])).toEqual([
      "odd: counts from 0: it gives 2 values, not 1",
    ]);
  });
});

describe("every built-in explainer passes the kit", () => {
  test.each(plugins.map((plugin) => [plugin.manifest.id, plugin] as const))(
    "%s",
    { timeout: 120_000 },
    async (_, plugin) => {
      const missed: string[] = [];
      const seen: InstalledPlugin = {
        ...plugin,
        run: (id, evidence, options, context) => {
          const names = new Set<string>(), look = watching(names);
          return plugin.run(id, look(evidence, ""), options, look(context, "context.")).finally(() =>
            missed.push(...names)
          );
        },
      };
      const host: Parameters<typeof hostOf> = [model, [seen], plugins.filter((other) => other !== plugin)];
      const found = await findings(seen, { host, missed });
      expect(found.filter(({ why }) => why)).toEqual([]);
      expect(found.length).toBeGreaterThanOrEqual(6 * plugin.manifest.explainers.length);
    },
  );
});

test("findings are printed as TAP", async () => {
  async function* some(): AsyncGenerator<Finding> {
    yield { name: "a # b" };
    yield { name: "c", why: 'it is "wrong"' };
  }
  const lines: string[] = [];
  for await (const line of tap(some())) lines.push(line);
  expect(lines.join("\n")).toBe(
    'TAP version 14\nok 1 - a \\# b\nnot ok 2 - c\n  ---\n  message: "it is \\"wrong\\""\n  ...\n1..2',
  );
});
