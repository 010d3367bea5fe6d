import type { Explanation } from "@hyaline/core/result";
import { readFile } from "node:fs/promises";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { builtPage, executablePath, host, isolating, type Site } from "../testing/site.ts";

describe.skipIf(!executablePath)("the page (skipped where no Chromium is installed)", () => {
  let browser: Browser, context: BrowserContext, site: Site, page: Page;
  const errors: string[] = [];
  beforeAll(async () => {
    site = await host(await builtPage(), isolating);
    browser = await chromium.launch({ executablePath: executablePath!, args: ["--no-sandbox"] });
    context = await browser.newContext({ locale: "en-US", permissions: ["clipboard-read", "clipboard-write"] });
    page = await context.newPage();
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    await page.goto(site.url);
    await settled();
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  /** The question on the page is answered whole: then it can be taken along. */
  const settled = (on = page) => on.locator(".shown:not(.old) .take-along").waitFor({ timeout: 50_000 });
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
    expect(errors).toEqual([]);
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

  test("a folder of this machine is a model; its files stay here", async () => {
    const home = new URL("../../../../models/ioi-lm/", import.meta.url);
    const paths = ["config.json", "tokenizer.json", "tokenizer_config.json", "onnx/model.onnx"];
    const files = await Promise.all(
      paths.map(async (path) => [path, (await readFile(new URL(path, home))).toString("base64")]),
    );
    const before = site.asked.length;
    await page.evaluate((files) => {
      const picker = document.querySelector<HTMLInputElement>("input[type=file]")!, chosen = new DataTransfer();
      for (const [path, content] of files as [string, string][]) {
        const file = new File([Uint8Array.from(atob(content), (c) => c.charCodeAt(0))], path.split("/").at(-1)!);
        Object.defineProperty(file, "webkitRelativePath", { value: `my model/${path}` });
        chosen.items.add(file);
      }
      Object.defineProperty(picker, "files", {
        value: [...chosen.files].map((file, i) =>
          Object.defineProperty(file, "webkitRelativePath", {
            value: `my model/${(files as [string, string][])[i]![0]}`,
          })
        ),
      });
      picker.dispatchEvent(new Event("change", { bubbles: true }));
    }, files);
    await page.locator("summary b", { hasText: "my model" }).waitFor();
    await text().fill("When Mary and John went to the store, John gave a drink to");
    await settled();
    expect(await verdict()).toContain("Mary");
    expect(site.asked.slice(before)).toEqual([]);
  });
});
