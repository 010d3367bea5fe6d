/**
 * Adds outputs to a model without decoding it.
 *
 * Protocol buffers merge: when a message's bytes are followed by more bytes of its type, singular sub-messages merge and
 * repeated fields concatenate. So `file ++ serialise(ModelProto{graph: {output: […]}})` is the file with more outputs, and
 * not one byte of the checkpoint is rewritten.
 *
 * @module
 */
import { create, toBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";

/**
 * The model with more graph outputs. The runtime infers their types.
 *
 * @param bytes an ONNX file
 * @param names tensors the file computes that are not outputs yet (`Graph.inFile` less `Graph.outputs`)
 *
 * @example
 * ```ts
 * import { appendOutputs } from "@hyaline/core";
 * const file = new Uint8Array([8, 8]);                          // ir_version: 8
 * const tapped = appendOutputs(file, ["hidden"]);
 * console.assert(tapped[0] === 8 && tapped.length > file.length);
 * ```
 */
export function appendOutputs(bytes: Uint8Array, names: readonly string[]): Uint8Array {
  if (names.length === 0) return bytes;
  const output = [...new Set(names)].map((name) => ({ name, docString: "", metadataProps: [] }));
  const tail = toBinary(ModelProtoSchema, create(ModelProtoSchema, { graph: { output } }));
  const merged = new Uint8Array(bytes.length + tail.length);
  merged.set(bytes);
  merged.set(tail, bytes.length);
  return merged;
}
