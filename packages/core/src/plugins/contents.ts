/**
 * A plugin's files, by path, in memory: what was fetched is judged before anything of it is kept. For every engine.
 *
 * @module
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { type HyalineError, pluginPath } from "../errors.ts";
import { containedPath } from "../onnx/external.ts";

/** Bytes by path (relative, `/` between folders). */
export type Files = ReadonlyMap<string, Uint8Array>;

/** A plugin is small: what is larger is a mistake, or meant to fill the disk. */
export const MOST = { files: 2000, bytes: 64 * 2 ** 20 } as const;

/** A path as it is kept. @throws PLUGIN_PATH where it leaves the folder */
export function pathWithin(path: string): string {
  try {
    return containedPath(path);
  } catch (error) {
    throw pluginPath(path, `would leave its folder (${(error as HyalineError).message})`);
  }
}

/** Holds a growing set of files to the limits. @throws PLUGIN_PATH */
export function counted(files: Map<string, Uint8Array>): (path: string, bytes: Uint8Array) => void {
  let total = 0;
  return (path, bytes) => {
    total += bytes.length;
    if (total > MOST.bytes) throw pluginPath(path, `makes it larger than ${MOST.bytes} bytes`);
    if (files.size >= MOST.files) throw pluginPath(path, `is one file more than the ${MOST.files} a plugin may have`);
    files.set(path, bytes);
  };
}

/** One SHA-256 for all files, in hex: that of their paths and own hashes, as `sha256sum` lists them in the order of their paths. */
export function digestOf(files: Files): string {
  const hex = (bytes: Uint8Array): string => bytesToHex(sha256(bytes));
  const lines = [...files].map(([path, bytes]) => [path, hex(bytes)] as const).sort(([a], [b]) => (a < b ? -1 : 1));
  return hex(new TextEncoder().encode(lines.map(([path, hash]) => `${hash}  ${path}\n`).join("")));
}
