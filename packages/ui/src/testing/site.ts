/**
 * The built page on a static host, for tests in a browser: files from memory, and a log of what was asked for.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "vite";

export { executablePath, isolating } from "../../../../test/browser.ts";

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  wasm: "application/wasm",
  json: "application/json",
  svg: "image/svg+xml",
  webmanifest: "application/manifest+json",
};

export type Built = ReadonlyMap<string, Uint8Array | string>;

/**
 * Builds the page as `deno task ui:build` does; the files stay in memory. A module of the page can stand beside it as `entry.js`, for
 * `blank.html`, which is empty.
 */
export async function builtPage(entry?: string): Promise<Built> {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const beside = {
    input: ["index.html", entry!],
    preserveEntrySignatures: "exports-only" as const,
    output: {
      entryFileNames: ({ facadeModuleId }: { facadeModuleId?: string | null }) =>
        facadeModuleId?.endsWith(entry!) ? "entry.js" : "assets/[name]-[hash].js",
    },
  };
  const { output } = await build({
    root,
    logLevel: "error",
    build: { write: false, ...(entry ? { rolldownOptions: beside } : {}) },
  }) as { output: { fileName: string; code?: string; source?: string | Uint8Array }[] };
  const copied = readdirSync(`${root}public`).map((name) => [name, readFileSync(`${root}public/${name}`)] as const);
  return new Map<string, Uint8Array | string>([
    ["blank.html", "<!doctype html><title>blank</title>"],
    ...copied,
    ...output.map((file) => [file.fileName, file.code ?? file.source!] as const),
  ]);
}

/** Scripts that the page loads before it shows anything: the entry and all it imports at once. */
export function firstScripts(built: Built): string[] {
  const [, entry] = /src="\.\/(assets\/[\w.-]+\.js)"/.exec(String(built.get("index.html"))) ?? [];
  const found = new Set<string>(),
    walk = (name: string): void => {
      if (found.has(name)) return;
      found.add(name);
      for (const [, path] of String(built.get(name)).matchAll(/(?:from|import)\s*"\.\/([\w.-]+\.js)"/g)) {
        walk(
          `assets/${path}`,
        );
      }
    };
  walk(entry!);
  return [...found];
}

export interface Site {
  readonly url: string;
  /** Every request so far: method and path. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

/** Serves the files below a folder, as project pages of static hosts do. */
export function host(files: Built, headers: Readonly<Record<string, string>> = {}): Promise<Site> {
  const asked: string[] = [], folder = "/hyaline/";
  const server = createServer(({ method, url = "/" }, response) => {
    asked.push(`${method} ${url}`);
    const { pathname } = new URL(url, "http://host"),
      name = pathname.slice(folder.length) || "index.html",
      body = pathname.startsWith(folder) ? files.get(name) : undefined;
    const type = TYPES[name.split(".").at(-1)!] ??
      (typeof body === "string" ? "application/json" : "application/octet-stream");
    response.writeHead(body === undefined ? 404 : 200, { "content-type": type, ...headers }).end(body);
  });
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () =>
      resolve({
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${folder}`,
        asked,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            server.closeAllConnections();
          }),
      }))
  );
}
