import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { besideBundle, bundled, executablePath, isolating } from "../../../../../test/browser.ts";
import { attend, sums } from "./fixtures/browser_entry.ts";

const pkg = new URL("../../../../../assembly/pkg/", import.meta.url);
const TYPES: Record<string, string> = { js: "text/javascript", wasm: "application/wasm", html: "text/html" };
const page = `<!doctype html><title>kernel</title><script type="importmap">{"imports":{
  "@hyaline/assembly": "/pkg/relevance.js", "@hyaline/assembly/team": "/pkg/relevance_team.js"}}</script>`;

describe.skipIf(!executablePath)("the kernel in a browser (skipped where no Chromium is installed)", () => {
  let browser: Browser, plain: Server, isolated: Server, code = "";

  /** Serves the page, the package as built, and the bundle; with the two headers that let pages share memory, or without. */
  const serve = (headers: Record<string, string>): Promise<Server> => {
    const server = createServer(({ url = "/" }, response) => {
      const name = url === "/" ? "index.html" : url.slice(url.lastIndexOf("/") + 1),
        type = TYPES[name.split(".").at(-1)!];
      const body = name === "index.html"
        ? page
        : name === "bundle.js"
        ? code
        : existsSync(new URL(name, pkg))
        ? readFileSync(new URL(name, pkg))
        : undefined;
      response.writeHead(body === undefined || !type ? 404 : 200, { "content-type": type ?? "text/plain", ...headers })
        .end(body);
    });
    return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
  };
  const at = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

  beforeAll(async () => {
    code = await bundled(new URL("fixtures/browser_entry.ts", import.meta.url), {
      format: "es",
      external: besideBundle,
    });
    [plain, isolated] = await Promise.all([
      serve({}),
      serve(isolating),
    ]);
    browser = await chromium.launch({ executablePath: executablePath!, args: ["--no-sandbox"] });
  });
  afterAll(async () => {
    await browser?.close();
    plain?.close();
    isolated?.close();
  });

  test.each(
    [["without cross-origin isolation, on one thread", false, 1], ["with it, on two threads", true, 2]] as const,
  )("runs %s", async (_, wanted, threads) => {
    const tab = await browser.newPage();
    await tab.goto(at(wanted ? isolated : plain));
    await tab.addScriptTag({
      type: "module",
      content: 'import { attend, sums } from "/bundle.js"; globalThis.attended = attend(2); globalThis.sums = sums;',
    });
    await tab.waitForFunction("globalThis.attended");
    const found = await tab.evaluate<Awaited<ReturnType<typeof attend>>>("globalThis.attended");
    expect(await tab.evaluate("globalThis.sums(2)")).toEqual(await sums(1));
    await tab.close();
    expect(found).toMatchObject({ shared: wanted, threads, foreign: 0, repeatable: true });
    const expected = (await attend(1)).values, size = Math.max(...expected.map(Math.abs));
    expect(Math.max(...expected.map((v, i) => Math.abs(v - found.values[i]!)))).toBeLessThan(1e-5 * size);
  });
});
