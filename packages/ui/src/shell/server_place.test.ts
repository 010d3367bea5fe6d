import type { Explanation } from "@hyaline/core/result";
import { createApp, folder, listen, type Listening } from "@hyaline/server";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Engine } from "../../../cli/src/engine.ts";
import { openEngine } from "../../../cli/src/open.ts";
import { builtPage, executablePath } from "../testing/site.ts";
import { settled, takenAlong } from "../testing/visit.ts";

describe.skipIf(!executablePath)("the page on its server (skipped where no Chromium is installed)", () => {
  let engine: Engine, server: Listening, browser: Browser, page: Page, home: string;
  /** Of every explanation the server was asked for. */
  const signals: AbortSignal[] = [], accepted: (string | undefined)[] = [], errors: string[] = [];
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "hyaline-page-"));
    for (const [name, content] of await builtPage()) {
      await mkdir(dirname(join(home, name)), { recursive: true });
      await writeFile(join(home, name), content);
    }
    engine = await openEngine({ offline: true });
    const noted: Engine = {
      ...engine,
      explain(request, context) {
        signals.push(context.signal);
        return engine.explain(request, context);
      },
    };
    const models = [{ name: "sentiment-en", bytes: 1 }],
      app = createApp({ engine: noted, models, version: "0", page: folder(home) });
    server = await listen((request) => app.fetch(request), { port: 0, host: "127.0.0.1" });
    browser = await chromium.launch({ executablePath: executablePath!, args: ["--no-sandbox"] });
    page = await (await browser.newContext({ locale: "en-US" })).newPage();
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    page.on("request", (request) => {
      if (request.url().endsWith("/api/v1/explain")) accepted.push(request.headers()["accept"]);
    });
    await page.goto(`http://127.0.0.1:${server.port}/`);
    await settled(page);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await engine?.close();
    await rm(home, { recursive: true, force: true });
  });

  const method = (name: string) => page.getByRole("checkbox", { name, exact: true });
  const explained = () => takenAlong(page);

  test("the text stays in the tab until a person hands it to the server, which finds the same", async () => {
    const here = await explained();
    expect(signals).toEqual([]);
    await page.locator(".menu summary", { hasText: "Settings" }).click();
    await page.locator("#place option[value=server]").waitFor({ state: "attached" });
    await page.locator("#place").selectOption("server");
    await page.keyboard.press("Escape");
    const there = await explained();
    expect(signals).toHaveLength(1);
    expect(accepted).toEqual(["text/event-stream"]);
    const values = ([one]: Explanation[]) => (one!.data as { values: number[] }).values;
    values(there).forEach((value, i) => expect(value).toBeCloseTo(values(here)[i]!, 4));
  });

  test("methods show as they are done, with the passes of the one at work", async () => {
    await page.locator(".choice > summary", { hasText: "Methods" }).click();
    await method("Occlusion").check();
    await explained();
    await method("Shapley sampling").check();
    await page.locator(".options summary", { hasText: "Shapley sampling" }).click();
    await page.getByRole("spinbutton", { name: "budget" }).fill("3000");
    await page.locator(".shown.old").waitFor({ state: "detached" });
    await expect.poll(() => page.locator("article h3").count()).toBe(2); // two of three, the third is at work
    await page.locator(".state progress").waitFor();
    expect(await page.locator("[role=status]").first().textContent()).toMatch(/^Shapley sampling: \d+ of \d+/);
  });

  test("cancelled, the work on the server stops", async () => {
    const { length } = signals, last = signals.at(-1)!;
    expect(last.aborted).toBe(false);
    await page.getByRole("button", { name: "Cancel" }).click();
    await expect.poll(() => last.aborted).toBe(true);
    expect(await page.locator(".state progress").count()).toBe(0);
    await method("Shapley sampling").uncheck();
    expect(await explained()).toHaveLength(2);
    expect(signals).toHaveLength(length + 1);
    expect(errors).toEqual([]);
  });
});
