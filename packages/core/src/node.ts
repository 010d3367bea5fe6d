/**
 * What needs a disk: for Node and Deno, not for browsers.
 *
 * @module
 */
export * from "./checkpoint/directory.ts";
export * from "./checkpoint/disk_store.ts";
export { type Candidate, candidate, type Entry, PluginStore } from "./plugins/store.ts";
export { type Difference, hashesOf } from "./plugins/files.ts";
export { installed, installedPlugins, lockedIn } from "./plugins/installed.ts";
export { findDeno } from "./sandbox/process.ts";
export { backingOf, externalFromDirectory } from "./onnx/external_files.ts";
