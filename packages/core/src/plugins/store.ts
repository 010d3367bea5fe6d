/**
 * What is installed: `plugins.json` says what a person chose, `plugins.lock.json` what exactly that was, `plugins/<id>/` holds the files.
 *
 * The lock keeps the manifest a person agreed to, so listing plugins reads nothing a plugin wrote.
 *
 * @module
 */
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { z } from "zod";
import { pluginStore, pluginUnknown } from "../errors.ts";
import { lockedWithin, type Release } from "../lock.ts";
import { type Composite, compositeSchema } from "../lrp/composite.ts";
import { type Manifest, manifestSchema } from "../manifest/manifest.ts";
import type { Files } from "./contents.ts";
import { type Difference, differences, hashesOf, writeFiles } from "./files.ts";
import { declared } from "./manifest_file.ts";
import { fetched } from "./source.ts";

const choice = z.strictObject({
  source: z.string(),
  /** Run in this process where there is no sandbox. */
  trust: z.boolean().default(false),
});
const locked = z.strictObject({
  resolved: z.string().optional(),
  manifest: manifestSchema,
  composites: z.array(compositeSchema),
  files: z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/)),
});
const choices = z.strictObject({ plugins: z.record(z.string(), choice) });
const locks = z.strictObject({ lockVersion: z.literal(1), plugins: z.record(z.string(), locked) });

/** Milliseconds to wait for another process that changes the plugins; a change takes a few. */
const PATIENCE = 10_000;

/** A plugin that could be installed: fetched and judged, not run, not on the disk. */
export interface Candidate {
  readonly source: string;
  readonly resolved?: string;
  readonly manifest: Manifest;
  readonly composites: readonly Composite[];
  readonly files: Files;
}

export interface InstallOptions {
  /** Run in this process where there is no sandbox. */
  readonly trust: boolean;
  /** Judges the plugin beside all that is installed by then; refuses by throwing. */
  fits?(others: readonly Entry[]): Promise<void>;
}

/** An installed plugin. */
export interface Entry extends z.infer<typeof choice>, z.infer<typeof locked> {
  readonly folder: string;
}

/** Fetches and judges. @throws PLUGIN_SOURCE, PLUGIN_PATH, PLUGIN_MANIFEST */
export async function candidate(source: string, cwd?: string): Promise<Candidate> {
  const found = await fetched(source, cwd);
  return { ...found, ...declared(found.files, source) };
}

export class PluginStore {
  readonly home: string;

  /** @param home the folder that holds all of it; made when something is installed */
  constructor(home: string) {
    this.home = home;
  }

  /** Every installed plugin, in the order of installation. @throws PLUGIN_STORE */
  async entries(): Promise<Entry[]> {
    const [chosen, lock] = await this.#read();
    return Object.entries(chosen.plugins).map(([id, choice]) => {
      const found = lock.plugins[id];
      if (!found) throw pluginStore(this.#lock, `it says nothing of "${id}", which plugins.json names`);
      return { ...choice, ...found, folder: this.#folder(id) };
    });
  }

  /** @throws PLUGIN_UNKNOWN, PLUGIN_STORE */
  async entry(id: string): Promise<Entry> {
    const all = await this.entries(), found = all.find(({ manifest }) => manifest.id === id);
    if (!found) throw pluginUnknown(id, all.map(({ manifest }) => manifest.id));
    return found;
  }

  /** Puts a plugin in place, in place of an earlier one of its id. @throws PLUGIN_STORE where it cannot be written */
  install(candidate: Candidate, options: InstallOptions): Promise<void> {
    return this.#alone(() => this.#install(candidate, options));
  }

  async #install(
    { source, resolved, manifest, composites, files }: Candidate,
    { trust, fits }: InstallOptions,
  ): Promise<void> {
    await fits?.(await this.entries());
    const [chosen, lock] = await this.#read(), { id } = manifest, folder = this.#folder(id);
    const fresh = `${folder}.${process.pid}.new`;
    try {
      await rm(fresh, { recursive: true, force: true });
      await writeFiles(fresh, files);
      await rm(folder, { recursive: true, force: true });
      await rename(fresh, folder);
    } catch (error) {
      throw pluginStore(folder, (error as Error).message, error);
    }
    await this.#write(
      { plugins: { ...chosen.plugins, [id]: { source, trust } } },
      {
        lockVersion: 1,
        plugins: {
          ...lock.plugins,
          [id]: { ...(resolved ? { resolved } : {}), manifest, composites: [...composites], files: hashesOf(files) },
        },
      },
    );
  }

  /** @throws PLUGIN_UNKNOWN */
  async remove(id: string): Promise<void> {
    const { folder } = await this.entry(id);
    await this.#alone(async () => {
      const [chosen, lock] = await this.#read();
      delete chosen.plugins[id];
      delete lock.plugins[id];
      await this.#write(chosen, lock);
      await rm(folder, { recursive: true, force: true });
    });
  }

  /** Files that are not what was installed. @throws PLUGIN_UNKNOWN */
  async verify(id: string): Promise<Difference[]> {
    const { folder, files } = await this.entry(id);
    return await differences(folder, files);
  }

  /** Changes what is installed while no other process does: what one has read, the other must not write. */
  async #alone(change: () => Promise<void>): Promise<void> {
    const busy = join(this.home, "plugins.busy");
    let release: Release | undefined;
    try {
      await mkdir(this.home, { recursive: true });
      release = await lockedWithin(PATIENCE, busy);
    } catch (error) {
      throw pluginStore(this.home, (error as Error).message, error);
    }
    if (!release) throw pluginStore(busy, "another process has been changing the plugins for too long");
    try {
      await change();
    } finally {
      await release();
    }
  }

  get #config(): string {
    return join(this.home, "plugins.json");
  }

  get #lock(): string {
    return join(this.home, "plugins.lock.json");
  }

  #folder(id: string): string {
    return join(this.home, "plugins", id);
  }

  async #read(): Promise<[z.infer<typeof choices>, z.infer<typeof locks>]> {
    return [
      await form(this.#config, choices, { plugins: {} }),
      await form(this.#lock, locks, { lockVersion: 1, plugins: {} }),
    ];
  }

  /** The lock first: a choice without a lock would not run. */
  async #write(chosen: z.infer<typeof choices>, lock: z.infer<typeof locks>): Promise<void> {
    for (const [path, value] of [[this.#lock, lock], [this.#config, chosen]] as const) {
      const draft = `${path}.${process.pid}.part`;
      await writeFile(draft, JSON.stringify(value, null, 1) + "\n");
      await rename(draft, path);
    }
  }
}

async function form<T>(path: string, schema: z.ZodType<T>, none: T): Promise<T> {
  const text = await readFile(path, "utf8").catch((error) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw pluginStore(path, error.message, error);
  });
  if (text === undefined) return none;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw pluginStore(path, "it is not JSON", error);
  }
  const { success, data, error } = schema.safeParse(value);
  if (!success) throw pluginStore(path, `${error.issues[0]!.path.join(".")}: ${error.issues[0]!.message}`);
  return data;
}
