/**
 * Bytes → `ModelProto`, with an answer for every file that is not one.
 *
 * Protocol buffers have no magic number, so a file's first fields are walked before it is parsed: what starts like a
 * model and ends inside a field is truncated; what never starts like one is something else.
 *
 * @module
 */
import { fromBinary } from "@bufbuild/protobuf";
import { type ModelProto, ModelProtoSchema } from "onnx-buf";
import { emptyFile, irUnsupported, malformedModel, notOnnx, opsetUnsupported, truncatedFile } from "../errors.ts";

/** Versions of the standard operator set that onnxruntime-web 1.30 opens; below 7 it promises nothing. */
export const opsetRange = [7, 26] as const;
/** Newest file format that onnxruntime-web 1.30 opens. */
export const newestIr = 13;

/**
 * Decodes an ONNX file. Weights stay views into `bytes`: nothing large is copied.
 *
 * @param bytes the whole `.onnx` file (external data not included)
 * @throws FILE_EMPTY, FILE_TRUNCATED, NOT_ONNX, MODEL_MALFORMED, OPSET_UNSUPPORTED, IR_UNSUPPORTED
 *
 * @example
 * ```ts
 * import { decode, HyalineError } from "@hyaline/core";
 * try {
 *   decode(new TextEncoder().encode("<!doctype html>"));
 * } catch (error) {
 *   console.assert(error instanceof HyalineError && error.code === "NOT_ONNX");
 * }
 * ```
 */
export function decode(bytes: Uint8Array): ModelProto {
  if (bytes.length === 0) throw emptyFile();
  const walk = walkFields(bytes);
  if (walk === "foreign") throw foreign(bytes);
  if (walk === "truncated") throw truncatedFile(bytes.length);
  let model: ModelProto;
  try {
    model = fromBinary(ModelProtoSchema, bytes, { readUnknownFields: false });
  } catch (cause) {
    throw malformedModel(`it does not decode (${cause instanceof Error ? cause.message : String(cause)})`);
  }
  if (!model.irVersion) throw foreign(bytes);
  if (model.irVersion > BigInt(newestIr)) throw irUnsupported(Number(model.irVersion), newestIr);
  // Every exporter writes graph, then operator sets: a file cut between two fields lacks one of them.
  if (!model.graph || (model.opsetImport.length === 0 && model.irVersion >= 3n)) throw truncatedFile(bytes.length);
  for (const { domain, version } of model.opsetImport) {
    if (domain !== "" && domain !== "ai.onnx") continue;
    if (version < BigInt(opsetRange[0]) || version > BigInt(opsetRange[1])) {
      throw opsetUnsupported(Number(version), opsetRange);
    }
  }
  return model;
}

/** Highest field number of `ModelProto`. */
const lastField = 26;
const VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5;

/** Follows the top-level fields by their lengths alone. */
function walkFields(bytes: Uint8Array): "model" | "truncated" | "foreign" {
  const view = { at: 0 };
  let fields = 0;
  while (view.at < bytes.length) {
    const tag = varint(bytes, view);
    if (tag === undefined) return fields ? "truncated" : "foreign";
    const field = Math.floor(tag / 8), wire = tag % 8;
    if (field < 1 || field > lastField) return "foreign";
    if (wire === VARINT) {
      if (varint(bytes, view) === undefined) {
        return view.at >= bytes.length ? (fields ? "truncated" : "foreign") : "foreign";
      }
    } else if (wire === BYTES) {
      const length = varint(bytes, view);
      if (length === undefined) return fields ? "truncated" : "foreign";
      view.at += length;
    } else if (wire === FIXED64 || wire === FIXED32) view.at += wire === FIXED64 ? 8 : 4;
    else return "foreign";
    // A model opens with its format version, or (some writers) with operator sets and then the version.
    if (view.at > bytes.length) return fields || field === 7 ? "truncated" : "foreign";
    fields++;
  }
  return "model";
}

/** Reads one base-128 number; `undefined` where the bytes end first or it is over ten bytes long. */
function varint(bytes: Uint8Array, view: { at: number }): number | undefined {
  let value = 0, scale = 1;
  for (let i = 0; i < 10; i++) {
    const byte = bytes[view.at];
    if (byte === undefined) return undefined;
    view.at++;
    value += (byte & 127) * scale;
    if (byte < 128) return value;
    scale *= 128;
  }
  return undefined;
}

const looks: readonly (readonly [pattern: RegExp, found: string, hint: string])[] = [
  [/^version https:\/\/git-lfs/, "a Git LFS pointer", "Fetch the real file: git lfs pull"],
  [
    /^\s*<(!doctype|html|\?xml)/i,
    "a web page",
    "The address led to a page, not to the file: use the download (resolve) link",
  ],
  [/^GGUF/, "a GGUF file", "Export the model to ONNX, for instance with optimum-cli export onnx"],
  [/^PK\p{Cc}\p{Cc}/u, "a zip archive or PyTorch checkpoint", "Unpack it, or export the model to ONNX"],
  [/^ORTM|^....ORTM/s, "an ORT-format file", "Use the .onnx file it was made from"],
  [/^.{8}\{"/s, "a safetensors file", "Export the model to ONNX, for instance with optimum-cli export onnx"],
  [/^\s*[{[]/, "JSON", "Give the .onnx file, or the directory that holds it"],
];

/** Names what a file is by its first bytes. */
function foreign(bytes: Uint8Array): Error {
  const head = String.fromCharCode(...bytes.subarray(0, 64));
  for (const [pattern, found, hint] of looks) if (pattern.test(head)) return notOnnx(found, hint);
  return notOnnx("something else", "Give a file that ends in .onnx, or the directory that holds it");
}
