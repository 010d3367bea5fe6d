import { createRequire } from "node:module";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { renderCsv, renderHtml, renderSvg, visible } from "@hyaline/core/render";
import type { Explanation } from "@hyaline/core/result";
import { golden, payloads, scored } from "../../core/src/render/testing.ts";
import { executablePath, type Site } from "../src/testing/site.ts";
import { serveGallery } from "./build.ts";
import type { Scene } from "./gallery.tsx";
import { type SceneName, scenes } from "./scenes.ts";

const axe = createRequire(import.meta.url)("axe-core") as { source: string };

describe.skipIf(!executablePath)("views in a browser (skipped where no Chromium is installed)", () => {
  let browser: Browser, gallery: Site, found: Readonly<Record<SceneName, Scene>>, page: Page, alarms: string[] = [];

  beforeAll(async () => {
    [gallery, found, browser] = await Promise.all([
      serveGallery(),
      scenes(),
      chromium.launch({ executablePath: executablePath!, args: ["--no-sandbox"] }),
    ]);
    page = await browser.newPage({ viewport: { width: 1100, height: 900 } });
    page.on("dialog", async (dialog) => {
      alarms.push(dialog.message());
      await dialog.dismiss();
    });
    page.on("pageerror", (error) => alarms.push(error.message));
    page.on("console", (message) => message.type() === "error" && alarms.push(message.text()));
    await page.goto(gallery.url);
    await page.evaluate(axe.source);
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await gallery?.close();
  });
  beforeEach(() => {
    alarms = [];
  });

  const show = (scene: Scene) => page.evaluate((scene) => globalThis.show(scene), scene as never);
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? "");
  const tabTo = async (selector: string) => {
    for (let i = 0; i < 80; i++) {
      await page.keyboard.press("Tab");
      if (await page.evaluate((selector) => document.activeElement?.matches(selector), selector)) return;
    }
    throw new Error(`Tab does not reach ${selector}`);
  };
  const objections = () =>
    page.evaluate(async () => {
      const { axe } = globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }> };
      };
      return (await axe.run()).violations.map(({ id, nodes }) =>
        `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`
      );
    });

  test.each([["light", "en"], ["light", "zh"], ["dark", "en"], ["dark", "zh"]] as const)(
    "axe finds nothing to object to in any view: %s, %s",
    async (theme, language) => {
      const types = golden().map((one) => [one.type, { explanations: [one], methods: [] }] as const);
      const objected: string[] = [];
      for (const [name, scene] of [...Object.entries(found), ...types]) {
        await show({ ...scene, theme, language });
        objected.push(...(await objections()).map((one) => `${name}: ${one}`));
      }
      expect({ objected, alarms }).toEqual({ objected: [], alarms: [] });
    },
  );

  test("the text shows the very numbers of its explanation, and a sign that needs no colour", async () => {
    const [explanation] = found.text.explanations as [Extract<Explanation, { type: "token-scores" }>];
    await show(found.text);
    const pieces = page.locator(".tokens .piece");
    expect(await pieces.count()).toBe(explanation.tokens.length);
    const told = () => pieces.evaluateAll((all) => all.map((piece) => piece.getAttribute("data-mark") ?? ""));
    const marks = await told();
    await page.getByLabel("Show all numbers").check();
    const numbers = (await told()).map((text) => Number(text.replace("−", "-")));
    explanation.data.values.forEach((value, i) => {
      expect(numbers[i]).toBeCloseTo(value, 3);
      if (marks[i]) expect(marks[i]).toBe(value > 0 ? "+" : "−");
    });
    expect(marks.filter(Boolean).length).toBeGreaterThan(3);
  });

  test("by keyboard alone: walk the text, read numbers, see pairs, and go back", async () => {
    await show(found.pairs);
    await tabTo(".tokens .piece");
    for (let i = 0; i < 4; i++) await page.keyboard.press("ArrowRight");
    expect(await focused()).toMatch(/^funny: \+\d/);
    expect(await page.locator(".tokens .readout").innerText()).toContain("speaks for “positive”");
    await page.keyboard.press("Enter");
    await page.locator(".paired").waitFor();
    const matrix = found.matrix.explanations[0]! as Extract<Explanation, { type: "token-matrix" }>;
    const row = matrix.data.values.slice(4 * matrix.tokens.length, 5 * matrix.tokens.length);
    const first = await page.locator(".paired li").first().innerText();
    expect(Number(first.split(/\s/).at(-1))).toBeCloseTo(Math.max(...row), 2);
    await page.keyboard.press("Escape");
    expect(await page.locator(".paired").count()).toBe(0);
  });

  test("by keyboard alone: choose a head, read a cell, zoom", async () => {
    await show(found.heads);
    const grid = found.heads.explanations[0]! as Extract<Explanation, { type: "layer-head-grid" }>;
    await tabTo(".multiples button");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    expect(await page.locator(".multiples [aria-pressed=true]").innerText()).toBe("Layer 2 · Head 1");
    await tabTo(".heatmap .frame");
    for (const key of ["ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight", "+"]) await page.keyboard.press(key);
    const told = await page.locator(".heatmap .readout").innerText(), size = grid.tokens.length;
    expect(told).toMatch(/^Mary → When: /);
    expect(Number(told.split(" ").at(-1))).toBeCloseTo(grid.data.values[5 * size * size + 2 * size + 1]!, 2);
  });

  test("by keyboard alone: follow a row through the steps, read a curve, choose what a model wrote", async () => {
    await show(found.walkthrough);
    await tabTo(".walkthrough button.piece");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    await tabTo(".steps button");
    for (let i = 0; i < 4; i++) await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    expect(await page.locator(".numbers caption").innerText()).toBe("Weights: softmax of each row");
    const row = (await page.locator(".numbers tr.on td").allInnerTexts()).map(Number);
    expect(row.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 2);

    await show(found.deletion);
    await tabTo(".curve svg");
    await page.keyboard.press("ArrowRight");
    expect(await page.locator(".curve .readout").innerText()).toMatch(/^Share of tokens taken away 0/);

    await show(found.generated);
    await tabTo(".said");
    await page.keyboard.press("End");
    await page.keyboard.press("Enter");
    expect(await page.locator("h2").nth(1).innerText()).toMatch(/^Why “Mary”\?/);
  });

  test("every stop of the keyboard has a name and can be seen", async () => {
    for (const [name, scene] of Object.entries(found)) {
      await show(scene);
      const stops = await page.locator(
        ".result :is(a[href], button, input, summary, select, [tabindex='0'])",
      ).evaluateAll((elements) =>
        elements.filter((element) =>
          (element as HTMLElement).tabIndex >= 0 && !element.hasAttribute("disabled") && element.checkVisibility()
        ).map(
          (element) => {
            (element as HTMLElement).focus({ focusVisible: true } as FocusOptions);
            const named = element.getAttribute("aria-label") || element.textContent ||
              (element as HTMLInputElement).labels?.[0]?.textContent;
            return { named: Boolean(named?.trim()), outlined: getComputedStyle(element).outlineStyle !== "none" };
          },
        )
      );
      expect(stops.length, name).toBeGreaterThan(name === "architecture" ? -1 : 0);
      expect(stops.filter(({ named, outlined }) => !named || !outlined), name).toEqual([]);
    }
  });

  test("in Chinese, everything said about an explanation is Chinese", async () => {
    for (const [name, scene] of Object.entries(found)) {
      await show({ ...scene, language: "zh" });
      expect(await page.evaluate(() => document.documentElement.lang)).toBe("zh-Hans");
      const told = await page.locator(
        ".trust :is(.verdict, li p, li b, h4, h5, h5 + p), .reading, .verdict, figcaption, caption, .steps button",
      ).allInnerTexts();
      expect(told.filter((text) => text.trim() && !/\p{sc=Han}/u.test(text)), name).toEqual([]);
    }
  });

  test("a narrow screen never scrolls sideways", async () => {
    await page.setViewportSize({ width: 390, height: 800 });
    for (const [name, scene] of Object.entries(found)) {
      await show(scene);
      expect(await page.evaluate(() => document.documentElement.scrollWidth), name).toBeLessThanOrEqual(390);
    }
    await page.setViewportSize({ width: 1100, height: 900 });
  });

  test("heads of 512 × 512 tokens are painted at once, and zoom and pan stay fluid", async () => {
    const figures = await page.evaluate(async () => {
      const length = 512, heads = 12, values = new Array<number>(heads * length * length);
      for (let i = 0; i < values.length; i++) values[i] = ((i * 2654435761) % 1000) / 1000;
      const tokens = Array.from({ length }, (_, id) => ({ text: `t${id}`, id, start: 0, end: 0, special: false }));
      const all = tokens.map(({ id }) => id);
      const explanation = {
        type: "layer-head-grid",
        signed: false,
        method: { id: "attention", options: {} },
        model: { id: "m", dtype: "fp32" },
        target: { kind: "class", index: 0, value: 0 },
        predictions: [],
        tokens,
        diagnostics: { checks: [], notes: [], passes: { forward: 1, backward: 0 } },
        timing: { total: 0, stages: {} },
        provenance: { runtime: "", provider: "" },
        data: {
          shape: [1, heads, length, length],
          axes: [{ name: "layer" }, { name: "head" }, { name: "from", tokens: all }, { name: "to", tokens: all }],
          values,
        },
      };
      const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
      const begun = performance.now();
      globalThis.show({ explanations: [explanation], methods: [] } as never);
      await frame();
      const shown = performance.now() - begun;
      const canvas = document.querySelector<HTMLCanvasElement>(".heatmap canvas")!,
        box = canvas.getBoundingClientRect();
      const at = {
        clientX: box.left + box.width / 2,
        clientY: box.top + box.height / 2,
        bubbles: true,
        cancelable: true,
      };
      const frames: number[] = [];
      for (let i = 0; i < 30; i++) {
        const before = performance.now();
        canvas.dispatchEvent(new WheelEvent("wheel", { ...at, deltaY: i < 15 ? -60 : 60, ctrlKey: true }));
        canvas.dispatchEvent(
          new PointerEvent("pointermove", { ...at, clientX: at.clientX + i, buttons: 1, movementX: 3 } as never),
        );
        await new Promise((resolve) => setTimeout(resolve));
        frames.push(performance.now() - before);
        await frame();
      }
      return { shown, frame: frames.sort((a, b) => a - b)[frames.length / 2]! };
    });
    console.log(
      `512 × 512 × 12: shown in ${figures.shown.toFixed(0)} ms; half of the steps of zoom and pan within ${
        figures.frame.toFixed(1)
      } ms`,
    );
    expect(figures.shown).toBeLessThan(2000);
    expect(figures.frame).toBeLessThan(100); // a busy machine's; 50 ms is what a person may wait
  });

  describe("foreign text", () => {
    /** Where text from outside comes in, and an explanation with a payload there. */
    const sinks: Record<string, (payload: string) => { explanation: Explanation; title?: string }> = {
      "token text": (payload) => {
        const explanation = scored("x y z", (i) => i - 1);
        explanation.tokens.forEach((token) => Object.assign(token, { text: payload, start: 0, end: 0 }));
        return { explanation };
      },
      "model name": (payload) => {
        const explanation = scored("x y z", (i) => i - 1);
        return { explanation: { ...explanation, model: { ...explanation.model, id: payload } } };
      },
      "label": (payload) => {
        const explanation = scored("x y z", (i) => i - 1), target = { ...explanation.target, label: payload };
        return {
          explanation: { ...explanation, target, predictions: [{ index: target.index, label: payload, value: 1 }] },
        };
      },
      "plugin title": (payload) => ({ explanation: scored("x y z", (i) => i - 1), title: payload }),
      "note": (payload) => {
        const explanation = scored("x y z", (i) => i - 1);
        const checks = [{ id: "x", title: payload, status: "measured" as const, summary: payload }];
        return {
          explanation: { ...explanation, diagnostics: { ...explanation.diagnostics, notes: [payload], checks } },
        };
      },
      "text": (payload) => {
        const explanation = scored("x y z", (i) => i - 1);
        return {
          explanation: {
            ...explanation,
            text: payload,
            tokens: explanation.tokens.map((token) => ({ ...token, start: 0, end: payload.length })),
          },
        };
      },
    };

    test.each(Object.keys(sinks))("as %s: none of 30 payloads runs, and each can be read", async (sink) => {
      expect(payloads).toHaveLength(30);
      const asked: string[] = [], note = (request: { url(): string }) => asked.push(request.url());
      page.on("request", note);
      const all = payloads.map((payload) => sinks[sink]!(payload));
      const methods = all.flatMap(({ title }, i) =>
        title === undefined ? [] : [{ id: `m${i}`, title, limits: title, references: [title] }]
      );
      const explanations = all.map(({ explanation }, i) => ({
        ...explanation,
        tokens: explanation.tokens.map((token) => ({ ...token, id: token.id + 10 * i })), // texts of their own
        ...(methods.length ? { method: { id: `m${i}`, options: {} } } : {}),
      }));
      await show({ explanations, methods });
      const text = await page.locator(".result").evaluate((element) => element.textContent!.replace(/\s+/g, " "));
      for (const payload of payloads) expect(text).toContain(visible(payload.trim()).replace(/\s+/g, " "));
      const foreign = ".result :is(script, iframe, object, embed, base, meta, link, math, img)";
      expect(await page.locator(foreign).count()).toBe(0);
      page.off("request", note);
      expect({ alarms, asked }).toEqual({ alarms: [], asked: [] });
      // The same in every form it can be taken along in.
      expect(await holdsNothing(renderHtml(explanations), "text/html", 2)).toEqual([]);
      expect(await holdsNothing(renderSvg(explanations), "image/svg+xml", 0)).toEqual([]);
      for (const cell of cellsOf(renderCsv(explanations))) {
        if (/^[=+\-@\t\r]/.test(cell)) expect(Number(cell), cell).not.toBeNaN();
      }
    });

    /** Cells as a spreadsheet reads them. */
    const cellsOf = (csv: string): string[] =>
      [...csv.matchAll(/("(?:[^"]|"")*"|[^,\r\n]*)(?:,|\r\n|$)/g)].map(([, cell = ""]) =>
        cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell
      );
    /** Elements and handlers of a document that could run, beyond the scripts it should have. */
    const holdsNothing = async (source: string, type: "text/html" | "image/svg+xml", scripts: number) => {
      const blank = await browser.newPage();
      const found = await blank.evaluate(({ source, type, scripts }) => {
        const parsed = new DOMParser().parseFromString(source, type), elements = [...parsed.querySelectorAll("*")];
        const wrong = elements.filter((element) =>
          /^(iframe|object|embed|base|math|img|foreignobject|parsererror)$/i.test(element.tagName) ||
          [...element.attributes].some(({ name, value }) => /^on/i.test(name) || /^\s*javascript:/i.test(value))
        );
        const more = elements.filter(({ tagName }) => /^script$/i.test(tagName)).slice(scripts);
        return [...wrong, ...more].map(({ outerHTML }) => outerHTML);
      }, { source, type, scripts });
      await blank.close();
      return found;
    };
  });
});
