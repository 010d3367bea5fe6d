/**
 * Takes the pictures in docs/screenshots: `deno run -A packages/ui/gallery/screenshots.ts [folder] [view …]`. Needs Chromium.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { chromium, type Page } from "playwright-core";
import { executablePath } from "../src/testing/site.ts";
import { serveGallery } from "./build.ts";
import { type SceneName, scenes } from "./scenes.ts";

const docs = fileURLToPath(new URL("../../../docs/screenshots/", import.meta.url));
/** Longer pages are cut at their foot, in CSS pixels. */
const tallest = 2000;
const [folder = docs, ...only] = process.argv.slice(2);

/** What a person did before the picture was taken. */
const acts: Partial<Record<SceneName, (page: Page) => Promise<void>>> = {
  text: (page) => page.locator(".piece", { hasText: "funny" }).hover(),
  pairs: (page) => page.locator(".piece", { hasText: "funny" }).first().click(),
  walkthrough: async (page) => {
    await page.locator("button.piece", { hasText: "love" }).click();
    await page.locator(".steps button").nth(4).click();
  },
  generated: (page) => page.locator(".said").last().click(),
  deletion: (page) => page.locator(".curve svg[role]").hover({ position: { x: 190, y: 80 } }),
};

/** A picture as WebP, which the browser itself writes. */
async function webp(page: Page, png: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const base64 = await page.evaluate(async (source) => {
    const image = await createImageBitmap(await (await fetch(source)).blob());
    const canvas = new OffscreenCanvas(image.width, image.height);
    canvas.getContext("2d")!.drawImage(image, 0, 0);
    const bytes = await (await canvas.convertToBlob({ type: "image/webp", quality: 0.8 })).bytes();
    return bytes.toBase64();
  }, `data:image/png;base64,${png.toBase64()}`);
  return Uint8Array.fromBase64(base64);
}

await mkdir(folder, { recursive: true });
const [found, gallery] = await Promise.all([scenes(), serveGallery()]);
const browser = await chromium.launch({ executablePath: executablePath!, args: ["--no-sandbox"] });
try {
  const darkroom = await browser.newPage();
  for (const width of [390, 1024, 1600]) {
    const page = await browser.newPage({ viewport: { width, height: 700 } });
    page.on("pageerror", (error) => console.error(error));
    page.on("console", (message) => message.type() === "error" && console.error(message.text()));
    await page.goto(gallery.url);
    for (const [name, scene] of Object.entries(found)) {
      if (only.length && !only.includes(name)) continue;
      await page.evaluate(
        (scene) => globalThis.show(scene),
        { ...scene, theme: width === 1024 ? "dark" : "light" } as never,
      );
      await page.waitForTimeout(100);
      await acts[name as SceneName]?.(page);
      await page.waitForTimeout(100);
      const height = Math.min(tallest, await page.evaluate(() => document.documentElement.scrollHeight));
      const png = new Uint8Array(await page.screenshot({ fullPage: true, clip: { x: 0, y: 0, width, height } }));
      await writeFile(`${folder}/${name}-${width}.webp`, await webp(darkroom, png));
    }
    await page.close();
  }
} finally {
  await browser.close();
  await gallery.close();
}
