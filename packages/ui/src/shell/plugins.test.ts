import type { Explanation } from "@hyaline/core/result";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { executablePath } from "../testing/site.ts";
import { drag, pick, pressUntil, settled, takenAlong, type Visit, visit } from "../testing/visit.ts";

const examples = fileURLToPath(new URL("../../../../examples/plugins", import.meta.url));

describe.skipIf(!executablePath)("plugins on the page (skipped where no Chromium is installed)", () => {
  let tab: Visit, page: Page, folder: string, plugin: string, archive: string;
  beforeAll(async () => {
    [tab, folder] = await Promise.all([visit(), mkdtemp(join(tmpdir(), "hyaline-plugin-"))]);
    page = tab.page;
    plugin = join(folder, "attention-entropy");
    archive = join(folder, "entropy-0.1.0.tgz");
    await cp(join(examples, "attention-entropy"), plugin, { recursive: true });
    await promisify(execFile)("tar", [
      "czf",
      archive,
      "-C",
      folder,
      "--transform",
      "s,^attention-entropy,package,",
      "attention-entropy",
    ]);
  });
  afterAll(async () => {
    await tab?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const offer = () => page.getByRole("region", { name: "Add this plugin?" });
  const added = () => page.locator(".plugins li");
  const box = () => page.getByRole("checkbox", { name: "Attention entropy" });
  const methods = () => page.locator(".choice > summary", { hasText: "Methods" }).click();
  async function again(): Promise<void> {
    await page.goto("about:blank");
    await page.goto(tab.site.url);
    await settled(page);
    await methods();
  }
  /** What the plugin found, as the page hands it out. */
  async function found(): Promise<Explanation> {
    await page.locator("article h3", { hasText: "Attention entropy" }).waitFor();
    return (await takenAlong(page)).at(-1)!;
  }
  /** The digest as `sha256sum` would make it. */
  async function digest(): Promise<string> {
    const hex = (content: Uint8Array | string): string => createHash("sha256").update(content).digest("hex");
    const lines = (await readdir(plugin)).sort().map(async (name) =>
      `${hex(await readFile(join(plugin, name)))}  ${name}\n`
    );
    return hex((await Promise.all(lines)).join(""));
  }
  const addFolder = async () => {
    await pick(page, "Add a plugin's folder", plugin);
    await offer().getByRole("button", { name: "Add it" }).click();
    await added().waitFor();
  };

  test("a plugin is shown before it is added, and a no leaves nothing behind", async () => {
    await methods();
    await pick(page, "Add a plugin's folder", plugin);
    const told = await offer().innerText();
    expect(told).toMatch(/Attention entropy[^]*Sees\s+your text, attentions[^]*Network, files\s+none/);
    expect(told).toContain(await digest());
    await page.waitForFunction(() => document.activeElement!.getAttribute("aria-label") === "Add this plugin?");
    await offer().getByRole("button", { name: "No" }).click();
    expect(await offer().count() + await added().count() + await box().count()).toBe(0);
    await again();
    expect(await added().count()).toBe(0);
  });

  test("on a yes it adds its method, and runs locked in a frame", async () => {
    await addFolder();
    expect(await found()).toMatchObject({ explainer: { id: "attention-entropy" }, type: "layer-head-grid" });
    expect(await page.locator("iframe").getAttribute("sandbox")).toBe("allow-scripts");
    const { data } = await found();
    expect("values" in data && data.values.every((value) => value >= 0 && value <= 1)).toBe(true);
  });

  test("it is there on the next visit, in the same frame, with the digest that was agreed to", async () => {
    const before = await found();
    await again();
    await added().locator("summary").click();
    expect(await added().innerText()).toContain(await digest());
    expect(await page.locator("iframe").count()).toBe(0); // no code of it runs before it is asked
    await box().check();
    expect((await found()).data).toEqual(before.data);
    expect(await page.locator("iframe").getAttribute("sandbox")).toBe("allow-scripts");
  });

  test("removed, by the keyboard alone, it takes its method along and does not come back", async () => {
    await page.locator(".editor textarea").focus();
    await pressUntil(page, "Tab", "Remove: Attention entropy");
    await page.keyboard.press("Enter");
    await added().waitFor({ state: "detached" });
    await settled(page);
    expect(await box().count()).toBe(0);
    expect(await page.locator("article h3").allTextContents()).toEqual([
      expect.stringContaining("relevance propagation"),
    ]);
    await again();
    expect(await added().count() + await box().count()).toBe(0);
  });

  test("an archive, dropped or chosen, is the same plugin", async () => {
    await (await drag(page, [archive]))();
    expect(await offer().innerText()).toMatch(/From\s+entropy-0\.1\.0\.tgz, 4 files/);
    expect(await offer().innerText()).toContain(await digest());
    await offer().getByRole("button", { name: "No" }).click();
    await pick(page, "or its archive", archive);
    await offer().getByRole("button", { name: "Add it" }).click();
    await added().waitFor();
    expect((await found()).explainer.id).toBe("attention-entropy");
  });

  test("files that are not what was agreed to are listed and do not run", async () => {
    await page.evaluate(() =>
      new Promise((done, fail) => {
        const opening = indexedDB.open("hyaline");
        opening.onsuccess = () => {
          const shelf = opening.result.transaction("plugins", "readwrite").objectStore("plugins");
          shelf.get("attention-entropy").onsuccess = ({ target }) => {
            const { result } = target as IDBRequest;
            result.files.set("mod.js", new TextEncoder().encode("export default {}"));
            shelf.put(result).onsuccess = done;
          };
        };
        opening.onerror = fail;
      })
    );
    await again();
    await added().locator("summary").click();
    expect(await added().innerText()).toContain("are not the ones that were agreed to");
    expect(await box().count()).toBe(0);
    await added().getByRole("button").click();
    await added().waitFor({ state: "detached" });
  });

  test("what cannot run in a browser, is no plugin, or claims a name that is taken is refused", async () => {
    const refused = (why: string) =>
      page.waitForFunction((why) => document.querySelector("[role=alert]")?.textContent?.includes(why), why);
    await pick(page, "Add a plugin's folder", join(examples, "word-pairs"));
    await refused("is not JavaScript");
    const bogus = join(folder, "bogus.tgz");
    await writeFile(bogus, "no archive at all");
    await pick(page, "or its archive", bogus);
    await refused("it is no archive");
    const taken = join(folder, "taken"), manifest = join(taken, "explainer.json");
    await cp(plugin, taken, { recursive: true });
    await writeFile(manifest, (await readFile(manifest, "utf8")).replaceAll('"attention-entropy"', '"lrp"'));
    await pick(page, "Add a plugin's folder", taken);
    await refused('two plugins "lrp"');
    expect(await added().count() + await offer().count()).toBe(0);
  });

  test("nothing broke along the way", () => {
    expect(tab.errors).toEqual([]);
  });
});
