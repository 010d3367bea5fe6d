import type { ExplainRequestInput, Explanation } from "@hyaline/core/result";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Engine as CommandLine } from "../../../cli/src/engine.ts";
import { openEngine } from "../../../cli/src/open.ts";
import { type Built, builtPage, executablePath, host, isolating, type Site } from "../testing/site.ts";
import type { tabEngine } from "./tab.ts";

/** What a test does in the page: one engine, left there as `engine`. */
declare const engine: ReturnType<typeof tabEngine>;

const text = "A moving, funny and beautifully acted film.";
const requests: ExplainRequestInput[] = [
  {
    model: "sentiment-en",
    input: { text },
    methods: [{ id: "lrp" }, { id: "integrated-gradients", options: { steps: 4 } }, { id: "attention-rollout" }],
  },
  {
    model: "sentiment-lstm",
    input: { text: "Not a single dull minute" },
    target: { label: "positive", foil: "negative" },
    methods: [{ id: "lrp" }, { id: "saliency" }],
  },
  {
    model: "ioi-lm",
    input: { text: "When Mary and John went to the store, John gave a drink to" },
    methods: [{ id: "lrp" }],
  },
];

const valuesOf = ({ data }: Explanation): readonly number[] => ("values" in data ? data.values : []);

describe.skipIf(!executablePath)("the engine in a tab (skipped where no Chromium is installed)", () => {
  let browser: Browser, plain: Site, isolated: Site, cli: CommandLine, expected: Explanation[][], built: Built;
  beforeAll(async () => {
    built = await builtPage("src/engine/tab.ts");
    [plain, isolated] = await Promise.all([host(built), host(built, isolating)]);
    browser = await chromium.launch({ executablePath: executablePath!, args: ["--no-sandbox"] });
    cli = await openEngine({ offline: true });
    expected = [];
    for (const request of requests) {
      expected.push(await cli.explain(request, { signal: new AbortController().signal, progress: () => {} }));
    }
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all([plain?.close(), isolated?.close(), cli?.close()]);
  });

  test("each file of the kernel is in the page once", () => {
    const files = [...built.keys()].filter((name) => name.startsWith("assets/relevance"));
    const names = files.map((name) => name.replace(/-[\w-]{8}(?=\.)/, "").replace("assets/", "")).sort();
    expect(names).toEqual([
      "relevance.js",
      "relevance_bg.wasm",
      "relevance_relaxed_bg.wasm",
      "relevance_team.js",
      "relevance_worker.js",
    ]);
  });

  async function tab(site: Site): Promise<Page> {
    const page = await browser.newPage();
    await page.goto(`${site.url}blank.html`);
    await page.evaluate('import("./entry.js").then(({ tabEngine }) => { globalThis.engine = tabEngine(); })');
    return page;
  }

  test.each([["without cross-origin isolation", false], ["with it, on several threads", true]])(
    "gives the command line's numbers %s, from static files alone",
    async (_, shared) => {
      const site = shared ? isolated : plain, page = await tab(site), before = site.asked.length;
      for (const [n, request] of requests.entries()) {
        const found = await page.evaluate((json) => engine.explain(JSON.parse(json)), JSON.stringify(request));
        expect(found.map(({ method }) => method)).toEqual(expected[n]!.map(({ method }) => method));
        for (const [i, here] of found.entries()) {
          const there = expected[n]![i]!, values = valuesOf(here);
          expect(here.target.label, request.model!).toBe(there.target.label);
          expect(here.target.value).toBeCloseTo(there.target.value, 4);
          expect(values).toHaveLength(valuesOf(there).length);
          expect(Math.max(...valuesOf(there).map((v, k) => Math.abs(v - values[k]!))), here.method.id).toBeLessThan(
            1e-4,
          );
          expect(here.provenance).toMatchObject({ provider: "wasm", core: there.provenance.core });
        }
      }
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(shared);
      const asked = site.asked.slice(before);
      expect(asked.filter((line) => !/^GET \/hyaline\/(entry\.js|assets\/|models\/)[\w./-]*$/.test(line))).toEqual([]);
      await page.close();
    },
  );

  test("lists its models and methods, and predicts", async () => {
    const page = await tab(plain);
    const [models, methods, { predictions }] = await page.evaluate(
      (text) => Promise.all([engine.models(), engine.methods(), engine.predict({ input: { text } })]),
      text,
    );
    expect(models.map(({ name }) => name)).toEqual(["ioi-lm", "sentiment-en", "sentiment-lstm"]);
    expect(methods.map(({ id }) => id)).toEqual(cli.methods().map(({ entry }) => entry.id));
    expect(predictions[0]!.label).toBe("positive");
    await page.close();
  });

  test("tells a failure with its code and hint", async () => {
    const page = await tab(plain);
    const failed = await page.evaluate(() =>
      engine.explain({ input: { text: "x" }, methods: [{ id: "lpr" }] }).catch(({ code, hint }) => ({ code, hint }))
    );
    expect(failed).toEqual({ code: "UNKNOWN_METHOD", hint: 'Did you mean "lrp"?' });
    await page.close();
  });

  test("gives up a long explanation when nobody waits for it, and keeps the model", async () => {
    const page = await tab(plain);
    const took = await page.evaluate(async (text) => {
      await engine.predict({ input: { text } });
      const stop = new AbortController(),
        long = engine.explain(
          { input: { text }, methods: [{ id: "shapley-sampling", options: { budget: 100000 } }] },
          { signal: stop.signal, progress: () => stop.abort() },
        );
      const ended = await long.then(() => "finished", ({ name }) => name as string);
      const from = performance.now();
      await engine.predict({ input: { text } });
      return { ended, next: performance.now() - from };
    }, text);
    expect(took.ended).toBe("AbortError");
    expect(took.next).toBeLessThan(1000);
    await page.close();
  });

  test("cancels at once, whatever the worker does, and answers again afterwards", async () => {
    const page = await tab(plain);
    const [first, second] = await page.evaluate(async (text) => {
      const loading = engine.explain({ input: { text } }, { loading: () => engine.cancel() });
      return [
        await loading.then(() => "finished", ({ name }) => name as string),
        (await engine.predict({ input: { text } })).predictions[0]!.label,
      ];
    }, text);
    expect([first, second]).toEqual(["AbortError", "positive"]);
    await page.close();
  });
});
