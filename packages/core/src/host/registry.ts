/**
 * The explainers at hand: built-in and third-party ones come through the same door.
 *
 * @module
 */
import { distance } from "fastest-levenshtein";
import { satisfies } from "semver";
import { z } from "zod";
import { failure, type HyalineError } from "../errors.ts";
import { type Composite, composites as coreComposites } from "../lrp/composite.ts";
import type { ExplainerEntry, Manifest } from "../manifest/manifest.ts";
import type { Context, Evidence } from "../plugin/evidence.ts";
import { API_VERSION } from "../plugin/explainer.ts";
import { lrpShorthands, type MethodRequest, type Result } from "../result/mod.ts";

/** Runs one explainer of a plugin, wherever its code lives: in this realm, or in a sandbox. */
export type RunExplainer = (
  id: string,
  evidence: Evidence,
  options: Readonly<Record<string, unknown>>,
  context: Context,
) => Promise<Result>;

/** A plugin that was found: its manifest is known, its code is loaded when one of its explainers is first run. */
export interface InstalledPlugin {
  readonly manifest: Manifest;
  /** Composites the plugin adds; those given as files are read by whoever found the plugin. */
  readonly composites?: readonly Composite[];
  readonly run: RunExplainer;
  /** Ends what runs for it. */
  close?(): Promise<void>;
}

/** A method ready to be asked. */
export interface Method {
  readonly entry: ExplainerEntry;
  readonly plugin: InstalledPlugin;
  readonly options: Readonly<Record<string, unknown>>;
}

export class Registry {
  readonly composites: ReadonlyMap<string, Composite>;
  readonly #methods = new Map<string, { entry: ExplainerEntry; plugin: InstalledPlugin }>();
  readonly #schemas = new Map<string, z.ZodType>();

  /** @throws PLUGIN_COLLISION where two plugins claim one id, PLUGIN_API where a plugin wants another contract */
  constructor(plugins: readonly InstalledPlugin[]) {
    const composites = new Map(coreComposites), ids = new Set<string>();
    for (const plugin of plugins) {
      const { id, apiVersion, explainers } = plugin.manifest;
      if (!satisfies(API_VERSION, apiVersion)) {
        throw failure({
          code: "PLUGIN_API",
          message: `The plugin "${id}" needs the contract ${apiVersion}, this is ${API_VERSION}`,
          hint: "Update the plugin, or Hyaline",
        });
      }
      if (ids.has(id)) throw collision(`There are two plugins "${id}"`);
      ids.add(id);
      for (const entry of explainers) {
        const other = this.#methods.get(entry.id)?.plugin.manifest.id;
        if (other !== undefined) {
          throw collision(`Two plugins offer the method "${entry.id}": "${other}" and "${id}"`);
        }
        if (lrpShorthands.includes(entry.id)) {
          throw collision(`The plugin "${id}" offers a method "${entry.id}", which is a composite's name already`);
        }
        this.#methods.set(entry.id, { entry, plugin });
      }
      for (const composite of plugin.composites ?? []) {
        if (composites.has(composite.id) || this.#methods.has(composite.id)) {
          throw collision(`The plugin "${id}" brings the composite "${composite.id}", which is there already`);
        }
        composites.set(composite.id, composite);
      }
    }
    this.composites = composites;
  }

  /** Every method, in the order of the plugins. */
  get methods(): readonly { readonly entry: ExplainerEntry; readonly plugin: InstalledPlugin }[] {
    return [...this.#methods.values()];
  }

  /**
   * A method with its options checked against its JSON Schema and defaults filled in.
   *
   * @throws UNKNOWN_METHOD, INVALID_OPTIONS
   */
  method(request: MethodRequest): Method {
    const { id, options } = !this.#methods.has(request.id) && this.composites.has(request.id)
        ? methodOf(request)
        : request,
      found = this.#methods.get(id);
    if (!found) {
      throw failure({
        code: "UNKNOWN_METHOD",
        message: `There is no method "${request.id}"`,
        hint: suggestion(request.id, [...this.#methods.keys(), ...this.composites.keys()]),
      });
    }
    const parsed = this.#schema(id, found.entry).safeParse(options);
    if (!parsed.success) {
      const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "options"}: ${message}`)
        .join("; ");
      throw failure({
        code: "INVALID_OPTIONS",
        message: `The method "${id}" does not take these options: ${problems}`,
        hint: `hyaline methods ${id} lists its options`,
      });
    }
    return { ...found, options: parsed.data as Record<string, unknown> };
  }

  #schema(id: string, entry: ExplainerEntry): z.ZodType {
    const before = this.#schemas.get(id);
    if (before) return before;
    const schema = z.fromJSONSchema(entry.options as Parameters<typeof z.fromJSONSchema>[0]);
    this.#schemas.set(id, schema);
    return schema;
  }
}

const collision = (message: string): HyalineError =>
  failure({ code: "PLUGIN_COLLISION", message, hint: "Remove one of them: hyaline plugin remove" });

/** A composite's id is short for `lrp` with that composite. */
const methodOf = ({ id, options }: MethodRequest): MethodRequest => ({
  id: "lrp",
  options: { composite: id, ...options },
});

/** "Did you mean": the known word closest to a mistyped one. */
export function suggestion(word: string, known: readonly string[]): string {
  const near = known.map((name) => ({ name, steps: distance(word, name) })).sort((a, b) => a.steps - b.steps)[0];
  return near && near.steps <= Math.max(2, word.length / 3)
    ? `Did you mean "${near.name}"?`
    : `There are ${known.join(", ")}`;
}
