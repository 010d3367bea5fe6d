import type { Explanation, ExplanationOf } from "@hyaline/core/result";
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openEngine } from "../../../cli/src/open.ts";
import { first } from "../state/question.ts";
import { passagesOf } from "../views/sublayers.ts";
import { type Built, executablePath, firstScripts, host, type Site } from "../testing/site.ts";
import { settled as answered, type Visit, visit } from "../testing/visit.ts";

describe.skipIf(!executablePath)("the page (skipped where no Chromium is installed)", () => {
  let tab: Visit, browser: Browser, context: BrowserContext, site: Site, page: Page, built: Built;
  beforeAll(async () => {
    tab = await visit();
    ({ browser, context, site, page, built } = tab);
  });
  afterAll(() => tab?.close());

  const settled = (on = page) => answered(on);
  const text = () => page.locator(".editor textarea");
  const verdict = () => page.locator(".answers h2").first().textContent();

  /** Clicks a button that downloads a file. */
  async function taken(button: string): Promise<{ name: string; content: string }> {
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: button, exact: true }).click(),
    ]);
    return { name: download.suggestedFilename(), content: await readFile(await download.path(), "latin1") };
  }

  test("explains as one types, without a server", async () => {
    await text().fill("A dull and lifeless film.");
    await page.locator(".shown.old").waitFor();
    await settled();
    expect(await verdict()).toContain("negative");
    expect(tab.errors).toEqual([]);
  });

  test("the address is a link to what is shown; back and forward are undo and redo", async () => {
    const dull = page.url();
    await page.waitForTimeout(2100); // a text still being typed is one step
    await text().fill("A moving film.");
    await settled();
    expect(page.url()).not.toBe(dull);
    await page.getByRole("button", { name: "Undo" }).click();
    await page.waitForFunction((url) => location.href === url, dull);
    await settled();
    expect(await text().inputValue()).toBe("A dull and lifeless film.");
    await page.getByRole("button", { name: "Redo" }).click();
    await page.waitForFunction((url) => location.href !== url, dull);
    await settled();
    expect(await text().inputValue()).toBe("A moving film.");
    await page.getByRole("button", { name: "Copy link" }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(page.url());
    const other = await context.newPage();
    await other.goto(dull);
    await settled(other);
    expect(await other.locator(".editor textarea").inputValue()).toBe("A dull and lifeless film.");
    await other.close();
  });

  test("several methods with options from their manifests", async () => {
    await page.locator("summary", { hasText: "Methods" }).click();
    await page.getByRole("checkbox", { name: "Occlusion" }).check();
    await page.locator(".options summary", { hasText: "Occlusion" }).click();
    await page.getByRole("combobox", { name: "unit" }).selectOption({ label: "word" });
    await settled();
    const { name, content } = await taken("JSON"), found: Explanation[] = JSON.parse(content);
    expect(name).toBe("hyaline-sentiment-en.json");
    expect(found.map(({ method }) => [method.id, method.options["unit"]])).toEqual([
      ["lrp", undefined],
      ["occlusion", "word"],
    ]);
  });

  test("takes results along as picture, table and page", async () => {
    expect((await taken("SVG")).content).toMatch(/^<svg[^]*moving[^]*<\/svg>\s*$/);
    expect((await taken("PNG")).content.slice(1, 4)).toBe("PNG");
    expect((await taken("CSV")).content).toContain("moving");
    expect((await taken("Web page")).content).toMatch(/^<!doctype html>[^]*Content-Security-Policy/);
  });

  test("a word is swapped, masked, taken out; both texts are explained side by side", async () => {
    await text().fill("A moving film.");
    await settled();
    await page.getByRole("button", { name: "What if it said something else?" }).click();
    const word = (name: string) => page.locator(".pieces button", { hasText: name });
    await word("moving").click();
    await page.getByPlaceholder("another word").fill("boring");
    await page.getByRole("button", { name: "Swap" }).click();
    await page.locator(".shift", { hasText: "The answer changes: positive" }).waitFor();
    expect(await page.locator(".sides .answers h2").allTextContents()).toEqual([
      expect.stringContaining("positive"),
      expect.stringContaining("negative"),
    ]);
    await word("boring").click();
    await page.getByRole("button", { name: "Mask" }).click();
    await settled();
    expect(await page.getByLabel("The changed text").inputValue()).toBe("A [MASK] film.");
    await word("[MASK]").click();
    await page.getByRole("button", { name: "Take out" }).click();
    await settled();
    await page.getByRole("button", { name: "Go on with this text" }).click();
    await settled();
    expect(await text().inputValue()).toBe("A film.");
  });

  test("speaks Chinese, remembers it, and says so in lang; colours can be chosen", async () => {
    await page.getByRole("button", { name: "中文" }).click();
    expect(await page.locator("html").getAttribute("lang")).toBe("zh");
    await page.reload();
    await settled();
    expect(await page.locator("html").getAttribute("lang")).toBe("zh");
    expect(await page.locator(".choices").textContent()).toContain("模型");
    await page.locator("summary", { hasText: "设置" }).click();
    await page.locator("#theme").selectOption("dark");
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe("rgb(25, 24, 23)");
    await page.locator("#theme").selectOption("system");
    await page.keyboard.press("Escape");
    expect(await page.locator("#theme").isVisible()).toBe(false);
    await page.getByRole("button", { name: "English" }).click();
    expect(await page.locator("html").getAttribute("lang")).toBe("en");
  });

  test("a mistake is told with what to do about it, and the answer before stays", async () => {
    await page.locator("summary", { hasText: "Question" }).click();
    await page.getByLabel("Why this answer").fill("postive");
    const alert = page.getByRole("alert");
    await alert.waitFor();
    expect(await alert.textContent()).toMatch(/postive.*positive/);
    expect(await page.locator(".result").count()).toBe(1);
    await page.getByLabel("Why this answer").fill("negative");
    await page.getByLabel("and not this one").fill("positive");
    await page.locator(".shown:not(.old) h2", { hasText: "negative" }).waitFor();
    expect(await alert.count()).toBe(0);
  });

  test("after one visit it works without a network, and on any host with threads", async () => {
    const plain = await host(built), offline = await (await browser.newContext()).newPage();
    await offline.goto(plain.url);
    await settled(offline);
    expect(await offline.evaluate(() => crossOriginIsolated)).toBe(false);
    await offline.evaluate(async () => {
      const { active } = await navigator.serviceWorker.ready;
      if (active!.state !== "activated") await new Promise((done) => active!.addEventListener("statechange", done));
    });
    const before = plain.asked.length;
    expect(plain.asked.filter((line) => /\/ort[.-]/.test(line))).toEqual([]); // the kernel runs the embedded model alone
    await plain.close();
    await offline.reload();
    await offline.locator(".editor textarea").fill("A clever film.");
    await settled(offline);
    expect(await offline.locator(".answers h2").textContent()).toContain("positive");
    expect(await offline.evaluate(() => crossOriginIsolated)).toBe(true);
    expect(plain.asked).toHaveLength(before);
    await offline.context().close();
  });

  test("a large model from the hub is weighed before it is loaded, and loaded on a yes", async () => {
    const files = ["config.json", "tokenizer.json", "tokenizer_config.json", "onnx/model.onnx"];
    const listed = files.map((path) => ({ type: "file", path, size: path.endsWith(".onnx") ? 548e6 : 1000 }));
    const mirrored = await host(
      new Map<string, Uint8Array | string>([
        ...built,
        ["index.html", String(built.get("index.html")).replace('https://huggingface.co"', 'mirror"')],
        ["mirror/api/models/org/ioi/tree/main", JSON.stringify(listed)],
        ...files.map((path) => [`mirror/org/ioi/resolve/main/${path}`, built.get(`models/ioi-lm/${path}`)!] as const),
      ]),
    );
    const visit = await (await browser.newContext({ locale: "en-US" })).newPage();
    await visit.goto(mirrored.url);
    await settled(visit);
    await visit.locator("summary", { hasText: "Model" }).first().click();
    await visit.locator("summary", { hasText: "Another model" }).click();
    await visit.getByLabel("Or a hub id").fill("org/ioi");
    await visit.getByRole("button", { name: "Load", exact: true }).click();
    const card = visit.locator(".heavy");
    await card.waitFor();
    expect(await card.textContent()).toMatch(/org\/ioi has 548 MB\. It will take about 1\.4 GB of memory/);
    expect(mirrored.asked.filter((line) => line.includes("resolve"))).toEqual([]);
    await card.getByRole("button", { name: "Load it" }).click();
    await visit.locator(".shown:not(.old) .take-along").waitFor();
    expect(await visit.locator(".answers").textContent()).toContain("org/ioi");
    await visit.context().close();
    await mirrored.close();
  });

  test("how the model is built is read when somebody wants to see it, with relevance by block", async () => {
    const visit = await (await browser.newContext({ locale: "en-US" })).newPage();
    await visit.goto(site.url);
    await settled(visit);
    await visit.locator(".how-built > summary").click();
    await visit.locator(".by-layer tbody").nth(5).waitFor();
    const rows = await visit.locator(".by-layer tbody tr:has(td)").evaluateAll((all) =>
      all.map((row) => [...row.querySelectorAll("th, td:not([aria-hidden])")].map(({ textContent }) => textContent!))
    );
    expect(rows.map(([name]) => name).slice(0, 2)).toEqual(["Feed-forward", "Attention"]);
    const cli = await openEngine({ offline: true, brief: true }),
      methods = [{ id: "lrp", options: { at: "sublayers" } }];
    const [expected] = await cli.explain({ input: { text: first.text }, methods }, {
      signal: new AbortController().signal,
    });
    await cli.close();
    const passages = passagesOf(expected as ExplanationOf<"layer-head-grid">).toReversed();
    expect(rows).toHaveLength(passages.length);
    for (const [i, [, ...told]] of rows.entries()) {
      const { arrives, through, past, kept } = passages[i]!,
        numbers = told.map((text) => Number(text.replace("−", "-")));
      [arrives, through, past!, kept!].forEach((value, k) => expect(numbers[k]).toBeCloseTo(value, 2));
    }
    const told = await visit.locator(".architecture").innerText();
    expect(told).toContain("12 heads × 32");
    expect(told).toContain("384 → 1,536 → 384");
    await visit.context().close();
  });

  test("nothing broke along the way, and the page's own policy forbade nothing that it does", () => {
    const probed = /404/; // whether there is a server is asked when the settings are opened
    expect(tab.errors.filter((error) => !probed.test(error))).toEqual([]);
  });

  test("the first JavaScript is small", () => {
    const bytes = firstScripts(built).reduce((sum, name) => sum + gzipSync(built.get(name)!).length, 0);
    expect(bytes).toBeGreaterThan(20_000);
    expect(bytes).toBeLessThan(80_000);
  });
});
