/**
 * Which `.onnx` file of a checkpoint is meant: the names that transformers.js and optimum give them.
 *
 * @module
 */
import { dtypeUnknown, fileMissing } from "../errors.ts";

/** Endings of each precision, best first. */
const endings: Readonly<Record<string, readonly string[]>> = {
  fp32: [""],
  fp16: ["_fp16"],
  int8: ["_int8", "_quantized"],
  q8: ["_quantized", "_int8"],
  uint8: ["_uint8"],
  q4: ["_q4"],
  q4f16: ["_q4f16"],
  bnb4: ["_bnb4"],
};
/** Without a wish: the precision explanations are best at comes first. */
const preference = ["fp32", "fp16", "int8", "uint8", "q4", "q4f16", "bnb4"];
/** Parts of a checkpoint, the one that is explained first. */
const parts = ["model", "decoder_model_merged", "decoder_model", "decoder_with_past_model", "encoder_model"];
const folders = ["onnx/", ""];

/** A model file of a checkpoint. */
export interface ModelChoice {
  readonly path: string;
  /** `fp32`, `fp16`, `int8`, `uint8`, `q4`, `q4f16`, `bnb4`. */
  readonly dtype: string;
}

export interface ModelWish {
  /** `fp32`, `fp16`, `int8` or `q8`, `uint8`, `q4`, `q4f16`, `bnb4`. */
  readonly dtype?: string;
  /** `encoder_model`, `decoder_model_merged`, … where a checkpoint has several. */
  readonly part?: string;
}

/** Precision by a file's name; `_quantized` is int8. */
export function dtypeOfFile(path: string): string {
  const stem = path.replace(/\.onnx$/, "");
  return preference.findLast((dtype) => endings[dtype]!.some((ending) => ending && stem.endsWith(ending))) ?? "fp32";
}

/** Every path that would do, best first: for sources that cannot list their files. @throws DTYPE_UNKNOWN */
export function candidates({ dtype, part }: ModelWish, present: readonly string[] = []): ModelChoice[] {
  if (dtype !== undefined && !Object.hasOwn(endings, dtype)) {
    throw dtypeUnknown(dtype, Object.keys(endings), modelsOf(present));
  }
  return (part ? [part] : parts).flatMap((stem) =>
    (dtype ? [dtype] : preference).flatMap((type) =>
      endings[type]!.flatMap((ending) =>
        folders.map((folder) => ({ path: `${folder}${stem}${ending}.onnx`, dtype: type === "q8" ? "int8" : type }))
      )
    )
  );
}

const modelsOf = (paths: readonly string[]): string[] => paths.filter((path) => path.endsWith(".onnx"));

/**
 * Chooses among files that are there.
 *
 * @throws DTYPE_UNKNOWN, FILE_MISSING with what is there
 */
export function chooseModel(id: string, paths: readonly string[], wish: ModelWish = {}): ModelChoice {
  const present = new Set(paths), found = candidates(wish, paths).find(({ path }) => present.has(path));
  if (found) return found;
  const models = modelsOf(paths);
  // One file under a name of its own (a model somebody trained) needs no convention.
  if (models.length === 1 && !wish.dtype && !wish.part) return { path: models[0]!, dtype: dtypeOfFile(models[0]!) };
  if (wish.dtype && models.length) throw dtypeUnknown(wish.dtype, [], models);
  throw fileMissing(id, wish.part ? `onnx/${wish.part}.onnx` : "onnx/model.onnx", paths);
}
