/**
 * A hub over HTTP: lists a checkpoint's files and downloads them, carrying on where a download broke off.
 *
 * It speaks the paths that huggingface.co and its mirrors speak, and takes transformers.js's settings for them (`remoteHost`,
 * `remotePathTemplate`). The address comes from configuration alone: nothing a request says is ever fetched.
 *
 * @module
 */
import {
  downloadBroken,
  downloadCorrupt,
  hubDenied,
  hubStatus,
  hubUnreachable,
  HyalineError,
  modelTooLarge,
} from "../errors.ts";
import type { Draft, Store } from "./store.ts";

export interface HubOptions {
  /** `https://huggingface.co`, or a mirror's. */
  readonly host?: string;
  /** Where files lie below the host. */
  readonly template?: string;
  /** Sent to the host for private checkpoints. */
  readonly token?: string;
  /** Attempts after the first one that failed. */
  readonly retries?: number;
  /** Wait before the first retry; doubles each time. */
  readonly retryDelay?: number;
  /** Most bytes a file may have; 16 GiB unless said. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
  readonly progress?: (state: Progress) => void;
}

export interface Progress {
  readonly file: string;
  readonly loaded: number;
  /** Missing where the server does not say. */
  readonly total?: number;
}

/** A file in a hub's listing; large ones carry their digest. */
export interface HubFile {
  readonly path: string;
  readonly size: number;
  readonly sha256?: string;
}

/** A checkpoint's place on a hub. */
export interface HubPlace {
  readonly model: string;
  readonly revision: string;
}

export class Hub {
  readonly host: string;
  readonly #options: HubOptions;
  readonly #template: string;

  constructor(options: HubOptions = {}) {
    this.#options = options;
    this.host = (options.host ?? "https://huggingface.co").replace(/\/+$/, "");
    this.#template = (options.template ?? "{model}/resolve/{revision}/").replace(/^\/+|\/+$/g, "");
  }

  /** Address of a file. */
  url({ model, revision }: HubPlace, path: string): string {
    const place = this.#template.replaceAll("{model}", model).replaceAll("{revision}", encodeURIComponent(revision));
    return `${this.host}/${place}/${path.split("/").map(encodeURIComponent).join("/")}`;
  }

  /**
   * Files of a checkpoint; `undefined` where the hub has no listing (a plain file server).
   *
   * @throws HUB_UNREACHABLE, HUB_DENIED, HUB_STATUS
   */
  async list({ model, revision }: HubPlace): Promise<HubFile[] | undefined> {
    const url = `${this.host}/api/models/${model}/tree/${encodeURIComponent(revision)}?recursive=true`;
    const response = await this.#attempt(() => this.#get(url));
    if (response.status === 401 || response.status === 403) throw hubDenied(model, response.status);
    if (!response.ok || !response.headers.get("content-type")?.includes("json")) {
      await response.body?.cancel();
      return undefined;
    }
    const entries = await response.json() as {
      type?: string;
      path?: unknown;
      size?: unknown;
      lfs?: { oid?: unknown };
    }[];
    if (!Array.isArray(entries)) return undefined;
    return entries.flatMap(({ type, path, size, lfs }) =>
      type !== "directory" && typeof path === "string"
        ? [{
          path,
          size: Number(size ?? 0),
          ...(typeof lfs?.oid === "string" && /^[0-9a-f]{64}$/.test(lfs.oid) ? { sha256: lfs.oid } : {}),
        }]
        : []
    );
  }

  /**
   * Downloads a file into a store, from where an earlier download broke off.
   *
   * @param expected the digest that the listing gave
   * @returns the bytes; `undefined` where the hub has no such file
   * @throws HUB_UNREACHABLE, HUB_DENIED, HUB_STATUS, DOWNLOAD_BROKEN, DOWNLOAD_CORRUPT
   */
  async download(
    place: HubPlace,
    path: string,
    { store, key, expected }: { store: Store; key: string; expected?: string | undefined },
  ): Promise<Uint8Array | undefined> {
    const url = this.url(place, path), draft = await store.draft(key);
    try {
      const found = await this.#attempt(() => this.#transfer(url, path, draft, place));
      if (!found) {
        await draft.discard();
        return undefined;
      }
      const digest = await draft.sha256();
      if (expected && digest !== expected) {
        await draft.discard();
        throw downloadCorrupt(path, expected, digest);
      }
      return await draft.finish();
    } finally {
      await draft.close();
    }
  }

  /** One transfer. @returns whether there is such a file */
  async #transfer(url: string, path: string, draft: Draft, place: HubPlace): Promise<boolean> {
    const resumed = draft.size > 0 && draft.validator !== undefined;
    // If-Range: a file that changed since then is sent whole.
    const response = await this.#get(
      url,
      resumed ? { Range: `bytes=${draft.size}-`, "If-Range": draft.validator! } : {},
    );
    if (response.status === 404) {
      await response.body?.cancel();
      return false;
    }
    if (response.status === 401 || response.status === 403) throw hubDenied(place.model, response.status);
    if (response.status === 416) { // what is kept does not fit this file
      await draft.restart(undefined);
      throw new Transient(url, response.status);
    }
    if (!response.ok) {
      await response.body?.cancel();
      throw response.status >= 500 || response.status === 429
        ? new Transient(url, response.status)
        : hubStatus(url, response.status);
    }
    const continued = response.status === 206 &&
      Number(/^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1]) === draft.size;
    if (!continued) {
      if (response.status === 206) throw new Transient(url, response.status);
      await draft.restart(validatorOf(response));
    }
    const { maxBytes = 16 * 2 ** 30 } = this.#options,
      length = plainLength(response),
      total = length === undefined ? undefined : draft.size + length;
    try {
      for await (const chunk of response.body ?? []) {
        if (draft.size + chunk.length > maxBytes) throw modelTooLarge(`"${path}" as the hub sends it`, maxBytes);
        await draft.append(chunk);
        this.#options.progress?.({ file: path, loaded: draft.size, ...(total === undefined ? {} : { total }) });
      }
    } catch (error) {
      if (error instanceof HyalineError) throw error;
      this.#options.signal?.throwIfAborted();
      throw new Transient(url, undefined, `${draft.size} of ${total ?? "unknown"} bytes`);
    }
    if (total !== undefined && draft.size < total) {
      throw new Transient(url, undefined, `${draft.size} of ${total} bytes`);
    }
    return true;
  }

  async #get(url: string, headers: Record<string, string> = {}): Promise<Response> {
    const { token, signal } = this.#options;
    try {
      return await fetch(url, {
        headers: { ...(token ? { Authorization: `Bearer ${token}` } : {}), ...headers },
        ...(signal ? { signal } : {}),
      });
    } catch (cause) {
      signal?.throwIfAborted();
      throw new Transient(url, undefined, cause);
    }
  }

  /** Tries again after what may pass: no connection, a broken one, a busy server. */
  async #attempt<T>(action: () => Promise<T>): Promise<T> {
    const { retries = 3, retryDelay = 500, signal } = this.#options;
    for (let attempt = 0;; attempt++) {
      try {
        return await action();
      } catch (error) {
        if (!(error instanceof Transient)) throw error;
        if (attempt >= retries) throw error.failure(this.host);
      }
      await pause(retryDelay * 2 ** attempt, signal);
    }
  }
}

/** Something that may be gone at the next attempt. */
class Transient extends Error {
  readonly url: string;
  readonly status: number | undefined;
  constructor(url: string, status: number | undefined, cause?: unknown) {
    super("transient", { cause });
    this.url = url;
    this.status = status;
  }

  failure(host: string): Error {
    if (this.status !== undefined) return hubStatus(this.url, this.status);
    return typeof this.cause === "string" ? downloadBroken(this.url, this.cause) : hubUnreachable(host, this.cause);
  }
}

/** A strong validator: what tells that a file is still the same, byte for byte. A compressed body is not the file's bytes. */
function validatorOf(response: Response): string | undefined {
  const tag = response.headers.get("etag");
  return tag && !tag.startsWith("W/") && isPlain(response) ? tag : undefined;
}

/** Length of the body as it arrives; a compressed one does not tell. */
function plainLength(response: Response): number | undefined {
  const length = response.headers.get("content-length");
  return length !== null && isPlain(response) ? Number(length) : undefined;
}

const isPlain = ({ headers }: Response): boolean => [null, "identity"].includes(headers.get("content-encoding"));

const pause = (milliseconds: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
