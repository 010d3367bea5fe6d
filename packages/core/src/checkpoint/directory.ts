/**
 * A checkpoint on a disk, and the one door to checkpoints by name (Node and Deno).
 *
 * @module
 */
import { readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { checkpointUnknown, fileMissing, modelTooLarge } from "../errors.ts";
import { containedPath } from "../onnx/external.ts";
import { backingOf, readContained, readWhole } from "../onnx/external_files.ts";
import { defaultLimits } from "../onnx/limits.ts";
import { type Checkpoint, readCheckpoint, type ReadOptions } from "./checkpoint.ts";
import { defaultCache, diskStore } from "./disk_store.ts";
import type { Files } from "./files.ts";
import { Hub, type HubOptions } from "./hub.ts";
import { filesFromHub } from "./hub_files.ts";

/** Folders below a checkpoint's root that are looked into. */
const depth = 3;

/**
 * Files of a directory.
 *
 * @param options.id what results call it; the directory's name unless said
 */
export function filesFromDirectory(directory: string, options: { id?: string } = {}): Files {
  const root = resolve(directory),
    blobs = basename(dirname(root)) === "snapshots" ? resolve(root, "../../blobs") : undefined;
  const placeOf = (path: string): string => join(root, ...containedPath(path).split("/"));
  /** Hugging Face's cache keeps `snapshots/<commit>/…` as links to `blobs/<digest>` of the same repository: those may be followed. */
  const inBlobs = async (path: string): Promise<string | undefined> => {
    if (!blobs) return undefined;
    const [target, home] = await Promise.all([realpath(path), realpath(blobs)]).catch(() => []);
    return target && home && dirname(target) === home ? basename(target) : undefined;
  };
  const walk = async (folder: string, left: number): Promise<string[]> => {
    const entries = await readdir(folder, { withFileTypes: true });
    const below = await Promise.all(
      entries.map((entry) =>
        entry.isDirectory()
          ? (left > 1 && !entry.name.startsWith(".") ? walk(join(folder, entry.name), left - 1) : [])
          : [relative(root, join(folder, entry.name)).split(sep).join("/")]
      ),
    );
    return below.flat().sort();
  };
  return {
    id: options.id ?? basename(root),
    list: () => walk(root, depth),
    backing: (path) => Promise.resolve(backingOf(placeOf(path))),
    async read(path, { contained = false } = {}) {
      const inside = containedPath(path), place = placeOf(path);
      if (!contained) return readWhole(place);
      const blob = await inBlobs(place);
      return blob ? readContained(blobs!, blob) : readContained(root, inside);
    },
  };
}

export interface OpenOptions extends Omit<ReadOptions, "path">, HubOptions {
  /** Where downloads are kept. */
  readonly cache?: string;
  /** Never use the network. */
  readonly offline?: boolean;
}

/**
 * Opens a checkpoint: a directory, an `.onnx` file, or a hub id (`org/name`, `org/name@revision`).
 *
 * What exists on the disk comes first. Hub files come from the cache where they are in it.
 *
 * @throws CHECKPOINT_UNKNOWN, FILE_MISSING, DTYPE_UNKNOWN, OFFLINE_MISS, MODEL_TOO_LARGE and what reading throws
 *
 * @example
 * ```ts ignore
 * const checkpoint = await openCheckpoint("Xenova/distilbert-base-uncased-finetuned-sst-2-english", { dtype: "int8" });
 * ```
 */
export async function openCheckpoint(source: string, options: OpenOptions = {}): Promise<Checkpoint> {
  const found = await stat(source).catch(() => undefined);
  if (found?.isDirectory()) return readCheckpoint(filesFromDirectory(source), options);
  if (found?.isFile()) {
    const limit = options.limits?.totalBytes ?? defaultLimits.totalBytes;
    if (found.size > limit) throw modelTooLarge(`the file, ${found.size} bytes,`, limit);
    const path = resolve(source), folder = dirname(path), root = basename(folder) === "onnx" ? dirname(folder) : folder;
    return readCheckpoint(filesFromDirectory(root), { ...options, path: relative(root, path).split(sep).join("/") });
  }
  if (/^[./~]|^[A-Za-z]:|\\|\.onnx$/.test(source)) throw fileMissing(basename(source), source, undefined);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(source)) throw checkpointUnknown(source);
  return readCheckpoint(
    filesFromHub(source, {
      hub: new Hub(options),
      store: diskStore(options.cache ?? defaultCache()),
      offline: options.offline ?? false,
    }),
    options,
  );
}
