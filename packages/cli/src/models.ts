/**
 * Models at hand: those that come with Hyaline, by name, and those in the cache.
 *
 * @module
 */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where the models that come with Hyaline lie. */
export const embeddedFolder = fileURLToPath(new URL("../../../models/", import.meta.url));

/** Whether a name is that of an embedded model; all of them are small. */
export const isEmbedded = async (model: string): Promise<boolean> => (await placeOf(model)) !== model;

/** The folder of an embedded model, a name as it stands otherwise. A folder of that name in the working directory does not hide it. */
export async function placeOf(model: string): Promise<string> {
  if (!/^[a-z0-9][a-z0-9-]*$/.test(model)) return model;
  const folder = join(embeddedFolder, model);
  return (await isCheckpoint(folder)) ? folder : model;
}

/** A model that needs no download. */
export interface LocalModel {
  readonly name: string;
  readonly kind: "embedded" | "cached";
  readonly path: string;
  /** Bytes of all its files. */
  readonly bytes: number;
}

/** Embedded models, then cached ones, by name. */
export async function localModels(cache: string): Promise<LocalModel[]> {
  const embedded = (await entries(embeddedFolder)).map((name) => ({
    name,
    kind: "embedded" as const,
    path: join(embeddedFolder, name),
  }));
  const cached = (await Promise.all(
    (await entries(cache)).map(async (owner) => (await entries(join(cache, owner))).map((name) => `${owner}/${name}`)),
  )).flat()
    .map((name) => ({ name, kind: "cached" as const, path: join(cache, ...name.split("/")) }));
  const found = await Promise.all(
    [...embedded, ...cached].map(async (model) =>
      (await isCheckpoint(model.path)) || model.kind === "cached"
        ? { ...model, bytes: await bytesBelow(model.path) }
        : undefined
    ),
  );
  return found.filter((model) => model !== undefined && model.bytes > 0) as LocalModel[];
}

/**
 * Models a server offers: the embedded ones, and every checkpoint in a folder, as `name` or `owner/name`. Only these names can be
 * asked for over the network, and each has its place fixed here.
 */
export async function servedModels(folder: string | undefined): Promise<Pick<LocalModel, "name" | "path" | "bytes">[]> {
  const names = folder === undefined ? [] : await entries(folder);
  const owned = folder === undefined ? [] : await Promise.all(
    names.map(async (owner) => (await entries(join(folder, owner))).map((name) => `${owner}/${name}`)),
  );
  const places = new Map([
    ...(await entries(embeddedFolder)).map((name) => [name, join(embeddedFolder, name)] as const),
    ...[...names, ...owned.flat()].map((name) => [name, join(folder!, ...name.split("/"))] as const),
  ]);
  const found = await Promise.all(
    [...places].map(async ([name, path]) =>
      (await isCheckpoint(path)) ? [{ name, path, bytes: await bytesBelow(path) }] : []
    ),
  );
  return found.flat();
}

const entries = async (folder: string): Promise<string[]> => {
  const found = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return found.filter((entry) => entry.isDirectory() && !entry.name.startsWith(".")).map(({ name }) => name).sort();
};

const isCheckpoint = (folder: string): Promise<boolean> =>
  stat(join(folder, "config.json")).then((found) => found.isFile(), () => false);

async function bytesBelow(folder: string): Promise<number> {
  const found = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const sizes = await Promise.all(
    found.filter((entry) => entry.isFile()).map((entry) =>
      stat(join(entry.parentPath, entry.name)).then(({ size }) => size, () => 0)
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
