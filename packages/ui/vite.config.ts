import { defineConfig } from "vite";
import { embeddedModels } from "./embedded_models.ts";

/**
 * The page, for any static host and any folder on it: all addresses are relative. JSX needs no plugin. Of ONNX Runtime's builds the
 * smallest that has threads and SIMD.
 */
export default defineConfig({
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  resolve: { alias: [{ find: /^onnxruntime-web$/, replacement: "onnxruntime-web/wasm" }] },
  build: { target: "es2023", modulePreload: false, assetsInlineLimit: 0 },
  worker: { format: "es" },
  plugins: [embeddedModels()],
});
