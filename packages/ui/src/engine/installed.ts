/**
 * The plugins of a worker: built-in ones, and those a person added, now or on an earlier visit.
 *
 * @module
 */
import { digestOf, type InstalledPlugin } from "@hyaline/core";
import { failure, HyalineError } from "@hyaline/core/errors";
import { builtInPlugins } from "@hyaline/explainers";
import type { PluginInfo } from "./engine.ts";
import { dropPlugin, keepPlugin, type KeptPlugin, keptPlugins } from "./plugin_store.ts";
import { infoOf, strangerOf } from "./strangers.ts";

interface Added {
  readonly info: PluginInfo;
  /** Absent where it does not run; `info.problem` says why. */
  readonly plugin?: InstalledPlugin;
}

export class Plugins {
  readonly #builtIn = builtInPlugins();
  readonly #added = new Map<string, Added>();
  readonly #judge: (plugins: readonly InstalledPlugin[]) => void;

  /** @param judge throws where plugins cannot stand beside each other */
  constructor(judge: (plugins: readonly InstalledPlugin[]) => void) {
    this.#judge = judge;
  }

  get all(): readonly InstalledPlugin[] {
    return this.#without();
  }

  get infos(): readonly PluginInfo[] {
    return [...this.#added.values()].map(({ info }) => info);
  }

  /** What was added on earlier visits. What has changed since, or no longer fits, is listed and does not run. */
  async restore(): Promise<void> {
    for (const kept of await keptPlugins()) {
      try {
        this.#added.set(kept.id, { info: infoOf(kept), plugin: this.#agreed(kept) });
      } catch (error) {
        const problem = error instanceof HyalineError ? error.message : String(error);
        this.#added.set(kept.id, { info: { ...unread(kept), problem } });
      }
    }
  }

  /** What a plugin is, before it is added. @throws PLUGIN_COLLISION, and what reading it throws */
  look(files: Pick<KeptPlugin, "from" | "files">): PluginInfo {
    const info = infoOf(files);
    this.#beside({ ...info, files: files.files });
    return info;
  }

  /** Adds a plugin and keeps it. @throws PLUGIN_CHANGED, PLUGIN_COLLISION, STORAGE_REFUSED, and what reading it throws */
  async add(kept: KeptPlugin): Promise<PluginInfo> {
    const info = infoOf(kept), plugin = this.#agreed(kept);
    await keepPlugin(kept);
    await this.#added.get(kept.id)?.plugin?.close?.();
    this.#added.set(kept.id, { info, plugin });
    return info;
  }

  async remove(id: string): Promise<void> {
    await dropPlugin(id);
    await this.#added.get(id)?.plugin?.close?.();
    this.#added.delete(id);
  }

  /** The plugin, if its files are those that were agreed to. */
  #agreed(kept: KeptPlugin): InstalledPlugin {
    if (digestOf(kept.files) !== kept.sha256) {
      throw failure({
        code: "PLUGIN_CHANGED",
        message: `The files of the plugin "${kept.id}" are not the ones that were agreed to`,
        hint: "Add it again, after you have looked at it",
      });
    }
    return this.#beside(kept);
  }

  /** The plugin, if it can stand beside the others. */
  #beside(kept: KeptPlugin): InstalledPlugin {
    const plugin = strangerOf(kept);
    this.#judge([...this.#without(kept.id), plugin]);
    return plugin;
  }

  #without(id?: string): readonly InstalledPlugin[] {
    return [...this.#builtIn, ...[...this.#added].flatMap(([own, { plugin }]) => (own === id ? [] : plugin ?? []))];
  }
}

/** What is known of a plugin whose files cannot be believed. */
const unread = ({ id, from, sha256, files }: KeptPlugin): PluginInfo => ({
  ...{ id, from, sha256, title: id, version: "", license: "", files: files.size },
  ...{ methods: [], composites: [], needs: [], asks: [] },
});
