/**
 * Version of the runtime underneath.
 *
 * @module
 */
import core from "@hyaline/core/package.json" with { type: "json" };

/** ONNX Runtime's, as the core pins it. */
export const runtimeVersion: string = core.dependencies["onnxruntime-web"];
