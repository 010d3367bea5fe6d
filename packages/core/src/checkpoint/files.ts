/**
 * A checkpoint's files, wherever they are kept: a directory, a hub, memory.
 *
 * @module
 */
import { sha256 as hashed } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { fileMissing } from "../errors.ts";
import type { Backing } from "../onnx/backing.ts";

/** Files of one checkpoint, by path relative to its root (`onnx/model.onnx`). */
export interface Files {
  /** What results call the checkpoint: a hub id, or a directory's name. */
  readonly id: string;
  /** Paths known to exist; `undefined` where the source cannot list. */
  list(): Promise<readonly string[] | undefined>;
  /**
   * Reads a file; `undefined` where there is none.
   *
   * @param options.contained refuse links that may lead elsewhere: for paths that a model file named
   */
  read(path: string, options?: { contained?: boolean }): Promise<Uint8Array | undefined>;
  /** A file that can be read stretch by stretch, where the source has such and it is there already. */
  backing?(path: string): Promise<Backing | undefined>;
}

/**
 * Files at hand.
 *
 * @example
 * ```ts
 * import { filesFromBytes } from "@hyaline/core";
 * const files = filesFromBytes("mine", new Map([["config.json", new Uint8Array([123, 125])]]));
 * console.assert((await files.list())?.[0] === "config.json");
 * ```
 */
export const filesFromBytes = (id: string, files: ReadonlyMap<string, Uint8Array>): Files => ({
  id,
  list: () => Promise.resolve([...files.keys()]),
  read: (path) => Promise.resolve(files.get(path)),
});

/** A file that must be there. @throws FILE_MISSING with what is there instead */
export async function needed(files: Files, path: string): Promise<Uint8Array> {
  const bytes = await files.read(path);
  if (!bytes) throw fileMissing(files.id, path, await files.list());
  return bytes;
}

/** SHA-256 as 64 hexadecimal digits. A page that came over plain HTTP has no `crypto.subtle`. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  if (!globalThis.crypto?.subtle) return bytesToHex(hashed(bytes));
  return bytesToHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>)));
}
