/**
 * Plugins of strangers at the worker's end: their manifest is read here, their code runs in a frame that the page opens.
 *
 * @module
 */
import { declared, foreign, type InstalledPlugin } from "@hyaline/core";
import { failure } from "@hyaline/core/errors";
import { type Line, portLine, Sandbox } from "@hyaline/core/sandbox";
import type { Tell } from "./messages.ts";

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

/**
 * A plugin from the files of a folder. No code of it runs before one of its explainers is asked for.
 *
 * @throws PLUGIN_MANIFEST; PLUGIN_BROKEN where its module is not JavaScript
 */
export async function strangerOf(folder: string, files: ReadonlyMap<string, File>): Promise<InstalledPlugin> {
  const bytes = await Promise.all(
    [...files].map(async ([path, file]) => [path, new Uint8Array(await file.arrayBuffer())] as const),
  );
  const { manifest, composites } = declared(new Map(bytes), folder);
  const entry = (manifest.browser ?? manifest.entry)?.replace(/^\.\//, "");
  if (entry !== undefined && !/\.m?js$/.test(entry)) {
    throw failure({
      code: "PLUGIN_BROKEN",
      message: `The plugin "${manifest.id}" cannot run in a browser: "${entry}" is not JavaScript`,
      hint: "Bundle it to one file that imports nothing, and name it as browser in explainer.json",
    });
  }
  const module = entry ? await files.get(entry)!.text() : "";
  const sandbox = new Sandbox(manifest.id, () => lineTo(manifest.id, module));
  return {
    manifest,
    composites,
    run: foreign(manifest, async (...call) => (await sandbox.call(...call)).result),
    close: () => sandbox.close(),
  };
}
