/**
 * Plugins that mean harm, and a host they are let in by.
 *
 * @module
 */
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { InstalledPlugin } from "../../packages/core/src/host/registry.ts";
import { installed } from "../../packages/core/src/plugins/installed.ts";
import { candidate, PluginStore } from "../../packages/core/src/plugins/store.ts";
import type { Limits } from "../../packages/core/src/sandbox/host.ts";

/** A sound result for T tokens, as source text. */
export const SOUND =
  `({ type: "token-scores", signed: true, data: { shape: [tokens.length], values: tokens.map((_, i) => i), join: "sum" } })`;

export interface Source {
  readonly id?: string;
  /** The function's body; `tokens`, `evidence`, `options` and `context` are there. */
  readonly body: string;
  /** What stands before the function. */
  readonly before?: string;
  readonly manifest?: Readonly<Record<string, unknown>>;
  readonly entry?: Readonly<Record<string, unknown>>;
  readonly files?: Readonly<Record<string, string>>;
  /** Time of its own that it has, where that is not what is tried. */
  readonly seconds?: number;
}

/** Writes a plugin as its author would hand it out. @returns its folder */
export async function written(
  { id = "hostile", body, before = "", manifest = {}, entry = {}, files = {} }: Source,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "hyaline-hostile-"));
  const declared = {
    manifestVersion: 1,
    id,
    version: "1.0.0",
    apiVersion: "^1.0.0",
    title: id,
    description: "Nothing to see here",
    license: "MIT",
    entry: "./mod.js",
    explainers: [{
      id,
      title: id,
      summary: "s",
      limits: "l",
      needs: ["tokens"],
      output: ["token-scores"],
      signed: true,
      cost: "1 forward",
      ...entry,
    }],
    ...manifest,
  };
  const all = {
    "explainer.json": JSON.stringify(declared),
    "mod.js":
      `${before}\nexport default { "${id}": async (evidence, options, context) => { const { tokens } = evidence;\n${body}\n} };\n`,
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    await mkdir(join(folder, path, ".."), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

/** Limits that a test does not wait long for. */
export const TIGHT = { seconds: 4, bytes: 2 ** 20, grace: 0.3, memory: 256 } satisfies Partial<Limits> & {
  memory: number;
};

/** Adds a plugin from its folder, as `hyaline plugin add` does, and takes it as a run does. */
export async function letIn(source: string, home: string, seconds: number = TIGHT.seconds): Promise<InstalledPlugin> {
  const store = new PluginStore(home), found = await candidate(source);
  await store.install(found, { trust: false });
  return await installed(await store.entry(found.manifest.id), { ...TIGHT, seconds });
}
