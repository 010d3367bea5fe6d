/**
 * Downloads on a disk (Node and Deno).
 *
 * A draft is `<file>.part` with `<file>.part.json` beside it; it becomes the file by a rename, so a file that is there is
 * whole. Two processes that want the same file do not write into one draft: the second makes a private one.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import process from "node:process";
import { containedPath } from "../onnx/external.ts";
import { locked, privately, type Release } from "../lock.ts";
import { backingOf, readWhole } from "../onnx/external_files.ts";
import type { Draft, Store } from "./store.ts";

/** Where checkpoints are kept unless told otherwise: `$HYALINE_CACHE`, `$XDG_CACHE_HOME/hyaline` or `~/.cache/hyaline`. */
export const defaultCache = (env: Readonly<Record<string, string | undefined>> = process.env): string =>
  env.HYALINE_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "hyaline");

/** Keeps files below a directory, which is made when first needed. */
export function diskStore(directory: string = defaultCache()): Store {
  const pathOf = (key: string) => join(directory, ...containedPath(key).split("/"));
  return {
    read: (key) => readWhole(pathOf(key)),
    backing: (key) => Promise.resolve(backingOf(pathOf(key))),
    async list(prefix) {
      const root = pathOf(prefix),
        found = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
      return found.filter((entry) => entry.isFile() && !/\.part(-\d+-\d+)?(\.json|\.lock)?$/.test(entry.name)).map((
        entry,
      ) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"));
    },
    async write(key, bytes) {
      const path = pathOf(key), draft = privately(`${path}.part`);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(draft, bytes);
      await rename(draft, path);
    },
    async draft(key) {
      const path = pathOf(key);
      await mkdir(dirname(path), { recursive: true });
      const part = `${path}.part`, release = await locked(`${part}.lock`);
      return openDraft(path, release ? part : privately(part), release);
    },
  };
}

async function openDraft(path: string, part: string, release: Release | undefined): Promise<Draft> {
  const notes = `${part}.json`;
  const validator = await readFile(notes, "utf8").then(
    (text) => (JSON.parse(text) as { validator?: string }).validator,
    () => undefined,
  );
  // Without a validator nobody can tell what the bytes are of.
  const size = validator === undefined ? 0 : await stat(part).then((found) => found.size, () => 0);
  const file = await open(part, size ? "r+" : "w+");
  return new DiskDraft({ path, part, notes, release, file, size, validator });
}

class DiskDraft implements Draft {
  readonly #paths: { path: string; part: string; notes: string; release: Release | undefined };
  #file: FileHandle | undefined;
  size: number;
  validator: string | undefined;

  constructor(
    { file, size, validator, ...paths }: {
      path: string;
      part: string;
      notes: string;
      release: Release | undefined;
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
    if (this.#paths.release) await this.#paths.release();
    else await this.discard(); // nobody finds a private draft again
  }

  async #letGo(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }
}
