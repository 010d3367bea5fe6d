/**
 * Files of the built page, from a folder.
 *
 * @module
 */
import { readFile, realpath } from "node:fs/promises";
import { extname, join, sep } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".onnx": "application/octet-stream",
  ".md": "text/markdown; charset=utf-8",
};

/** A reader of one folder's files; a path that leads out of it, by dots or by links, finds nothing. */
export function folder(root: string) {
  return async (
    path: string,
  ): Promise<{ bytes: Uint8Array<ArrayBuffer>; type: string; hashed: boolean } | undefined> => {
    const type = TYPES[extname(path)];
    if (!type) return undefined;
    const base = await realpath(root).catch(() => undefined),
      file = await realpath(join(root, decodeURIComponent(path))).catch(() => undefined);
    if (!base || !file?.startsWith(base + sep)) return undefined;
    return { bytes: new Uint8Array(await readFile(file)), type, hashed: /-[\w-]{8,}\.\w+$/.test(path) };
  };
}
