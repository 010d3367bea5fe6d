/**
 * Files of the built page, from a folder.
 *
 * @module
 */
import { readFile, realpath, stat } from "node:fs/promises";
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

/** A file of the page. */
export interface PageFile {
  readonly type: string;
  /** Whether its name changes with what it holds. */
  readonly hashed: boolean;
  readonly etag: string;
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
}

/** A reader of one folder's files; a path that leads out of it, by dots or by links, finds nothing. */
export function folder(root: string): (path: string) => Promise<PageFile | undefined> {
  return async (path) => {
    const type = TYPES[extname(path)], name = decoded(path);
    if (!type || name === undefined) return undefined;
    const base = await realpath(root).catch(() => undefined),
      file = await realpath(join(root, name)).catch(() => undefined);
    if (!base || !file?.startsWith(base + sep)) return undefined;
    const { size, mtimeMs } = await stat(file);
    return {
      type,
      hashed: path.startsWith("/assets/"), // where the page's build puts what it names by a hash
      etag: `"${size.toString(36)}-${Math.round(mtimeMs).toString(36)}"`,
      bytes: async () => new Uint8Array(await readFile(file)),
    };
  };
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
