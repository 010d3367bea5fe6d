import { readFileSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundled, executablePath } from "../../../../test/browser.ts";
import { dense } from "../onnx/sample.ts";
import { HubServer } from "./fixtures/hub_server.ts";
import { Tokenizer } from "./tokenizer.ts";

const golden: { texts: string[]; cases: Record<string, { tokenizer: Record<string, unknown> }> } = JSON.parse(
  readFileSync(new URL("fixtures/tokenizers.json", import.meta.url), "utf8"),
);
const tokenizerJson = golden.cases["byte-level BPE"]!.tokenizer;

type Loaded = typeof import("./fixtures/browser_entry.ts");

describe.skipIf(!executablePath)("in a browser (skipped where no Chromium is installed)", () => {
  let browser: Browser, page: Page, server: HubServer;
  beforeAll(async () => {
    const code = await bundled(new URL("fixtures/browser_entry.ts", import.meta.url), {
      format: "iife",
      name: "hyaline",
    });
    const files = new Map<string, Uint8Array>([
      ["index.html", new TextEncoder().encode("<!doctype html><title>test</title>")],
      ["onnx/model.onnx", dense()],
      ["tokenizer.json", new TextEncoder().encode(JSON.stringify(tokenizerJson))],
    ]);
    server = await new HubServer(files).start();
    browser = await chromium.launch({ executablePath: executablePath!, args: ["--no-sandbox"] });
    page = await browser.newPage();
    await page.goto(`${server.host}/org/name/resolve/main/index.html`);
    await page.addScriptTag({ content: code });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  /** Opens the checkpoint in the page and tokenises there. */
  const open = (offline: boolean) =>
    page.evaluate(async ({ host, texts, offline }) => {
      const { readCheckpoint, Hub, filesFromHub, browserStore } =
        (globalThis as unknown as { hyaline: Loaded }).hyaline;
      const files = filesFromHub("org/name", { hub: new Hub({ host }), store: browserStore(), offline });
      const checkpoint = await readCheckpoint(files), tokenizer = checkpoint.tokenizer();
      return { sha256: checkpoint.sha256, tokens: texts.map((text) => tokenizer.encode(text).tokens) };
    }, { host: server.host, texts: golden.texts, offline });

  test("a page opens a checkpoint, keeps it, and opens it again without the network", async () => {
    const first = await open(false), requests = server.log.length;
    expect(await open(true)).toEqual(first);
    expect(server.log.length).toBe(requests);
    const here = new Tokenizer(tokenizerJson);
    expect(first.tokens).toEqual(golden.texts.map((text) => here.encode(text).tokens));
  });
});
