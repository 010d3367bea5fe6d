/**
 * Reading ONNX files.
 *
 * @module
 */
import { failure, type HyalineError } from "./failure.ts";

/** A file of no bytes. */
export const emptyFile = (): HyalineError =>
  failure({ code: "FILE_EMPTY", message: "The model file is empty", hint: "Fetch or export it again" });

/** A file that begins as an ONNX model and stops before its end. */
export const truncatedFile = (bytes: number): HyalineError =>
  failure({
    code: "FILE_TRUNCATED",
    message: `The model file stops before its end, after ${bytes} bytes`,
    hint: "The download or copy was interrupted: fetch it again",
  });

/** A file that is something else. `found` names what it looks like, if that is known. */
export const notOnnx = (found: string, hint: string): HyalineError =>
  failure({ code: "NOT_ONNX", message: `Not an ONNX model: the file looks like ${found}`, hint });

/** A model written for an operator set outside what the runtime reads. */
export const opsetUnsupported = (version: number, range: readonly [number, number]): HyalineError =>
  failure({
    code: "OPSET_UNSUPPORTED",
    message: `Operator set "${version}" is not supported: this runtime reads ${range[0]} to ${range[1]}`,
    hint: version > range[1]
      ? "Export again with a lower opset"
      : "Convert it with onnx.version_converter or export again",
  });

/** A model in a newer file format than the runtime reads. */
export const irUnsupported = (version: number, newest: number): HyalineError =>
  failure({
    code: "IR_UNSUPPORTED",
    message: `ONNX file format "${version}" is not supported: this runtime reads up to ${newest}`,
    hint: "Export again with an older onnx package, or lower ir_version",
  });

/** A model whose parts contradict each other. */
export const malformedModel = (what: string): HyalineError =>
  failure({
    code: "MODEL_MALFORMED",
    message: `The model is not valid ONNX: ${what}`,
    hint: "onnx.checker.check_model says more",
  });

/** A model beyond the limits that protect the machine it is opened on. */
export const modelTooLarge = (what: string, limit: number): HyalineError =>
  failure({
    code: "MODEL_TOO_LARGE",
    message: `The model is too large: ${what} is over the limit of ${limit}`,
    hint: "If you trust the file, raise the limit where it is opened",
  });

/** An element or value type that no part of Hyaline computes with. */
export const typeUnsupported = (type: string, where: string): HyalineError =>
  failure({
    code: "TYPE_UNSUPPORTED",
    message: `Type "${type}" of "${where}" is not supported`,
    hint: "Export in float32, float16, or an integer quantisation",
  });

/** Control flow that depends on the data: no single backward program exists for it. */
export const controlFlow = (op: string, node: string): HyalineError =>
  failure({
    code: "CONTROL_FLOW",
    message: `Cannot look inside "${op}" (node "${node}"): what it runs depends on the data`,
    hint: op === "If"
      ? "If its condition is an input of the model (use_cache_branch), give that input a fixed value"
      : "Export the model without loops; explainers that only predict still work: --method occlusion",
  });

/** External data that points outside the model's directory, or at what is not a plain file. */
export const externalPath = (location: string, why: string): HyalineError =>
  failure({
    code: "EXTERNAL_PATH",
    message: `External data "${location}" is refused: ${why}`,
    hint: "Weights must lie in plain files beside or below the model file",
  });

/** External data that is not there, or is shorter than the model says. */
export const externalMissing = (location: string, why: string): HyalineError =>
  failure({
    code: "EXTERNAL_MISSING",
    message: `External data "${location}" ${why}`,
    hint: "Fetch the .onnx_data file that belongs to this model",
  });
