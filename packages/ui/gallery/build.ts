/**
 * The gallery as files in memory, for whoever opens it in a browser.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { host, type Site } from "../src/testing/site.ts";
import { browsers } from "../vite.config.ts";

/** Builds the gallery and serves it on a free port of this machine; close it when done. */
export async function serveGallery(): Promise<Site> {
  const { output } = await build({
    configFile: false,
    root: fileURLToPath(new URL("./", import.meta.url)),
    base: "./",
    logLevel: "silent",
    oxc: { jsx: { runtime: "automatic", importSource: "preact", development: false } },
    build: { write: false, target: browsers, modulePreload: false },
  }) as { output: { fileName: string; code?: string; source?: string | Uint8Array }[] };
  return await host(new Map(output.map((file) => [file.fileName, file.code ?? file.source!])));
}
