/**
 * Plugins of strangers: fetching, installing, running them.
 *
 * @module
 */
import { failure, type HyalineError } from "./failure.ts";

/** A message of a plugin that is none. */
export const badFrame = (why: string): HyalineError =>
  failure({
    code: "BAD_FRAME",
    message: `A message cannot be read: ${why}`,
    hint: "Report this to the plugin's author",
  });

/** A plugin's code threw. Its words are its own. */
export const pluginFailed = (plugin: string, words: string): HyalineError =>
  failure({
    code: "PLUGIN_FAILED",
    message: `The plugin "${plugin}" failed: ${words.slice(0, 500)}`,
    hint: "Report this to the plugin's author",
  });

/** A plugin's process ended while it should have answered. */
export const pluginCrashed = (plugin: string, how: string): HyalineError =>
  failure({
    code: "PLUGIN_CRASHED",
    message: `The plugin "${plugin}" ended without an answer: ${how.slice(0, 500)}`,
    hint: "Report this to the plugin's author; hyaline plugin remove takes it away",
  });

/** A plugin took more time, memory or output than it may. */
export const pluginLimit = (plugin: string, limit: "time" | "memory" | "output", most: string): HyalineError =>
  failure({
    code: "PLUGIN_LIMIT",
    message: `The plugin "${plugin}" was stopped: it used more ${limit} than the ${most} it may`,
    hint: "Try a shorter text; if it stays so, report it to the plugin's author",
  });

/** A plugin's answer is not what its manifest or the schema promise. */
export const pluginBroken = (plugin: string, why: string): HyalineError =>
  failure({
    code: "PLUGIN_BROKEN",
    message: `The plugin "${plugin}" does not keep its promise: ${why}`,
    hint: "Report this to the plugin's author",
  });

/** A plugin that must run in a sandbox, where there is none. */
export const sandboxMissing = (plugin: string): HyalineError =>
  failure({
    code: "SANDBOX_MISSING",
    message: `The plugin "${plugin}" needs Deno to be locked in, and no Deno is here`,
    hint: "Install Deno; or, if you trust the code like your own, add the plugin again with --trust",
  });

/** A file of an installed plugin that is not what was installed. */
export const pluginChanged = (plugin: string, file: string, how: "changed" | "missing" | "new"): HyalineError =>
  failure({
    code: "PLUGIN_CHANGED",
    message: `The plugin "${plugin}" does not run: its file "${file}" is ${
      how === "changed" ? "not the one that was installed" : how === "missing" ? "gone" : "new since it was installed"
    }`,
    hint: `hyaline plugin update ${plugin} installs it again, after you have looked at it`,
  });

/** A manifest that is missing, no JSON, or says what cannot be. */
export const pluginManifest = (where: string, problems: readonly string[]): HyalineError =>
  failure({
    code: "PLUGIN_MANIFEST",
    message: `"${where}" is no plugin: ${problems.join("; ")}`,
    hint: "The form is described by schemas/explainer.v1.schema.json; hyaline plugin new writes one that works",
  });

/** A file of a plugin that could reach outside of its folder, or is no plain file. */
export const pluginPath = (path: string, why: string): HyalineError =>
  failure({
    code: "PLUGIN_PATH",
    message: `The plugin is refused: "${path}" ${why}`,
    hint: "A plugin holds plain files below its own folder, and nothing else",
  });

/** A place that no plugin can be had from. */
export const pluginSource = (source: string, why: string, cause?: unknown): HyalineError =>
  failure({
    code: "PLUGIN_SOURCE",
    message: `No plugin can be had from "${source}": ${why}`,
    hint: "Give a folder, a .tgz, a git repository (git+https://…, ./repository.git) or the name of an npm package",
    cause,
  });

/** A plugin id that is not installed. */
export const pluginUnknown = (plugin: string, installed: readonly string[]): HyalineError =>
  failure({
    code: "PLUGIN_UNKNOWN",
    message: `There is no plugin "${plugin}"`,
    hint: installed.length ? `There are ${installed.join(", ")}` : "None is installed: hyaline plugin add",
  });

/** A file of Hyaline's own that keeps what is installed, and cannot be read. */
export const pluginStore = (path: string, why: string, cause?: unknown): HyalineError =>
  failure({
    code: "PLUGIN_STORE",
    message: `Cannot use "${path}": ${why}`,
    hint: "Move it away and add the plugins again",
    cause,
  });
