/**
 * The page on the graphics card: forward and backward pass on WebGPU, on whatever adapter Chromium has (its own software one where
 * there is no card).
 */
import type { Explanation } from "@hyaline/core/result";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { executablePath } from "../testing/site.ts";
import { takenAlong, type Visit, visit } from "../testing/visit.ts";

const flags = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan"];
/** Software takes its time to compile as many shaders as a model has operators. */
const SLOW = 200_000;
const texts = {
  "ioi-lm": "When Mary and John went to the store, John gave a drink to",
  "sentiment-en": "A moving, funny film.",
};

describe.skipIf(!executablePath)("the page on WebGPU (skipped where no Chromium is installed)", () => {
  let tab: Visit, adapter: string | undefined;
  beforeAll(async () => {
    tab = await visit({ flags });
    adapter = await tab.page.evaluate(async () => (await navigator.gpu?.requestAdapter())?.info.vendor);
  });
  afterAll(() => tab?.close());

  async function explained(model: string, place: string): Promise<Explanation> {
    const { page } = tab;
    await page.locator(".menu summary", { hasText: "Settings" }).click();
    await page.locator("#place").selectOption(place);
    await page.keyboard.press("Escape");
    await page.locator(".choices select").first().selectOption(model, { force: true });
    await page.locator(".editor textarea").fill(texts[model as keyof typeof texts]);
    await page.waitForFunction(() => document.querySelector(".shown.old, .state button"));
    await page.locator(".shown:not(.old) .take-along, .problem").first().waitFor({ timeout: SLOW });
    expect(await page.locator(".problem").allTextContents()).toEqual([]);
    return (await takenAlong(page))[0]!;
  }
  const valuesOf = ({ data }: Explanation): readonly number[] => ("values" in data ? data.values : []);

  test.for(Object.keys(texts))("%s: gives the processor's numbers", { timeout: 2 * SLOW }, async (model, { skip }) => {
    if (adapter === undefined) skip("this Chromium offers no WebGPU adapter, not even its own software one");
    const wasm = await explained(model, "processor"), webgpu = await explained(model, "graphics");
    expect(wasm.provenance).toMatchObject({ provider: "wasm", executor: "kernel" });
    expect(webgpu.provenance).toMatchObject({ provider: "webgpu", executor: "ort" });
    expect(webgpu.target.label).toBe(wasm.target.label);
    expect(Math.abs(webgpu.target.value / wasm.target.value - 1)).toBeLessThan(1e-4);
    const scale = Math.max(...valuesOf(wasm).map(Math.abs));
    valuesOf(webgpu).forEach((value, i) => expect(Math.abs(value - valuesOf(wasm)[i]!) / scale).toBeLessThan(1e-4));
    expect(webgpu.diagnostics.ledger?.closed).toBe(true);
  });
});
