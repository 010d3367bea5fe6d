/**
 * A stranger's result, before anything in the host works with it.
 *
 * @module
 */
import { pluginBroken } from "../errors.ts";
import type { Manifest } from "../manifest/manifest.ts";
import { problemsOf } from "../result/consistency.ts";
import { type Result, resultSchema } from "../result/explanation.ts";
import type { RunExplainer } from "./registry.ts";

/** Runs a plugin and holds its result to the manifest, to the schema, and to the tokens it speaks of. @throws PLUGIN_BROKEN */
export const foreign =
  (manifest: Manifest, run: RunExplainer): RunExplainer => async (id, evidence, options, context) => {
    const broken = (why: string) => pluginBroken(manifest.id, why);
    const { success, data, error } = resultSchema.safeParse(await run(id, evidence, options, context));
    if (!success) {
      const { path, message } = error.issues[0]!;
      throw broken(`the result of "${id}" is none: ${path.join(".") || "(the whole)"}: ${message}`);
    }
    const output = manifest.explainers.find((entry) => entry.id === id)?.output ?? [];
    if (!output.includes(data.type)) {
      throw broken(`"${id}" gives "${data.type}", its manifest says ${output.join(" or ")}`);
    }
    const [problem] = problemsOf({
      ...data as Result,
      tokens: [...evidence.tokens],
      diagnostics: { ledger: data.ledger },
    });
    if (problem) {
      throw broken(`the result of "${id}" contradicts itself: ${problem.path.join(".")}: ${problem.message}`);
    }
    return data;
  };
