/**
 * Plugins that a person added, kept by the browser from one visit to the next: their files as they were agreed to.
 *
 * @module
 */
import { failure } from "@hyaline/core/errors";

/** A plugin's files with the digest they had when they were agreed to. */
export interface KeptPlugin {
  readonly id: string;
  /** The folder or archive they came in. */
  readonly from: string;
  readonly sha256: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

const SHELF = "plugins";

function opened(): Promise<IDBDatabase> {
  const request = indexedDB.open("hyaline", 1);
  request.onupgradeneeded = () => request.result.createObjectStore(SHELF, { keyPath: "id" });
  return settled(request);
}

const settled = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** One change, or one look, and the shelf is closed again. */
async function on<T>(mode: IDBTransactionMode, act: (shelf: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await opened();
  try {
    const transaction = database.transaction(SHELF, mode), found = await settled(act(transaction.objectStore(SHELF)));
    if (mode === "readwrite") {
      await new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = () => reject(transaction.error);
      });
    }
    return found;
  } finally {
    database.close();
  }
}

/** Plugins by id; none where the browser lets a page keep nothing. */
export const keptPlugins = (): Promise<KeptPlugin[]> =>
  on<KeptPlugin[]>("readonly", (shelf) => shelf.getAll()).catch(() => []);

/** Keeps a plugin, in the place of one of its id. @throws STORAGE_REFUSED */
export async function keepPlugin(plugin: KeptPlugin): Promise<void> {
  await on("readwrite", (shelf) => shelf.put(plugin)).catch((cause) => {
    throw failure({
      code: "STORAGE_REFUSED",
      message: `This browser did not keep the plugin "${plugin.id}"`,
      hint: "Allow this page to store data, or leave the private window",
      cause,
    });
  });
}

export const dropPlugin = (id: string): Promise<undefined> => on("readwrite", (shelf) => shelf.delete(id));
