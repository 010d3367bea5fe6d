/**
 * `hyaline plugin new`: a plugin to start from.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { badOption, unwritableFile } from "../failures.ts";

const json = (value: unknown): string => JSON.stringify(value, null, 2) + "\n";

/** The files, by name. */
const files = (name: string): Record<string, string> => ({
  "package.json": json({
    name,
    version: "0.1.0",
    type: "module",
    license: "MIT",
    description: "A plugin for Hyaline",
    keywords: ["hyaline-plugin"],
    exports: "./mod.js",
    files: ["explainer.json", "mod.js", "cases.json"],
  }),
  "explainer.json": json({
    manifestVersion: 1,
    id: name,
    version: "0.1.0",
    apiVersion: "^1.0.0",
    title: name,
    description: "How strongly the answer reacts to each token",
    license: "MIT",
    entry: "./mod.js",
    explainers: [{
      id: name,
      title: name,
      summary: "Length of the gradient at each token",
      limits: "Says how much a token matters, not whether it speaks for or against the answer",
      needs: ["tokens", { gradients: "embeddings" }],
      output: ["token-scores"],
      signed: false,
      cost: "1 forward, 1 backward",
    }],
  }),
  "mod.js": `/**
 * Evidence in, a result out: no files, no network, no session. What is in the evidence is what explainer.json needs.
 *
 * @type {import("@hyaline/core/plugin").Explain}
 */
function explain({ tokens, gradients }) {
  const { shape: [, width], data } = gradients.embeddings;
  const values = tokens.map((_, t) => {
    const gradient = data.subarray(t * width, (t + 1) * width);
    return 0; // TODO: the gradient's length, Math.hypot(...gradient)
  });
  return { type: "token-scores", signed: false, data: { shape: [tokens.length], values, join: "sum" } };
}

export default { "${name}": explain };
`,
  "cases.json": json({
    cases: [{
      name: "a token counts by the length of its gradient",
      explainer: name,
      evidence: { tokens: ["two", "words"], gradients: { embeddings: { shape: [2, 2], data: [3, 4, 0, 0] } } },
      values: [5, 0],
    }],
  }),
});

/** Writes the template into a folder of the plugin's name. @returns the paths written. @throws BAD_OPTION, UNWRITABLE_FILE */
export async function writeTemplate(name: string): Promise<string[]> {
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) || name.length > 64) {
    throw badOption("name", name, "lower-case letters and digits, with - between words");
  }
  try {
    await mkdir(name);
    const written = Object.entries(files(name)).map(([file, text]) => ({ path: join(name, file), text }));
    for (const { path, text } of written) await writeFile(path, text, { flag: "wx" });
    return written.map(({ path }) => path);
  } catch (error) {
    throw unwritableFile(name, error);
  }
}
