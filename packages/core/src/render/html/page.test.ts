import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { executablePath } from "../../../../../test/browser.ts";
import type { Explanation } from "../../result/mod.ts";
import { renderHtml, renderSvg } from "../mod.ts";
import { golden, payloads, sample, scored } from "../testing.ts";

/** A page opened from a file, as a reader would; everything it tries to load, and every sign of a script that should not run. */
interface Opened {
  readonly page: Page;
  readonly requests: string[];
  readonly alarms: string[];
}

describe.skipIf(!executablePath)("in a browser (skipped where no Chromium is installed)", { timeout: 180_000 }, () => {
  let browser: Browser, folder = "", count = 0;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath!, args: ["--no-sandbox"] });
    folder = await mkdtemp(join(tmpdir(), "hyaline-page-"));
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function open(
    content: string,
    { type = "html", colorScheme = "light" as "light" | "dark", locale = "en" } = {},
  ): Promise<Opened> {
    const path = join(folder, `${count++}.${type}`), requests: string[] = [], alarms: string[] = [];
    await writeFile(path, content);
    const page = await browser.newPage({ colorScheme, locale });
    page.on("request", (request) => requests.push(request.url()));
    page.on("dialog", async (dialog) => {
      alarms.push(dialog.message());
      await dialog.dismiss();
    });
    page.on("pageerror", (error) => alarms.push(error.message));
    page.on("console", (message) => message.type() === "error" && alarms.push(message.text()));
    await page.goto(pathToFileURL(path).href);
    return { page, requests: requests.slice(1), alarms };
  }

  test("a page of every result type loads nothing else and breaks none of its own rules", async () => {
    const { page, requests, alarms } = await open(renderHtml(golden()));
    expect({ requests, alarms }).toEqual({ requests: [], alarms: [] });
    const love = page.locator(".tokens .t", { hasText: "love" }).first();
    expect(await love.evaluate((element) => getComputedStyle(element).backgroundColor)).toBe("rgb(179, 88, 6)");
    await page.close();
  });

  test("arrow keys walk through the words, and each is read with its score", async () => {
    const { page } = await open(renderHtml([scored("good dull film", (i) => [1, -0.5, 0.1][i]!)]));
    const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim());
    await page.locator(".tokens .piece").first().focus();
    expect(await focused()).toBe("good +1.00");
    await page.keyboard.press("ArrowRight");
    expect(await focused()).toBe("dull −0.50");
    await page.keyboard.press("End");
    expect(await focused()).toBe("film +0.10");
    await page.keyboard.press("ArrowRight");
    expect(await focused()).toBe("film +0.10");
    await page.close();
  });

  test("choosing a layer and a head shows that head's numbers", async () => {
    const grid = golden().filter((e) => e.type === "layer-head-grid").find((e) => e.data.shape.length === 4)!;
    const { page, alarms } = await open(renderHtml([grid]));
    await page.locator("select").nth(0).selectOption("1");
    await page.locator("select").nth(1).selectOption("0");
    const shown = await page.locator("table.map td").allTextContents();
    const block = grid.data.values.slice(2 * 36, 3 * 36);
    expect(shown.map(Number)).toEqual(block.map((value) => Number(value.toFixed(2))));
    expect(alarms).toEqual([]);
    await page.close();
  });

  test.each([["light", "en"], ["dark", "zh"]] as const)(
    "axe finds nothing to object to: %s, %s",
    async (colorScheme, locale) => {
      const { page } = await open(
        renderHtml([...golden(), scored("a b c", () => 0.4, { id: "grad-cam", signed: false })], { locale }),
        { colorScheme },
      );
      const axe = createRequire(import.meta.url)("axe-core") as { source: string };
      await page.evaluate(axe.source);
      const found = await page.evaluate(() =>
        (globalThis as unknown as {
          axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
        }).axe.run()
      );
      expect(found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
      await page.close();
    },
  );

  test("no payload runs in a page or a drawing, and each can be read", async () => {
    const all: Explanation[] = payloads.map((payload, i) => {
      const explanation = scored("x y", (k) => k - 0.5);
      explanation.tokens.forEach((token) => Object.assign(token, { text: payload, start: 0, end: 0 }));
      explanation.text = payload + i;
      explanation.model.id = explanation.target.label = explanation.method.id = payload;
      explanation.diagnostics.notes = [payload];
      return explanation;
    });
    const html = await open(renderHtml(all)), svg = await open(renderSvg(all), { type: "svg" });
    expect([html.alarms, html.requests, svg.alarms, svg.requests]).toEqual([[], [], [], []]);
    const text = await html.page.locator("main").innerText();
    for (const payload of payloads.filter((p) => /^[\x20-\x7e]+$/.test(p))) {
      expect(text.replace(/\s+/g, " ")).toContain(payload.replace(/\s+/g, " ").trim());
    }
    await html.page.close();
    await svg.page.close();
  });

  test.each(["light", "dark"] as const)("drawings of every result type are well-formed XML: %s", async (theme) => {
    const { page } = await open("<!doctype html><title>x</title>");
    for (const explanation of [...golden(), sample("token-scores")]) {
      const wrong = await page.evaluate(
        (source) => new DOMParser().parseFromString(source, "image/svg+xml").querySelector("parsererror")?.textContent,
        renderSvg([explanation], { theme }),
      );
      expect(wrong).toBeUndefined();
    }
    await page.close();
  });
});
