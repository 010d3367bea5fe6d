/**
 * Version of the runtime underneath.
 *
 * @module
 */
import core from "@hyaline/core/package.json" with { type: "json" };

/** ONNX Runtime's, as the core pins it. */
export const runtimeVersion: string = core.dependencies["onnxruntime-web"];
/** Version of the native runtime that goes with it. */
export const nativeVersion: string = core.optionalDependencies["onnxruntime-node"];
