/**
 * What the page costs, measured on the built page in Chromium: `deno task ui:measures`. Figures go to standard output as JSON.
 *
 * @module
 */
import { gzipSync } from "node:zlib";
import { chromium, type Page } from "playwright-core";
import { type Built, builtPage, executablePath, firstScripts, host, isolating } from "./src/testing/site.ts";

/** Collected in the page from its start. */
const observe = () => {
  const seen = { longest: 0, interaction: 0 };
  Object.assign(globalThis, { seen });
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) seen.longest = Math.max(seen.longest, duration);
  }).observe({ type: "longtask", buffered: true });
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) seen.interaction = Math.max(seen.interaction, duration);
  }).observe({ type: "event", durationThreshold: 16, buffered: true } as PerformanceObserverInit);
};
interface Seen {
  longest: number;
  interaction: number;
}
declare const seen: Seen;

const gz = (built: Built, names: readonly string[]): number =>
  names.reduce((sum, name) => sum + gzipSync(built.get(name)!).length, 0);
const named = (built: Built, pattern: RegExp): string[] => [...built.keys()].filter((name) => pattern.test(name));
const answered = (page: Page) => page.locator(".shown:not(.old) .take-along").waitFor({ timeout: 120_000 });

/** Milliseconds until the first explanation stands there whole. */
async function visit(page: Page, url: string): Promise<number> {
  await page.goto(url);
  await answered(page);
  return await page.evaluate(() => performance.now());
}

const built = await builtPage(), site = await host(built, isolating);
const browser = await chromium.launch({ executablePath: executablePath!, args: ["--no-sandbox"] });
const context = await browser.newContext({ locale: "en-US" });
await context.addInitScript(observe);
const page = await context.newPage();
const cold = await visit(page, site.url), first = await page.evaluate(() => seen.longest);
await page.evaluate(() => navigator.serviceWorker.ready.then(({ active }) => active?.state));
const warm = await visit(page, site.url);

// Typing while a model runs: integrated gradients has it busy for seconds.
await page.locator("summary", { hasText: "Methods" }).click();
await page.getByRole("checkbox", { name: "Integrated gradients" }).check();
await page.locator("progress").waitFor();
await page.evaluate(() => Object.assign(seen, { longest: 0, interaction: 0 }));
await page.locator(".editor textarea").focus();
await page.keyboard.type(" It keeps you thinking for days.", { delay: 60 });
await page.waitForTimeout(300);
const typing = await page.evaluate(() => seen);
await answered(page);
const memory = await page.evaluate(async () => {
  const measure = (performance as { measureUserAgentSpecificMemory?: () => Promise<{ bytes: number }> })
    .measureUserAgentSpecificMemory;
  return measure && (await measure.call(performance)).bytes;
});
await browser.close();
await site.close();
console.log(JSON.stringify(
  {
    "initial JavaScript, bytes gz": gz(built, firstScripts(built)),
    "style sheet, bytes gz": gz(built, named(built, /index-.*\.css$/)),
    "worker (the core), bytes gz": gz(built, named(built, /assets\/worker-.*\.js$/)),
    "first explanation cold, ms": Math.round(cold),
    "first explanation warm, ms": Math.round(warm),
    "longest task of the page, cold, ms": Math.round(first),
    "longest task while typing over a running model, ms": Math.round(typing.longest),
    "slowest key while a model runs, ms": Math.round(typing.interaction),
    "memory after it, bytes": memory,
  },
  undefined,
  2,
));
