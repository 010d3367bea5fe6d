/**
 * What needs a disk: for Node and Deno, not for browsers.
 *
 * @module
 */
export * from "./checkpoint/directory.ts";
export * from "./checkpoint/disk_store.ts";
export { externalFromDirectory } from "./onnx/external_files.ts";
