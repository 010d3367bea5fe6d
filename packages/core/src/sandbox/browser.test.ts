import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundled, executablePath } from "../../../../test/browser.ts";
import type { ask } from "./fixtures/page.ts";

describe.skipIf(!executablePath)("a plugin in a browser (skipped where no Chromium is installed)", () => {
  let browser: Browser, server: Server, page: Page, visits: string[] = [];
  const at = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  beforeAll(async () => {
    const files: Record<string, string> = {
      "/page.js": await bundled(new URL("fixtures/page.ts", import.meta.url), { format: "es" }),
      "/guest.js": await bundled(new URL("guest_worker.ts", import.meta.url), { format: "iife", name: "bundle" }),
    };
    server = createServer(({ url = "/" }, response) => {
      visits.push(url);
      const body = url === "/" ? "<!doctype html><title>host</title><body>" : files[url];
      response.writeHead(body === undefined ? 404 : 200, {
        "content-type": url.endsWith(".js") ? "text/javascript" : "text/html",
        "set-cookie": "session=secret",
        "access-control-allow-origin": "*",
      }).end(body);
    });
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    browser = await chromium.launch({ executablePath: executablePath!, args: ["--no-sandbox"] });
    page = await browser.newPage();
    await page.goto(at());
    await page.addScriptTag({
      type: "module",
      content: `import * as host from "/page.js"; globalThis.host = host; localStorage.setItem("key", "secret");`,
    });
    await page.waitForFunction("globalThis.host");
    await run("return 1;"); // the guest's source is fetched once
    visits = [];
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  const run = (body: string, { seconds = 2 } = {}) =>
    page.evaluate<Awaited<ReturnType<typeof ask>>>(
      `host.ask(${
        JSON.stringify(`export default { odd: async (evidence, options, context) => { ${body} } };`)
      }, ${seconds})`,
    );
  const tried = (...tries: string[]) =>
    run(`const got = []; for (const attempt of [${tries.map((code) => `async () => (${code})`).join(", ")}]) {
      try { got.push("GOT " + attempt + " " + String(await attempt())); } catch (error) { got.push(error.name); }
    } return got;`);

  test("gets its evidence as typed arrays, asks the model back, and is kept for the next call", async () => {
    const body =
      `const { values } = await context.predict([{ keep: [true, true, false] }, { keep: [false, false, false] }]);
      globalThis.runs = (globalThis.runs ?? 0) + 1;
      return { kind: evidence.embeddings.data.constructor.name, sum: evidence.embeddings.data.reduce((a, b) => a + b), asked: Array.from(values), runs };`;
    expect((await run(body)).result).toEqual({ kind: "Float32Array", sum: 21, asked: [2, 0], runs: 1 });
    const again = await run(body);
    expect(again.result).toMatchObject({ runs: 2 });
    expect(again.ms).toBeLessThan(200);
  });

  test("reaches neither network nor storage nor page, from a worker of its own neither", async () => {
    const fetches =
      `new Worker(URL.createObjectURL(new Blob(["fetch('${at()}from-worker').then(() => postMessage('GOT'), () => postMessage('no'))"])))`;
    const { result } = await tried(
      `(await fetch("${at()}x")).status`,
      `import("${at()}page.js")`,
      `new Promise((ok, no) => { const socket = new WebSocket("${
        at().replace("http", "ws")
      }"); socket.onopen = ok; socket.onerror = () => no(new Error()); })`,
      `new Promise((ok, no) => { const source = new EventSource("${at()}events"); source.onopen = ok; source.onerror = () => no(new Error()); })`,
      `new Promise((ok, no) => { const request = new XMLHttpRequest(); request.onload = ok; request.onerror = () => no(new Error()); request.open("GET", "${at()}xhr"); request.send(); })`,
      `localStorage.getItem("key")`,
      `document.cookie`,
      `parent.document.title`,
      `(await caches.open("x")).constructor.name`,
      `new Promise((ok, no) => { const request = indexedDB.open("x"); request.onsuccess = ok; request.onerror = () => no(request.error); })`,
      `navigator.storage.getDirectory()`,
      `new Promise((ok, no) => { const worker = ${fetches}; worker.onmessage = ({ data }) => (data === "GOT" ? ok : no)(new Error()); worker.onerror = () => no(new Error()); })`,
      `eval("1 + 1")`,
    );
    expect((result as string[]).filter((one) => one.startsWith("GOT"))).toEqual([]);
    expect(result).toHaveLength(13);
    expect(visits).toEqual([]);
  });

  test.each([
    ["works without end", "for (;;);", "PLUGIN_LIMIT", /time/],
    ["never answers", "await new Promise(() => {});", "PLUGIN_LIMIT", /time/],
    ["floods", `for (;;) context.log("x".repeat(1e5));`, "PLUGIN_LIMIT", /output/],
    ["gives a huge result", `return new Float64Array(1e7);`, "PLUGIN_LIMIT", /output/],
    ["throws", `throw new Error("boom");`, "PLUGIN_FAILED", /boom/],
    ["reaches for prototypes", `return JSON.parse('{"__proto__": {"polluted": 1}}');`, "BAD_FRAME", /__proto__/],
    ["posts what is no frame", `postMessage({ broken: 1 }); return Uint8Array.of(1);`, undefined, undefined],
  ])("that %s harms nobody", async (_, body, code, words) => {
    const { code: found, message } = await run(body);
    expect(found).toBe(code);
    if (words) expect(message).toMatch(words);
    expect(await page.title()).toBe("host");
    expect((await run("return 7;")).result).toBe(7);
  });

  test("that is no module says so", async () => {
    const found = await page.evaluate<Awaited<ReturnType<typeof ask>>>(`host.ask("this is no module")`);
    expect(found).toMatchObject({ code: "PLUGIN_FAILED" });
  });

  test("leaves no frame behind once it is ended", async () => {
    const before = await page.evaluate<number>("host.frames()");
    await run("while (true);", { seconds: 0.5 });
    expect(await page.evaluate<number>("host.frames()")).toBe(before);
  });
});
