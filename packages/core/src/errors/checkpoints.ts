/**
 * Checkpoints: their files, precisions and tokenizers.
 *
 * @module
 */
import { failure, type HyalineError } from "./failure.ts";

/** A name that is neither on the disk nor a hub id. */
export const checkpointUnknown = (source: string): HyalineError =>
  failure({
    code: "CHECKPOINT_UNKNOWN",
    message: `Unknown checkpoint "${source}"`,
    hint:
      "Give a directory, an .onnx file or a hub id such as org/name or org/name@revision; hyaline models lists what is here",
  });

/** A file that a checkpoint should have. */
export const fileMissing = (checkpoint: string, path: string, present: readonly string[] | undefined): HyalineError =>
  failure({
    code: "FILE_MISSING",
    message: `Checkpoint "${checkpoint}" has no file "${path}"`,
    hint: present
      ? `It has ${present.length ? present.slice(0, 20).map((name) => `"${name}"`).join(", ") : "no files"}`
      : "Check the name, and the precision (--dtype)",
  });

/** A model file that was written to while it was in use. */
export const modelChanged = (path: string): HyalineError =>
  failure({
    code: "MODEL_CHANGED",
    message: `"${path}" was changed while it was in use`,
    hint: "Open the model again",
  });

/** A precision that nobody uses, or that this checkpoint does not come in. */
export const dtypeUnknown = (dtype: string, known: readonly string[], models: readonly string[]): HyalineError =>
  failure({
    code: "DTYPE_UNKNOWN",
    message: known.length ? `Unknown precision "${dtype}"` : `This checkpoint does not come in "${dtype}"`,
    hint: [
      known.length ? `Known are ${known.join(", ")}` : "",
      models.length ? `It has ${models.map((name) => `"${name}"`).join(", ")}` : "",
    ].filter(Boolean).join(". "),
  });

/** A configuration file that is not JSON, or not an object. */
export const configInvalid = (path: string, why: string): HyalineError =>
  failure({ code: "CONFIG_INVALID", message: `Cannot read "${path}": ${why}`, hint: "Fetch the file again" });

/** A tokenizer file that no tokenizer can be made from. */
export const tokenizerInvalid = (why: string, cause?: unknown): HyalineError =>
  failure({
    code: "TOKENIZER_INVALID",
    message: `Cannot use this tokenizer: ${why}`,
    hint: "Token ids can be given instead: --input-ids",
    cause,
  });

/** A checkpoint without a tokenizer. */
export const tokenizerMissing = (checkpoint: string, why = "it holds no tokenizer.json"): HyalineError =>
  failure({
    code: "MISSING_TOKENIZER",
    message: `Checkpoint "${checkpoint}" cannot read text: ${why}`,
    hint: "Give token ids instead (--input-ids), or add the tokenizer.json of the original model",
  });
