/**
 * Plugins of strangers at the worker's end: their manifest is read here, their code runs in a frame that the page opens.
 *
 * @module
 */
import {
  counted,
  type Declared,
  declared,
  digestOf,
  foreign,
  type InstalledPlugin,
  pathWithin,
  type PluginFiles,
  unpacked,
} from "@hyaline/core";
import { failure } from "@hyaline/core/errors";
import { type Line, portLine, Sandbox } from "@hyaline/core/sandbox";
import { filesBy } from "./checkpoints.ts";
import type { ChosenFile, PluginInfo } from "./engine.ts";
import type { Tell } from "./messages.ts";
import type { KeptPlugin } from "./plugin_store.ts";

const endings = new Map<number, (how: string) => void>();
let frames = 0;

/** The page says that a frame is gone. */
export const frameEnded = (frame: number, how: string): void => endings.get(frame)?.(how);

function lineTo(plugin: string, module: string): Line {
  const { port1, port2 } = new MessageChannel(), ended = Promise.withResolvers<string>(), frame = ++frames;
  endings.set(frame, ended.resolve);
  postMessage({ event: "frame", frame, plugin, module } satisfies Tell, { transfer: [port2] });
  const cut = (): void => {
    endings.delete(frame);
    postMessage({ event: "cut", frame } satisfies Tell);
  };
  return portLine({ port: port1, ended: ended.promise, cut });
}

/** A plugin's files out of a folder, or out of one archive. @throws PLUGIN_SOURCE, PLUGIN_PATH */
export async function pluginFiles(from: string, chosen: readonly ChosenFile[]): Promise<PluginFiles> {
  const [{ path, file } = { path: "", file: undefined }] = chosen;
  if (file && chosen.length === 1 && !path.endsWith("explainer.json")) return await unpacked(await bytesOf(file), from);
  const files = new Map<string, Uint8Array>(), add = counted(files);
  for (const [path, file] of filesBy("explainer.json", chosen)) {
    if (!APART.test(path)) add(pathWithin(path), await bytesOf(file));
  }
  return files;
}

/** What is no part of a plugin where a folder is taken as it stands. */
const APART = /^(\.git|node_modules)\//;
const bytesOf = async (file: File): Promise<Uint8Array> => new Uint8Array(await file.arrayBuffer());

/** What a plugin says of itself, and its module for browsers. @throws PLUGIN_MANIFEST; PLUGIN_BROKEN where that is not JavaScript */
function read({ from, files }: Pick<KeptPlugin, "from" | "files">): Declared & { module: string } {
  const found = declared(files, from), { id, browser, entry } = found.manifest;
  const path = (browser ?? entry)?.replace(/^\.\//, "");
  if (path !== undefined && !/\.m?js$/.test(path)) {
    throw failure({
      code: "PLUGIN_BROKEN",
      message: `The plugin "${id}" cannot run in a browser: "${path}" is not JavaScript`,
      hint: "Bundle it to one file that imports nothing, and name it as browser in explainer.json",
    });
  }
  return { ...found, module: path ? new TextDecoder().decode(files.get(path)!) : "" };
}

/** What a person sees of a plugin. No code of it runs. @throws what reading it throws */
export function infoOf(plugin: Pick<KeptPlugin, "from" | "files">): PluginInfo {
  const { manifest: { id, version, title, license, explainers, permissions }, composites } = read(plugin);
  return {
    id,
    version,
    title,
    license,
    from: plugin.from,
    sha256: digestOf(plugin.files),
    files: plugin.files.size,
    methods: explainers.map(({ id, title, titles }) => ({ id, title, titles })),
    composites: composites.map(({ id }) => id),
    needs: [
      ...new Set(
        explainers.flatMap(({ needs }) => needs.map((need) => typeof need === "string" ? need : Object.keys(need)[0]!)),
      ),
    ],
    asks: [...permissions.net ?? [], ...permissions.read ?? []],
  };
}

/** A plugin ready to run. No code of it runs before one of its explainers is asked for. @throws what reading it throws */
export function strangerOf(plugin: KeptPlugin): InstalledPlugin {
  const { manifest, composites, module } = read(plugin),
    sandbox = new Sandbox(manifest.id, () => lineTo(manifest.id, module));
  return {
    manifest,
    composites,
    run: foreign(manifest, async (...call) => (await sandbox.call(...call)).result),
    close: () => sandbox.close(),
  };
}
