/**
 * What a language model goes on to say. Generation is transformers.js's own, so a text is the one people get from it.
 *
 * @module
 */
import { basename, dirname, resolve } from "node:path";
import { failure } from "@hyaline/core/errors";
import { placeOf } from "./models.ts";

/** Precisions by the names transformers.js has for them. */
const DTYPES: Readonly<Record<string, string>> = { int8: "q8", uint8: "q8" };

export interface Generation {
  readonly model: string;
  readonly dtype?: string | undefined;
  /** Never touch the network. */
  readonly offline: boolean;
  /** Most tokens to write. */
  readonly tokens: number;
}

/**
 * The most likely continuation of each text, token by token.
 *
 * @throws GENERATION_MISSING where transformers.js is not installed, GENERATION_FAILED where the model does not generate with it
 */
export async function continuations(
  texts: readonly string[],
  { model, dtype, offline, tokens }: Generation,
): Promise<string[]> {
  const { env, pipeline } = await import("@huggingface/transformers").catch((cause: unknown) => {
    throw failure({
      code: "GENERATION_MISSING",
      message: "Writing text needs @huggingface/transformers, which is not installed",
      hint: "npm install @huggingface/transformers, or give what the model said yourself: --span TEXT --each",
      cause,
    });
  });
  const place = await placeOf(model), local = place !== model || /^[./~]/.test(model);
  env.allowRemoteModels = !local && !offline;
  if (local) env.localModelPath = dirname(resolve(place)) + "/";
  try {
    const write = await pipeline("text-generation", local ? basename(place) : model, {
      ...(dtype === undefined ? {} : { dtype: (DTYPES[dtype] ?? dtype) as "fp32" }),
    });
    const written: string[] = [];
    for (const text of texts) {
      const [found] = await write(text, { max_new_tokens: tokens, do_sample: false, return_full_text: false });
      written.push((found as { generated_text: string }).generated_text);
    }
    await write.dispose();
    return written;
  } catch (cause) {
    throw failure({
      code: "GENERATION_FAILED",
      message: `"${model}" does not write with transformers.js: ${
        cause instanceof Error ? cause.message : String(cause)
      }`,
      hint:
        "It needs a language model exported with its cache (past_key_values); else give the text: --span TEXT --each",
      cause,
    });
  }
}
