/**
 * External data on a disk (Node and Deno).
 *
 * Four layers, as in the ONNX reader: canonical containment, no symbolic link on the way, a plain file, no second name
 * for it (a hard link may be a file from elsewhere). The file is judged through its open descriptor, so that what was
 * judged is what is read.
 *
 * @module
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { open, stat } from "node:fs/promises";
import { basename, join, sep } from "node:path";
import { externalMissing, externalPath, modelChanged, modelTooLarge } from "../errors.ts";
import type { ExternalSlice } from "../graph/graph.ts";
import type { Backing } from "./backing.ts";
import { checkSlice, containedPath, type ExternalData } from "./external.ts";

/**
 * Reads external data below a directory; slices are read when asked for and nothing is kept.
 *
 * @param directory the directory of the `.onnx` file
 * @param options.hardLinks accept files with several names (a package cache links its files)
 */
export function externalFromDirectory(directory: string, options: { hardLinks?: boolean } = {}): ExternalData {
  return {
    read(slice) {
      const descriptor = openContained(directory, slice.location, options.hardLinks ?? false);
      try {
        checkSlice(slice, fstatSync(descriptor).size);
        return readFully(descriptor, slice);
      } finally {
        closeSync(descriptor);
      }
    },
  };
}

/** A whole file below a directory, under the same four layers. @returns `undefined` where there is none @throws EXTERNAL_PATH */
export function readContained(
  directory: string,
  location: string,
  options: { hardLinks?: boolean } = {},
): Uint8Array | undefined {
  if (!lstatSync(join(directory, ...containedPath(location).split("/")), { throwIfNoEntry: false })) return undefined;
  const descriptor = openContained(directory, location, options.hardLinks ?? false);
  try {
    return readFully(descriptor, { location, offset: 0, length: fstatSync(descriptor).size });
  } finally {
    closeSync(descriptor);
  }
}

/** A whole file, of any size the memory takes (`readFile` stops at 2 GiB). @returns `undefined` where there is none */
export async function readWhole(path: string): Promise<Uint8Array | undefined> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  });
  if (!found?.isFile()) return undefined;
  const descriptor = await open(path);
  try {
    return readFully(descriptor.fd, { location: path, offset: 0, length: (await descriptor.stat()).size });
  } finally {
    await descriptor.close();
  }
}

/**
 * A file that stays open and is read stretch by stretch. Under the name another file may be put meanwhile; this one is read on.
 *
 * @returns `undefined` where there is no plain file
 */
export function backingOf(path: string): Backing | undefined {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return undefined;
  const descriptor = openSync(path, "r"), { size, mtimeMs } = fstatSync(descriptor), name = basename(path);
  let open = true;
  return {
    size,
    read: (to, offset) => fill(to, { descriptor, offset }, () => modelChanged(name)),
    whole() {
      const bytes = room(size, name);
      fill(bytes, { descriptor, offset: 0 }, () => modelChanged(name));
      return bytes;
    },
    check() {
      const now = fstatSync(descriptor);
      if (now.size !== size || now.mtimeMs !== mtimeMs) throw modelChanged(name);
    },
    close() {
      if (open) closeSync(descriptor);
      open = false;
    },
  };
}

/** Opens a contained plain file. @throws EXTERNAL_PATH, EXTERNAL_MISSING */
function openContained(directory: string, location: string, hardLinks: boolean): number {
  const root = realpathSync(directory);
  let path = root;
  for (const part of containedPath(location).split("/")) {
    path = join(path, part);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (!found) throw externalMissing(location, "is missing");
    if (found.isSymbolicLink()) throw externalPath(location, "a part of the path is a symbolic link");
  }
  if (!realpathSync(path).startsWith(root.endsWith(sep) ? root : root + sep)) {
    throw externalPath(location, "the path leaves the model's directory");
  }
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)); // a pipe must not wait
  } catch (cause) {
    throw externalPath(location, `it cannot be opened (${(cause as NodeJS.ErrnoException).code ?? "unknown"})`);
  }
  const opened = fstatSync(descriptor);
  const why = !opened.isFile()
    ? "it is not a plain file"
    : opened.nlink > 1 && !hardLinks
    ? "the file has a second name (hard link)"
    : undefined;
  if (why) {
    closeSync(descriptor);
    throw externalPath(location, why);
  }
  return descriptor;
}

function readFully(descriptor: number, { location, offset, length }: ExternalSlice): Uint8Array {
  const bytes = room(length, location);
  fill(bytes, { descriptor, offset }, () => externalMissing(location, "became shorter while it was read"));
  return bytes;
}

function fill(
  to: Uint8Array,
  { descriptor, offset }: { descriptor: number; offset: number },
  shorter: () => Error,
): void {
  for (let done = 0; done < to.length;) {
    const read = readSync(descriptor, to, done, Math.min(to.length - done, 2 ** 30), offset + done);
    if (read === 0) throw shorter();
    done += read;
  }
}

/** Memory for a file, or word that there is not enough. @throws MODEL_TOO_LARGE */
function room(length: number, location: string): Uint8Array {
  try {
    return new Uint8Array(length);
  } catch {
    throw modelTooLarge(`"${location}", ${length} bytes,`, largest);
  }
}

/** Bytes one array can hold in V8. */
const largest = 2 ** 33;
