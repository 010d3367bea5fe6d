/**
 * `explainer.json` among a plugin's files: read and judged without running a line of its code.
 *
 * @module
 */
import { z } from "zod";
import { pluginManifest } from "../errors.ts";
import { type Composite, compositeSchema } from "../lrp/composite.ts";
import { type ExplainerEntry, type Manifest, manifestSchema } from "../manifest/manifest.ts";
import { resolveNeed } from "../plugin/need.ts";
import type { Files } from "./contents.ts";

/** What a plugin says of itself. */
export interface Declared {
  readonly manifest: Manifest;
  readonly composites: readonly Composite[];
}

const LARGEST = 2 ** 20;

/**
 * Reads a plugin's manifest, and the composites it names.
 *
 * @param source what to call it in messages
 * @throws PLUGIN_MANIFEST, listing everything that is wrong
 */
export function declared(files: Files, source: string): Declared {
  const manifest = parsed(files, { path: "explainer.json", schema: manifestSchema, source });
  const problems: string[] = [], within = (path: string): string => path.replace(/^\.\//, "");
  for (const path of [manifest.entry, manifest.browser, manifest.docs]) {
    if (path?.startsWith("./") && !files.has(within(path))) problems.push(`"${path}" is not among its files`);
  }
  if (manifest.explainers.length > 0 && !manifest.entry) problems.push("it has explainers and no entry");
  if (manifest.explainers.length === 0 && manifest.composites.length === 0) problems.push("it adds nothing");
  for (const entry of manifest.explainers) problems.push(...problemsOf(entry));
  if (problems.length) throw pluginManifest(source, problems);
  const composites = manifest.composites.map((composite) =>
    typeof composite === "string"
      ? parsed(files, { path: within(composite), schema: compositeSchema, source })
      : composite
  );
  return { manifest, composites };
}

/** A JSON file in a form. */
function parsed<T>(
  files: Files,
  { path, schema, source }: { path: string; schema: z.ZodType<T>; source: string },
): T {
  const bytes = files.get(path), refuse = (...why: string[]) => pluginManifest(source, why.map((w) => `${path}: ${w}`));
  if (!bytes) throw refuse("there is no such file");
  if (bytes.length > LARGEST) throw refuse(`it is larger than ${LARGEST} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw refuse(`it is not JSON (${(error as Error).message})`);
  }
  const { success, data, error } = schema.safeParse(value);
  if (!success) {
    throw refuse(...error.issues.map(({ path, message }) => `${path.join(".") || "(the whole)"}: ${message}`));
  }
  return data;
}

/** Options that are no schema, and needs that name options which are not there. */
function problemsOf({ id, options, needs }: ExplainerEntry): string[] {
  let defaults: Record<string, unknown>;
  try {
    const found = z.fromJSONSchema(options as Parameters<typeof z.fromJSONSchema>[0]).safeParse({});
    defaults = (found.data ?? {}) as Record<string, unknown>;
    if (!found.success) return [`"${id}" has an option without a default`];
  } catch (error) {
    return [`the options of "${id}" are no JSON Schema (${(error as Error).message})`];
  }
  return needs.flatMap((need) => {
    try {
      resolveNeed(need, defaults);
      return [];
    } catch {
      return [`"${id}" needs ${JSON.stringify(need)}, which its options do not fill`];
    }
  });
}
