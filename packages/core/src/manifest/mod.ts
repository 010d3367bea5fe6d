/** Plugin manifests. @module */
export * from "./manifest.ts";
