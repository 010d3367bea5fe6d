/**
 * The built page open in a browser, and what a person does on it that takes more than a click.
 *
 * @module
 */
import type { Explanation } from "@hyaline/core/result";
import { readFile } from "node:fs/promises";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { POLICY } from "../../../server/src/page.ts";
import { type Built, builtPage, executablePath, host, isolating, type Site } from "./site.ts";

export interface Visit {
  readonly built: Built;
  readonly site: Site;
  readonly browser: Browser;
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the page threw, or wrote to the console as an error. */
  readonly errors: string[];
  close(): Promise<void>;
}

/** Builds the page, serves it with the headers of `hyaline serve`, and opens it. @param flags for Chromium */
export async function visit({ flags = [] }: { flags?: readonly string[] } = {}): Promise<Visit> {
  const built = await builtPage(),
    site = await host(built, { ...isolating, "content-security-policy": POLICY }),
    browser = await chromium.launch({ executablePath: executablePath!, args: ["--no-sandbox", ...flags] }),
    context = await browser.newContext({ locale: "en-US", permissions: ["clipboard-read", "clipboard-write"] }),
    page = await context.newPage(),
    errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("dialog", (dialog) => {
    errors.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("filechooser", () => {}); // pickers are taken over from the start, not after the key that opens one
  await page.goto(site.url);
  await settled(page);
  return {
    built,
    site,
    browser,
    context,
    page,
    errors,
    async close() {
      await browser.close();
      await site.close();
    },
  };
}

/** The question on the page is answered whole: then it can be taken along. */
export const settled = (page: Page): Promise<void> =>
  page.locator(".shown:not(.old) .take-along").waitFor({ timeout: 50_000 });

/** What is on the page once it is answered whole, as the page hands it out. */
export async function takenAlong(page: Page): Promise<Explanation[]> {
  await settled(page);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "JSON", exact: true }).click(),
  ]);
  return JSON.parse(await readFile(await download.path(), "utf8"));
}

/** Presses a key until the focus is on something of this text. */
export async function pressUntil(page: Page, key: string, text: string): Promise<void> {
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press(key);
    if ((await page.evaluate(() => document.activeElement?.textContent ?? "")).includes(text)) return;
  }
  throw new Error(`No ${key} leads to ${text}`);
}

/** Drags files and folders of this machine over the middle of the page, as a file manager would, and returns how to drop them. */
export async function drag(page: Page, files: readonly string[]): Promise<() => Promise<void>> {
  const session = await page.context().newCDPSession(page), { width, height } = page.viewportSize()!;
  const data = { items: [], files: [...files], dragOperationsMask: 1 };
  const send = async (type: "dragEnter" | "dragOver" | "drop"): Promise<void> => {
    await session.send("Input.dispatchDragEvent", { type, x: width / 2, y: height / 2, data });
    await page.waitForTimeout(100); // what the page answers decides whether the next one arrives
  };
  await send("dragEnter");
  await send("dragOver");
  await send("dragOver");
  return () => send("drop");
}

/** Chooses files or a folder in the picker that a button opens. */
export async function pick(page: Page, button: string, paths: string | readonly string[]): Promise<void> {
  const [picker] = await Promise.all([
    page.waitForEvent("filechooser"),
    page.getByRole("button", { name: button }).click(),
  ]);
  await picker.setFiles(paths as string | string[]);
}
