/**
 * A plugin's files on a disk: read, written, and held against the hashes they once had.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, realpath, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { pluginPath } from "../errors.ts";
import { counted, type Files, MOST, pathWithin } from "./contents.ts";

/** What is no part of a plugin where a folder is taken as it stands. */
const APART = new Set([".git", "node_modules"]);

/**
 * The files of a folder. A link within it counts as the file it names.
 *
 * @throws PLUGIN_PATH for links that leave the folder, and for what is neither file nor folder
 */
export async function filesOf(folder: string): Promise<Files> {
  const root = await realpath(folder), files = new Map<string, Uint8Array>(), add = counted(files);
  const walk = async (at: string, above: readonly string[]): Promise<void> => {
    for (const { name } of (await readdir(at, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (at === root && APART.has(name)) continue;
      const path = [...above, name], shown = path.join("/");
      const real = await realpath(join(at, name)).catch(() => {
        throw pluginPath(shown, "is a link to nothing");
      });
      if (!(real + sep).startsWith(root + sep)) throw pluginPath(shown, "is a link that leaves the folder");
      const found = await stat(real);
      if (found.isDirectory()) {
        if ((at + sep).startsWith(real + sep)) throw pluginPath(shown, "is a link to a folder that holds it");
        await walk(join(at, name), path);
      } else if (!found.isFile()) throw pluginPath(shown, "is neither a file nor a folder");
      else if (found.size > MOST.bytes) throw pluginPath(shown, `is larger than ${MOST.bytes} bytes`);
      else add(pathWithin(shown), await readFile(real));
    }
  };
  await walk(root, []);
  return files;
}

/** SHA-256 of each file, in hex. */
export const hashesOf = (files: Files): Record<string, string> =>
  Object.fromEntries(
    [...files].map(([path, bytes]) => [path, createHash("sha256").update(bytes).digest("hex")]).sort(),
  );

/** Writes files below a folder that is not there yet. */
export async function writeFiles(folder: string, files: Files): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [path, bytes] of files) {
    const place = join(folder, ...path.split("/"));
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, bytes, { flag: "wx" });
  }
}

/** A file that is not as its hash says. */
export interface Difference {
  readonly file: string;
  readonly how: "changed" | "missing" | "new";
}

/** What differs between a folder and the hashes it once had; nothing for an untouched one. */
export async function differences(folder: string, hashes: Readonly<Record<string, string>>): Promise<Difference[]> {
  const now = new Map<string, string>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])) {
    if (entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name), name = relative(folder, path).split(sep).join("/");
    now.set(name, entry.isFile() ? createHash("sha256").update(await readFile(path)).digest("hex") : "no file");
  }
  return [
    ...Object.entries(hashes).flatMap(([file, hash]): Difference[] =>
      now.get(file) === hash ? [] : [{ file, how: now.has(file) ? "changed" : "missing" }]
    ),
    ...[...now.keys()].filter((file) => !Object.hasOwn(hashes, file)).map((file): Difference => ({ file, how: "new" })),
  ];
}
