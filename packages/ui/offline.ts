/**
 * Writes the service worker beside the built page, with the names of what was built.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Plugin } from "vite";

const source = new URL("src/offline/service_worker.js", import.meta.url);
/** Too large for everybody to load: models, and ONNX Runtime, which few of them need. Kept once it was used. */
const onDemand = (path: string): boolean =>
  (path.startsWith("models/") && !/^models\/(index\.json$|sentiment-en\/)/.test(path)) || /\/ort[.-]/.test(path);

/** @param files what is copied without being built */
export const offline = (files: readonly string[]): Plugin => ({
  name: "hyaline-offline",
  generateBundle: {
    order: "post",
    async handler(_, bundle) {
      const hash = createHash("sha256"), paths = [...Object.keys(bundle), ...files].sort();
      for (const path of paths) {
        const built = bundle[path];
        hash.update(path).update(built?.type === "chunk" ? built.code : built?.source ?? "");
      }
      const page = {
        version: hash.digest("hex").slice(0, 16),
        kept: paths.filter((path) => !onDemand(path)),
        used: paths.filter(onDemand),
      };
      const text = (await readFile(source, "utf8")).replace("__PAGE__", JSON.stringify(page));
      this.emitFile({ type: "asset", fileName: "sw.js", source: text });
    },
  },
});
