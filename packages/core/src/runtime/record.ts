/**
 * What ran a model, as an explanation records it.
 *
 * @module
 */
import core from "../../package.json" with { type: "json" };
import type { Backend } from "./session.ts";

/** A runtime with its version, and where it computes. */
export interface Runtime {
  readonly name: string;
  /** wasm, webgpu, cpu. */
  readonly provider: string;
}

/** The kernel alone; its version is the core's own. */
export const kernelRuntime: Runtime = { name: `hyaline kernel ${core.version}`, provider: "wasm" };

/** ONNX Runtime on a backend, in the version the core pins. */
export const runtimeOf = (backend: Backend): Runtime =>
  backend === "native"
    ? { name: `onnxruntime-node ${core.optionalDependencies["onnxruntime-node"]}`, provider: "cpu" }
    : { name: `onnxruntime-web ${core.dependencies["onnxruntime-web"]}`, provider: backend };
