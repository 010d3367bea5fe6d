/**
 * A plugin in an archive: `.tgz` as `npm pack` writes it, or `.tar`.
 *
 * @module
 */
import { type ParsedTarEntryWithData, unpackTar } from "modern-tar";
import { pluginPath, pluginSource } from "../errors.ts";
import { counted, type Files, MOST, pathWithin } from "./contents.ts";

/**
 * The files of an archive. Nothing but files and folders may be in it; npm's one folder around them is taken off.
 *
 * @param source what to call it in messages
 * @throws PLUGIN_SOURCE, PLUGIN_PATH
 */
export async function unpacked(bytes: Uint8Array, source: string): Promise<Files> {
  let entries: ParsedTarEntryWithData[];
  try {
    const zipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
    entries = await unpackTar(zipped ? await gunzipped(bytes) : bytes, { strict: true });
  } catch (error) {
    throw pluginSource(source, `it is no archive (${(error as Error).message})`, error);
  }
  const files = new Map<string, Uint8Array>(), add = counted(files);
  for (const { header, data } of entries) {
    if (header.type === "directory" || header.type === "pax-global-header") continue;
    if (header.type !== "file") throw pluginPath(header.name, `is a ${header.type} in an archive`);
    const path = pathWithin(header.name);
    if (files.has(path)) throw pluginPath(path, "is in the archive twice");
    add(path, data ?? new Uint8Array());
  }
  if (files.size === 0) throw pluginSource(source, "the archive holds no file");
  return files.has("explainer.json") ? files : unwrapped(files);
}

/** @throws where it is no gzip, or holds more than a plugin may */
async function gunzipped(bytes: Uint8Array): Promise<Uint8Array> {
  const reader = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream("gzip"))
    .getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let size = 0;;) {
    const { value, done } = await reader.read();
    if (done) return new Uint8Array(await new Blob(parts).arrayBuffer());
    if ((size += value.length) > 2 * MOST.bytes) throw new RangeError("it unpacks to too much");
    parts.push(value);
  }
}

/** Without the one folder that holds everything, where there is one. */
function unwrapped(files: Files): Files {
  const tops = new Set([...files.keys()].map((path) => path.slice(0, path.indexOf("/") + 1)));
  const [top] = tops;
  return tops.size === 1 && top ? new Map([...files].map(([path, bytes]) => [path.slice(top.length), bytes])) : files;
}
