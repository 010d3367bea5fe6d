/**
 * What tests and benches need to run code in an installed browser.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "vite";

/** The browser tests run in; without one they are skipped. */
export const executablePath: string | undefined = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
].find(existsSync);

/** Headers that isolate a page from other origins, so that its threads may share memory. */
export const isolating = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/** Modules that a page finds through its import map: the kernel's package and ONNX Runtime. */
export const besideBundle: readonly RegExp[] = [/^@hyaline\/assembly(\/team)?$/, /^onnxruntime/];

/**
 * A module and all it imports as one script.
 *
 * @param options.format `es`, or `iife` for a global called `name`
 * @param options.external what stays an import
 * @throws where it needs more than one file
 */
export async function bundled(
  entry: URL,
  { format, name, external = [] }: {
    format: "es" | "iife";
    name?: string;
    external?: readonly RegExp[];
  },
): Promise<string> {
  const made = await build({
    configFile: false,
    logLevel: "silent",
    build: {
      write: false,
      minify: false,
      lib: { entry: fileURLToPath(entry), formats: [format], ...(name === undefined ? {} : { name }) },
      rolldownOptions: { external: [...external] },
    },
  });
  const [{ output }] = made as unknown as [{ output: { code: string }[] }];
  if (output.length !== 1) throw new Error(`${entry} is ${output.length} files, not one`);
  return output[0]!.code;
}
