/**
 * Where a tab finds checkpoints: beside the page, in a folder that a person chose, on the hub.
 *
 * @module
 */
import { browserStore, type Files, filesFromHub, Hub, memoryStore, parseHubId } from "@hyaline/core";
import { checkpointUnknown, failure } from "@hyaline/core/errors";
import type { ChosenFile } from "./engine.ts";

/** Bytes of a file as they arrive. */
export type Loading = (file: string, done: number, of: number) => void;

/** A model that lies beside the page, as `models/index.json` lists it. */
export interface EmbeddedModel {
  readonly name: string;
  /** Bytes of each file, by path. */
  readonly files: Readonly<Record<string, number>>;
}

/** Models beside the page. @throws FILE_MISSING where the build is not whole */
export async function embeddedModels(base: string): Promise<EmbeddedModel[]> {
  const response = await fetch(new URL("models/index.json", base));
  if (!response.ok) throw missing("models/index.json", response.status);
  return await response.json();
}

const missing = (path: string, status: number) =>
  failure({
    code: "FILE_MISSING",
    message: `The page's own file "${path}" did not load (${status})`,
    hint: "Put the whole build on the server: deno task ui:build",
  });

/** Files beside the page. */
export function filesBeside(base: string, { name, files }: EmbeddedModel, loading: Loading): Files {
  return {
    id: name,
    list: () => Promise.resolve(Object.keys(files)),
    async read(path) {
      const size = files[path];
      if (size === undefined) return undefined;
      const response = await fetch(new URL(`models/${name}/${path}`, base));
      if (!response.ok || !response.body) throw missing(`models/${name}/${path}`, response.status);
      const bytes = new Uint8Array(size);
      let at = 0;
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        if (at + chunk.length > size) throw missing(`models/${name}/${path}`, response.status);
        bytes.set(chunk, at);
        loading(path, at += chunk.length, size);
      }
      return bytes.subarray(0, at);
    },
  };
}

/** A folder's files by their path beside `mark`, which may lie deeper than where a person pointed. */
export function filesBy(mark: string, chosen: readonly ChosenFile[]): Map<string, File> {
  const found = chosen.map(({ path }) => path).filter((path) => path === mark || path.endsWith(`/${mark}`))
    .sort((a, b) => a.length - b.length)[0] ?? "";
  const root = found.slice(0, found.length - mark.length);
  return new Map(
    chosen.filter(({ path }) => path.startsWith(root)).map(({ path, file }) => [path.slice(root.length), file]),
  );
}

/** Files of a folder that a person chose. */
export function filesChosen(name: string, files: ReadonlyMap<string, File>): Files {
  return {
    id: name,
    list: () => Promise.resolve([...files.keys()]),
    read: async (path) => {
      const file = files.get(path);
      return file && new Uint8Array(await file.arrayBuffer());
    },
  };
}

/** Files from the hub, kept for the next time where the browser lets a page keep anything. */
export const filesOnHub = (id: string, host: string, loading: Loading): Files =>
  filesFromHub(id, {
    hub: new Hub({ host, progress: ({ file, loaded, total }) => loading(file, loaded, total ?? loaded) }),
    store: "caches" in globalThis ? browserStore() : memoryStore(),
    offline: globalThis.navigator?.onLine === false,
  });

/** Bytes of a checkpoint's files on the hub, by path. @throws CHECKPOINT_UNKNOWN where the hub lists none */
export async function sizesOnHub(id: string, host: string): Promise<Map<string, number>> {
  const listed = await new Hub({ host }).list(parseHubId(id));
  if (!listed) throw checkpointUnknown(id);
  return new Map(listed.map(({ path, size }) => [path, size]));
}
