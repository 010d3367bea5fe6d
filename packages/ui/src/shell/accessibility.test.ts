import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { executablePath } from "../testing/site.ts";
import { drag, pressUntil, settled, type Visit, visit as open } from "../testing/visit.ts";

const plugin = fileURLToPath(new URL("../../../../examples/plugins/attention-entropy", import.meta.url));
const axe = createRequire(import.meta.url)("axe-core") as typeof import("axe-core");

describe.skipIf(!executablePath)("the page for everybody (skipped where no Chromium is installed)", () => {
  let tab: Visit;
  beforeAll(async () => {
    tab = await open();
  });
  afterAll(() => tab?.close());

  test.each([["light", "English"], ["light", "中文"], ["dark", "English"], ["dark", "中文"]] as const)(
    "has no barrier that axe knows of, wherever it is opened: %s, %s",
    async (colorScheme, language) => {
      const visit = await (await tab.browser.newContext({ locale: "en-US", colorScheme })).newPage(),
        found: string[] = [];
      const look = async (at: string): Promise<void> => {
        const { violations } = await visit.evaluate(() =>
          (globalThis as unknown as { axe: typeof axe }).axe.run(document, { resultTypes: ["violations"] })
        );
        found.push(
          ...violations.map(({ id, nodes }) =>
            `${at}: ${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`
          ),
        );
      };
      const choice = (n: number) => visit.locator(".choice > summary").nth(n);
      await visit.goto(tab.site.url);
      await settled(visit);
      await visit.evaluate(axe.source);
      if (language !== "English") await visit.getByRole("button", { name: language }).click();
      await look("the answer");
      for (const [n, name] of ["model", "methods", "question"].entries()) {
        await choice(n).click();
        for (const inner of await visit.locator(".choice[open] details:not([open]) > summary").all()) {
          await inner.click();
        }
        await look(name);
      }
      await choice(2).click();
      await visit.locator(".menu summary").last().click();
      await look("settings");
      await visit.keyboard.press("Escape");
      await visit.locator(".trust summary").first().click();
      await visit.locator(".how-built > summary").click();
      await visit.locator(".architecture").waitFor();
      await look("how the model is built");
      await visit.evaluate(() => scrollTo(0, 0));
      await (await drag(visit, [plugin]))();
      await visit.locator(".facts").waitFor();
      await look("a plugin that is offered");
      await visit.locator(".heavy button.main").click();
      await visit.locator("iframe").waitFor({ state: "attached" });
      await settled(visit);
      await choice(1).click();
      await visit.locator(".plugins summary").click();
      await look("a plugin that was added");
      await visit.locator(".what-if button").click();
      await visit.locator(".pieces button").nth(1).click();
      await visit.locator(".sides").waitFor();
      await settled(visit);
      await look("what if");
      await choice(2).click();
      await visit.locator(".choice[open] input").first().fill("postive");
      await visit.locator(".problem").waitFor();
      await look("a mistake");
      expect(found).toEqual([]);
      await visit.context().close();
    },
  );

  test("can be used with the keyboard alone", async () => {
    const { page } = tab;
    await page.locator(".editor textarea").focus();
    await page.keyboard.press("ControlOrMeta+A");
    await page.keyboard.type("A dull film.");
    await pressUntil(page, "Tab", "Methods");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement!.closest(".methods") !== null)).toBe(true);
    await pressUntil(page, "Shift+Tab", "Settings");
    await page.keyboard.press("Enter");
    expect(await page.locator("#theme").isVisible()).toBe(true);
    await page.keyboard.press("Escape");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Settings");
  });
});
