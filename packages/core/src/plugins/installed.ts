/**
 * Plugins of strangers as the host takes them: locked in, held to their manifest, and refused once a file has changed.
 *
 * @module
 */
import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { pluginBroken, pluginChanged, sandboxMissing } from "../errors.ts";
import { foreign } from "../host/foreign.ts";
import type { InstalledPlugin, RunExplainer } from "../host/registry.ts";
import type { Composite } from "../lrp/composite.ts";
import type { Manifest } from "../manifest/manifest.ts";
import type { Plugin } from "../plugin/explainer.ts";
import { type Limits, Sandbox } from "../sandbox/host.ts";
import { findDeno, processLine } from "../sandbox/process.ts";
import { differences } from "./files.ts";
import type { Entry, PluginStore } from "./store.ts";

export interface LockedIn {
  readonly manifest: Manifest;
  readonly composites: readonly Composite[];
  readonly folder: string;
  readonly trust?: boolean;
  /** What it may use up; `memory` in MiB. */
  readonly limits?: Partial<Limits> & { readonly memory?: number };
  /** The Deno that runs it; the one at hand by default. */
  readonly deno?: string | undefined;
  /** Takes the names of evidence that the plugin asks for and does not get. */
  missed?(names: readonly string[]): void;
}

/** A plugin in a folder. Its code runs in a sandbox that is started with the first call. */
export async function lockedIn(
  { manifest, composites, folder, trust = false, limits = {}, deno = findDeno(), missed }: LockedIn,
): Promise<InstalledPlugin> {
  const { id, entry = "" } = manifest, { memory, ...others } = limits;
  if (!deno) return { manifest, composites, run: foreign(manifest, trust ? trusted(manifest, folder) : refused(id)) };
  const place = await realpath(folder).catch(() => folder);
  const sandbox = new Sandbox(id, () =>
    processLine(deno, {
      plugin: id,
      folder: place,
      entry,
      grants: manifest.permissions,
      ...(memory ? { memory } : {}),
    }), others);
  const run: RunExplainer = async (...call) => {
    const answer = await sandbox.call(...call, missed !== undefined);
    missed?.(answer.missed);
    return answer.result;
  };
  return { manifest, composites, run: foreign(manifest, run), close: () => sandbox.close() };
}

/** An entry of the store, whose files are compared with the lock before each run. */
export async function installed(entry: Entry, limits: LockedIn["limits"] = {}): Promise<InstalledPlugin> {
  const plugin = await lockedIn({ ...entry, limits }), { manifest: { id }, folder, files } = entry;
  const run: RunExplainer = async (...call) => {
    const [first] = await differences(folder, files);
    if (first) throw pluginChanged(id, first.file, first.how);
    return await plugin.run(...call);
  };
  return { ...plugin, run };
}

/** Every plugin of a store. No code of theirs runs. @throws PLUGIN_STORE */
export const installedPlugins = async (store: PluginStore): Promise<InstalledPlugin[]> =>
  await Promise.all((await store.entries()).map((entry) => installed(entry)));

const refused = (id: string): RunExplainer => () => Promise.reject(sandboxMissing(id));

/** In this process, as a person asked for who trusts the code like their own. */
const trusted =
  ({ id, entry }: Manifest, folder: string): RunExplainer => async (explainer, evidence, options, context) => {
    const module = await import(pathToFileURL(join(folder, entry!)).href) as { default?: Plugin };
    const explain = module.default?.[explainer];
    if (typeof explain !== "function") throw pluginBroken(id, `its default export has no function "${explainer}"`);
    return await explain(evidence, options as never, context);
  };
