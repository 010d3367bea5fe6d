import { visible } from "@hyaline/core/render";
import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { payloads } from "../../../core/src/render/testing.ts";
import { linkOf } from "../state/permalink.ts";
import { first } from "../state/question.ts";
import { executablePath } from "../testing/site.ts";
import { type Visit, visit } from "../testing/visit.ts";

/** As a sentence shows it. */
const told = (payload: string): string => visible(payload.trim()).replace(/\s+/g, " ");

describe.skipIf(!executablePath)("foreign text on the page (skipped where no Chromium is installed)", () => {
  let tab: Visit, page: Page;
  beforeAll(async () => {
    tab = await visit();
    page = tab.page;
    expect(payloads).toHaveLength(30);
  });
  afterAll(() => tab?.close());

  /** Nothing ran, was added to the document, or was asked for elsewhere. */
  async function nothingRan(): Promise<void> {
    const foreign = "body :is(script:not([type=module]), iframe, object, embed, base, meta, math, img)";
    expect(await page.locator(foreign).count()).toBe(0);
    expect(tab.errors).toEqual([]);
  }
  /** Until a message or a name reads so. */
  const reads = (selector: string, text: string) =>
    page.waitForFunction(
      ({ selector, text }) =>
        [...document.querySelectorAll(selector)].some((one) => one.textContent!.replace(/\s+/g, " ").includes(text)),
      { selector, text },
    );

  /** Chooses files under paths that may hold anything: a disk would refuse some of the names. */
  const choose = (files: Readonly<Record<string, unknown>>) =>
    page.evaluate((files) => {
      const picker = document.querySelector<HTMLInputElement>("input[type=file][webkitdirectory]")!;
      const value = Object.entries(files).map(([path, content]) =>
        Object.defineProperty(new File([JSON.stringify(content)], path.split("/").at(-1)!), "webkitRelativePath", {
          value: path,
        })
      );
      Object.defineProperty(picker, "files", { value, configurable: true });
      picker.dispatchEvent(new Event("change", { bubbles: true }));
    }, files);

  test("in a link, and as a label: none of 30 payloads runs, and each can be read", async () => {
    const link = (payload: string) => linkOf({ ...first, text: `A ${payload} film.`, target: payload });
    for (const payload of payloads) {
      await page.evaluate((link) => (location.hash = link), await link(payload));
      const written = payload.replace(/\r\n/g, "\n");
      await page.waitForFunction(
        (text) => document.querySelector<HTMLTextAreaElement>(".editor textarea")!.value === text,
        `A ${written} film.`,
      );
      await reads(".problem", told(payload).slice(0, 40));
    }
    await nothingRan();
  });

  test("as a folder's name: none of 30 payloads runs, and each can be read", async () => {
    for (const payload of payloads) {
      await choose({ [`${payload}/config.json`]: {}, [`${payload}/onnx/model.onnx`]: {} });
      const name = told(payload.split("/").at(-1)!); // what a folder within folders is called
      await reads(".choice summary b", name);
      await reads(".choice option", name);
      await reads(".problem", "model");
    }
    await nothingRan();
  });

  test("as a file's name: none of 30 payloads runs, and each can be read", async () => {
    for (const payload of payloads) {
      await choose({ "stuff/config.json": {}, [`stuff/${payload}`]: {} });
      await reads(".problem", told(payload).slice(0, 40));
    }
    await nothingRan();
  });

  test("as what a plugin says of itself: none of 30 payloads runs, and each can be read", async () => {
    const manifest = JSON.parse(
      await readFile(new URL("../../../../examples/plugins/attention-entropy/explainer.json", import.meta.url), "utf8"),
    );
    for (const payload of payloads) {
      const [explainer] = manifest.explainers, title = `${payload}!`;
      await choose({
        [`${payload}/explainer.json`]: {
          ...manifest,
          title,
          license: payload,
          explainers: [{ ...explainer, title }],
        },
        [`${payload}/mod.js`]: "",
      });
      await reads(".heavy b", told(title));
      await reads(".heavy dd", told(title));
      await reads(".heavy p", told(`${manifest.version}, ${payload}`));
    }
    await page.getByRole("button", { name: "No" }).click();
    await nothingRan();
  });

  test("as a model's name: none of 30 payloads runs, and each can be read", async () => {
    for (const payload of payloads) {
      await page.evaluate(
        (link) => (location.hash = link),
        await linkOf({ ...first, model: `${payload}!` }),
      );
      await reads(".choice summary b", told(`${payload}!`));
      await reads(".problem", told(`${payload}!`).slice(0, 40));
    }
    await nothingRan();
  });
});
