import type { Explanation } from "@hyaline/core/result";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { executablePath } from "../testing/site.ts";
import { drag, pressUntil, settled, takenAlong, type Visit, visit } from "../testing/visit.ts";

const home = fileURLToPath(new URL("../../../../models/ioi-lm", import.meta.url));
const text = "When Mary and John went to the store, John gave a drink to";

describe.skipIf(!executablePath)("a folder of this machine (skipped where no Chromium is installed)", () => {
  let tab: Visit, folder: string, expected: Explanation;
  beforeAll(async () => {
    [tab, folder] = await Promise.all([visit(), mkdtemp(join(tmpdir(), "hyaline-drop-"))]);
    await tab.page.locator(".choices select").first().selectOption("ioi-lm", { force: true });
    expected = await explained();
  });
  afterAll(async () => {
    await tab?.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    await tab.page.goto("about:blank");
    await tab.page.goto(tab.site.url);
    await settled(tab.page);
  });

  const model = (name: string) => tab.page.locator("summary b", { hasText: name }).first().waitFor();

  /** The text's explanation as the page hands it out. */
  async function explained(): Promise<Explanation> {
    const { page } = tab;
    await page.locator(".editor textarea").fill(text);
    await page.locator(".answers h2", { hasText: "Mary" }).waitFor();
    return (await takenAlong(page))[0]!;
  }

  /** The same file's numbers, and nothing sent or fetched for them. */
  async function explainsAlike(name: string, asked: number): Promise<void> {
    const found = await explained();
    expect(found.model).toEqual({ ...expected.model, id: name });
    expect(found.data).toEqual(expected.data);
    expect(tab.site.asked.slice(asked).filter((line) => !line.endsWith("sw.js"))).toEqual([]);
    expect(tab.errors).toEqual([]);
  }

  test("is a model once it is dropped on the page", async () => {
    const asked = tab.site.asked.length, drop = await drag(tab.page, [home]);
    expect(await tab.page.locator(".drop").textContent()).toContain("Drop");
    await drop();
    await model("ioi-lm");
    expect(await tab.page.locator(".drop").count()).toBe(0);
    expect(await tab.page.locator(".choices option", { hasText: "ioi-lm" }).count()).toBe(1);
    await explainsAlike("ioi-lm", asked);
  });

  test("takes the place of a model of its name, also of one that is at work", async () => {
    const namesake = join(folder, "sentiment-en");
    await cp(home, namesake, { recursive: true });
    const asked = tab.site.asked.length;
    await (await drag(tab.page, [namesake]))();
    await explainsAlike("sentiment-en", asked);
  });

  test("may lie deeper than what is dropped; hidden folders are left alone", async () => {
    const around = join(folder, "my things");
    await cp(home, join(around, "my model"), { recursive: true });
    await cp(home, join(around, ".hidden", "other"), { recursive: true });
    const asked = tab.site.asked.length;
    await (await drag(tab.page, [around]))();
    await model("my model");
    await explainsAlike("my model", asked);
  });

  test("may be dropped as its files", async () => {
    const asked = tab.site.asked.length, paths = ["config.json", "tokenizer.json", "tokenizer_config.json"];
    await (await drag(tab.page, [...paths, "onnx/model.onnx"].map((path) => join(home, path))))();
    await model("model");
    await explainsAlike("model", asked);
  });

  test("without a model in it is refused with what it holds, and the model before stays", async () => {
    const empty = join(folder, "no model");
    await mkdir(empty);
    await cp(join(home, "README.md"), join(empty, "README.md"));
    await (await drag(tab.page, [empty]))();
    expect(await tab.page.getByRole("alert").textContent()).toMatch(/no model.*onnx\/model\.onnx.*README\.md/);
    await model("sentiment-en");
    await tab.page.locator(".editor textarea").fill("A dull film.");
    await tab.page.locator(".answers h2", { hasText: "negative" }).waitFor();
    expect(await tab.page.getByRole("alert").count()).toBe(0);
  });

  test("that is dragged away again changes nothing", async () => {
    await drag(tab.page, [home]);
    await tab.page.locator(".drop").waitFor();
    await tab.page.evaluate(() => document.dispatchEvent(new DragEvent("dragleave", { relatedTarget: null })));
    expect(await tab.page.locator(".drop").count()).toBe(0);
    await model("sentiment-en");
  });

  test("is chosen with the keyboard alone", async () => {
    const { page } = tab, asked = tab.site.asked.length;
    await page.locator(".editor textarea").focus();
    await pressUntil(page, "Tab", "Model");
    await page.keyboard.press("Enter");
    await pressUntil(page, "Tab", "Another model");
    await page.keyboard.press("Enter");
    await pressUntil(page, "Tab", "A folder on this machine");
    const [picker] = await Promise.all([page.waitForEvent("filechooser"), page.keyboard.press("Enter")]);
    await picker.setFiles(home);
    await model("ioi-lm");
    expect(await page.evaluate(() => document.activeElement!.textContent)).toContain("A folder on this machine");
    await explainsAlike("ioi-lm", asked);
  });
});
