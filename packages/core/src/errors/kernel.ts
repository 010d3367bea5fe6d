/**
 * The WASM kernel.
 *
 * @module
 */
import { failure, type HyalineError } from "./failure.ts";

/** A program needs more memory than this engine gives a WebAssembly module. */
export const kernelMemory = (bytes: number, cause: unknown): HyalineError =>
  failure({
    code: "KERNEL_MEMORY",
    message: `The kernel cannot get "${Math.ceil(bytes / 1e6)}" MB of memory`,
    hint: "Shorten the text, choose a quantised file, or use --executor onnxruntime",
    cause,
  });

/** The kernel was built from other sources than the code around it expects: its functions may take other arguments. */
export const kernelStale = (): HyalineError =>
  failure({
    code: "KERNEL_STALE",
    message: "The WASM kernel was built from other sources than these",
    hint: "Build it again with deno task setup, or use --executor onnxruntime",
  });

/** The kernel was not built, or the engine has no SIMD. */
export const kernelMissing = (cause: unknown): HyalineError =>
  failure({
    code: "KERNEL_MISSING",
    message: "The WASM kernel cannot be loaded",
    hint: "Build it with deno task setup, or use --executor onnxruntime",
    cause,
  });
