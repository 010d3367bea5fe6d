import { defineConfig } from "vite";
import { embeddedModels } from "./embedded_models.ts";
import { guest } from "./guest.ts";
import { offline } from "./offline.ts";

/** Browsers that know `light-dark()`: for older ones it would be rewritten into something that inherits differently. */
export const browsers = ["chrome123", "firefox120", "safari17.5"];

/**
 * The page, for any static host and any folder on it: all addresses are relative. JSX needs no plugin. Of ONNX Runtime's builds the
 * smallest that has threads and SIMD.
 */
export default defineConfig({
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  resolve: { alias: [{ find: /^onnxruntime-web$/, replacement: "onnxruntime-web/wasm" }] },
  build: { target: browsers, modulePreload: false, assetsInlineLimit: 0 },
  worker: { format: "es" },
  plugins: [embeddedModels(), guest(), offline(["icon.svg", "manifest.webmanifest"])],
});
