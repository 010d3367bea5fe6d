/**
 * Downloads on a disk (Node and Deno).
 *
 * A draft is `<file>.part` with `<file>.part.json` beside it; it becomes the file by a rename, so a file that is there is
 * whole. Two processes that want the same file do not write into one draft: the second makes a private one.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { type FileHandle, link, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import process from "node:process";
import { containedPath } from "../onnx/external.ts";
import { readWhole } from "../onnx/external_files.ts";
import type { Draft, Store } from "./store.ts";

/** Where checkpoints are kept unless told otherwise: `$HYALINE_CACHE`, `$XDG_CACHE_HOME/hyaline` or `~/.cache/hyaline`. */
export const defaultCache = (env: Readonly<Record<string, string | undefined>> = process.env): string =>
  env.HYALINE_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "hyaline");

/** Keeps files below a directory, which is made when first needed. */
export function diskStore(directory: string = defaultCache()): Store {
  const pathOf = (key: string) => join(directory, ...containedPath(key).split("/"));
  return {
    read: (key) => readWhole(pathOf(key)),
    async list(prefix) {
      const root = pathOf(prefix),
        found = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
      return found.filter((entry) => entry.isFile() && !/\.part(-\d+-\d+)?(\.json|\.lock)?$/.test(entry.name)).map((
        entry,
      ) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"));
    },
    async write(key, bytes) {
      const path = pathOf(key), draft = privately(path);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(draft, bytes);
      await rename(draft, path);
    },
    async draft(key) {
      const path = pathOf(key);
      await mkdir(dirname(path), { recursive: true });
      const lock = `${path}.part.lock`, own = await locked(lock);
      return openDraft(path, own ? `${path}.part` : privately(path), own ? lock : undefined);
    },
  };
}

let drafts = 0;
/** A name that no other draft has. */
const privately = (path: string): string => `${path}.part-${process.pid}-${++drafts}`;

/** Locks of this process: a lock with its number that is not among them is left over from an earlier one. */
const held = new Set<string>();

/** Takes a lock; one whose process is gone is taken over. The lock appears with its owner in it, or not at all. */
async function locked(path: string): Promise<boolean> {
  if (held.has(path)) return false;
  held.add(path);
  const own = privately(path);
  await writeFile(own, String(process.pid));
  try {
    for (let attempt = 0; attempt < 2; attempt++) {
      if (await link(own, path).then(() => true, () => false)) return true;
      const owner = Number(await readFile(path, "utf8").catch(() => ""));
      if (owner > 0 && owner !== process.pid && alive(owner)) break;
      await rm(path, { force: true });
    }
    held.delete(path);
    return false;
  } finally {
    await rm(own, { force: true });
  }
}

async function unlocked(path: string): Promise<void> {
  await rm(path, { force: true });
  held.delete(path);
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function openDraft(path: string, part: string, lock: string | undefined): Promise<Draft> {
  const notes = `${part}.json`;
  const validator = await readFile(notes, "utf8").then(
    (text) => (JSON.parse(text) as { validator?: string }).validator,
    () => undefined,
  );
  // Without a validator nobody can tell what the bytes are of.
  const size = validator === undefined ? 0 : await stat(part).then((found) => found.size, () => 0);
  const file = await open(part, size ? "r+" : "w+");
  return new DiskDraft({ path, part, notes, lock, file, size, validator });
}

class DiskDraft implements Draft {
  readonly #paths: { path: string; part: string; notes: string; lock: string | undefined };
  #file: FileHandle | undefined;
  size: number;
  validator: string | undefined;

  constructor(
    { file, size, validator, ...paths }: {
      path: string;
      part: string;
      notes: string;
      lock: string | undefined;
      file: FileHandle;
      size: number;
      validator: string | undefined;
    },
  ) {
    this.#paths = paths;
    this.#file = file;
    this.size = size;
    this.validator = validator;
  }

  async restart(validator: string | undefined): Promise<void> {
    await this.#file!.truncate(0);
    this.size = 0;
    this.validator = validator;
    if (validator === undefined) await rm(this.#paths.notes, { force: true });
    else await writeFile(this.#paths.notes, JSON.stringify({ validator }));
  }

  async append(chunk: Uint8Array): Promise<void> {
    for (let done = 0; done < chunk.length;) {
      const { bytesWritten } = await this.#file!.write(chunk, done, chunk.length - done, this.size);
      done += bytesWritten;
      this.size += bytesWritten;
    }
  }

  async sha256(): Promise<string> {
    const hash = createHash("sha256"), buffer = new Uint8Array(2 ** 20);
    for (let at = 0; at < this.size;) {
      const { bytesRead } = await this.#file!.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
    return hash.digest("hex");
  }

  async finish(): Promise<Uint8Array> {
    await this.#file!.sync();
    await this.#letGo();
    await rename(this.#paths.part, this.#paths.path);
    await rm(this.#paths.notes, { force: true });
    return (await readWhole(this.#paths.path))!;
  }

  async discard(): Promise<void> {
    await this.#letGo();
    await rm(this.#paths.part, { force: true });
    await rm(this.#paths.notes, { force: true });
  }

  async close(): Promise<void> {
    await this.#letGo();
    if (this.#paths.lock) await unlocked(this.#paths.lock);
    else await this.discard(); // nobody finds a private draft again
  }

  async #letGo(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }
}
