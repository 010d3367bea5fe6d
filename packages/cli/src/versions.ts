/**
 * Versions of what computes.
 *
 * @module
 */
import core from "@hyaline/core/package.json" with { type: "json" };

/** ONNX Runtime's, as the core pins it. */
export const runtimeVersion: string = core.dependencies["onnxruntime-web"];
/** Version of the native runtime that goes with it. */
export const nativeVersion: string = core.optionalDependencies["onnxruntime-node"];
/** Version of the kernel: the core's own. */
export const ownVersion: string = core.version;
