/**
 * Puts the embedded checkpoints beside the built page, and a list of them: `models/index.json`.
 *
 * @module
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import type { EmbeddedModel } from "./src/engine/checkpoints.ts";

const home = fileURLToPath(new URL("../../models/", import.meta.url));
/** What a tab reads of a checkpoint. */
const needed = /^(config\.json|tokenizer\.json|tokenizer_config\.json|onnx\/[\w.-]+\.onnx)$/;

async function checkpoints(): Promise<EmbeddedModel[]> {
  const found: EmbeddedModel[] = [];
  for (const name of (await readdir(home)).sort()) {
    if (!(await stat(`${home}${name}/config.json`).catch(() => undefined))?.isFile()) continue;
    const paths = (await readdir(home + name, { recursive: true })).map((path) => path.replaceAll("\\", "/")).sort();
    const sizes = await Promise.all(
      paths.filter((path) => needed.test(path)).map(async (path) =>
        [path, (await stat(`${home}${name}/${path}`)).size] as const
      ),
    );
    found.push({ name, files: Object.fromEntries(sizes) });
  }
  return found;
}

export const embeddedModels = (): Plugin => ({
  name: "hyaline-models",
  async generateBundle() {
    const models = await checkpoints();
    for (const { name, files } of models) {
      for (const path of Object.keys(files)) {
        const source = await readFile(`${home}${name}/${path}`);
        this.emitFile({ type: "asset", fileName: `models/${name}/${path}`, source });
      }
    }
    this.emitFile({ type: "asset", fileName: "models/index.json", source: JSON.stringify(models) });
  },
});
