/**
 * `explainer.json`, version 1: all that is known of a plugin without running its code.
 *
 * @module
 */
import { z } from "zod";
import { compositeSchema } from "../lrp/composite.ts";
import { needSchema } from "../plugin/need.ts";
import { resultTypes } from "../result/mod.ts";

const id = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/).max(64);
const inside = z.string().regex(/^(?!.*\/\.\.(\/|$))\.\/[^\\]+$/, "A path inside the plugin, starting with ./");

const host = z.string().regex(
  /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/,
  "A host, with a port where needed: example.org:8443",
);
const absolute = z.string().regex(/^(\/|[A-Za-z]:\\)[^\0]+$/, "A path from the root");

/** One method a plugin offers. */
export const explainerEntry = z.strictObject({
  id,
  title: z.string(),
  /** The title in other languages, by language code. */
  titles: z.record(z.string(), z.string()).default({}),
  summary: z.string(),
  summaries: z.record(z.string(), z.string()).default({}),
  /** What the method cannot see, or when it misleads: shown beside every result. */
  limits: z.string(),
  limitsIn: z.record(z.string(), z.string()).default({}),
  references: z.array(z.string()).default([]),
  needs: z.array(needSchema).min(1),
  output: z.array(z.enum(resultTypes as [string, ...string[]])).min(1),
  signed: z.boolean(),
  /** Passes for n tokens, in words or as a formula: "1 forward, 1 backward", "n forward". */
  cost: z.string(),
  /** JSON Schema (an object) of the options; defaults are filled in from it. */
  options: z.record(z.string(), z.json()).default({ type: "object", properties: {}, additionalProperties: false }),
  /** A sentence that must be shown with every result, such as a licence notice. */
  notice: z.string().optional(),
});

export const manifestSchema = z.strictObject({
  $schema: z.string().optional(),
  manifestVersion: z.literal(1),
  id,
  version: z.string().regex(/^\d+\.\d+\.\d+(-[\w.]+)?$/),
  /** Semver range over the contract's version. */
  apiVersion: z.string(),
  title: z.string(),
  description: z.string(),
  license: z.string(),
  /** The module; absent in a plugin that only adds composites. */
  entry: inside.optional(),
  /** The module for browsers, where it differs. */
  browser: inside.optional(),
  explainers: z.array(explainerEntry).default([]),
  composites: z.array(z.union([inside, compositeSchema])).default([]),
  /** What it cannot do without: hosts to reach, folders and files to read. Shown to whoever adds it. */
  permissions: z.strictObject({ net: z.array(host).optional(), read: z.array(absolute).optional() }).default({}),
  docs: z.string().optional(),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type ExplainerEntry = z.infer<typeof explainerEntry>;

/** JSON Schema (2020-12) of a manifest as authors write it. */
export const manifestJsonSchema = (): Record<string, unknown> => ({
  $id: "urn:hyaline:explainer:v1",
  title: "Hyaline plugin manifest, version 1",
  ...z.toJSONSchema(manifestSchema, { io: "input" }),
});
