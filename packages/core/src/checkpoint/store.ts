/**
 * Where downloads are kept, and the drafts of those that are not whole yet.
 *
 * @module
 */
import type { Backing } from "../onnx/backing.ts";
import { sha256 } from "./files.ts";

/** Keeps whole files by key (`org/name/revision/path`). */
export interface Store {
  read(key: string): Promise<Uint8Array | undefined>;
  /** A file kept, to be read stretch by stretch. */
  backing?(key: string): Promise<Backing | undefined>;
  /** Keys below a prefix that ends in `/`, the prefix left out. */
  list(prefix: string): Promise<string[]>;
  /** The file's draft, with what an earlier one left behind. */
  draft(key: string): Promise<Draft>;
  /** Keeps a small file at once. */
  write(key: string, bytes: Uint8Array): Promise<void>;
}

/** A file in the making. */
export interface Draft {
  /** Bytes so far. */
  readonly size: number;
  /** What the server called the version these bytes are of. */
  readonly validator: string | undefined;
  /** Begins again, for a version. */
  restart(validator: string | undefined): Promise<void>;
  append(chunk: Uint8Array): Promise<void>;
  sha256(): Promise<string>;
  /** Turns the draft into the file, in one step. */
  finish(): Promise<Uint8Array>;
  discard(): Promise<void>;
  /** Lets go of it; what is there stays for the next time. */
  close(): Promise<void>;
}

/** Keeps files in memory: for tests, and for pages that may not store. */
export function memoryStore(): Store {
  const files = new Map<string, Uint8Array>(), drafts = new Map<string, MemoryDraft>();
  return {
    read: (key) => Promise.resolve(files.get(key)),
    list: (prefix) =>
      Promise.resolve([...files.keys()].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length))),
    write: (key, bytes) => Promise.resolve(void files.set(key, bytes)),
    draft(key) {
      const draft = drafts.get(key) ??
        new MemoryDraft((bytes) => Promise.resolve(void files.set(key, bytes)), () => drafts.delete(key));
      drafts.set(key, draft);
      return Promise.resolve(draft);
    },
  };
}

/** Keeps files in the browser's Cache Storage. @param name the cache's name */
export function browserStore(name = "hyaline-checkpoints"): Store {
  const address = (key: string) => `https://checkpoints.invalid/${key.split("/").map(encodeURIComponent).join("/")}`;
  const write = async (key: string, bytes: Uint8Array) =>
    (await caches.open(name)).put(address(key), new Response(bytes as Uint8Array<ArrayBuffer>));
  return {
    async read(key) {
      const response = await (await caches.open(name)).match(address(key));
      return response && new Uint8Array(await response.arrayBuffer());
    },
    async list(prefix) {
      const root = address(prefix);
      return (await (await caches.open(name)).keys()).filter(({ url }) => url.startsWith(root)).map(({ url }) =>
        url.slice(root.length).split("/").map(decodeURIComponent).join("/")
      );
    },
    write,
    draft: (key) => Promise.resolve(new MemoryDraft((bytes) => write(key, bytes), () => {})),
  };
}

class MemoryDraft implements Draft {
  #chunks: Uint8Array[] = [];
  readonly #keep: (bytes: Uint8Array) => Promise<void>;
  readonly #drop: () => void;
  size = 0;
  validator: string | undefined;

  constructor(keep: (bytes: Uint8Array) => Promise<void>, drop: () => void) {
    this.#keep = keep;
    this.#drop = drop;
  }

  restart(validator: string | undefined): Promise<void> {
    this.#chunks = [];
    this.size = 0;
    this.validator = validator;
    return Promise.resolve();
  }

  append(chunk: Uint8Array): Promise<void> {
    this.#chunks.push(chunk);
    this.size += chunk.length;
    return Promise.resolve();
  }

  #bytes(): Uint8Array {
    const bytes = new Uint8Array(this.size);
    let at = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    this.#chunks = [bytes];
    return bytes;
  }

  sha256 = (): Promise<string> => sha256(this.#bytes());

  async finish(): Promise<Uint8Array> {
    const bytes = this.#bytes();
    await this.#keep(bytes);
    this.#drop();
    return bytes;
  }

  discard(): Promise<void> {
    this.#drop();
    return this.restart(undefined);
  }

  close = (): Promise<void> => Promise.resolve();
}
