/**
 * Takes the pictures in docs/screenshots: `deno run -A packages/ui/gallery/screenshots.ts [folder]`. Needs Chromium.
 *
 * @module
 */
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import process from "node:process";
import { chromium } from "playwright-core";
import { executablePath } from "../src/testing/site.ts";
import { serveGallery } from "./build.ts";
import { type SceneName, scenes } from "./scenes.ts";

const folder = process.argv[2] ?? fileURLToPath(new URL("../../../docs/screenshots/", import.meta.url));
const only = process.argv.slice(3);
await mkdir(folder, { recursive: true });
const [{ explained, methods }, gallery] = await Promise.all([scenes(), serveGallery()]);
const browser = await chromium.launch({ executablePath: executablePath!, args: ["--no-sandbox"] });
try {
  for (const width of [390, 1024, 1600]) {
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    page.on("pageerror", (error) => console.error(error));
    page.on("console", (message) => message.type() === "error" && console.error(message.text()));
    await page.goto(gallery.url);
    for (const name of Object.keys(explained) as SceneName[]) {
      if (only.length && !only.includes(name)) continue;
      const scene = { explanations: explained[name], methods, theme: width === 1600 ? "dark" : "light" } as const;
      await page.evaluate((scene) => globalThis.show(scene), scene as never);
      await page.waitForTimeout(150);
      await page.screenshot({ path: `${folder}/${name}-${width}.png`, fullPage: true });
    }
    await page.close();
  }
} finally {
  await browser.close();
  await gallery.close();
}
