/**
 * An executor runs relevance programs. There are two: ONNX Runtime and the WASM-SIMD kernel.
 *
 * @module
 */
import type { Tensor } from "../graph/tensor.ts";
import type { Program } from "../program/program.ts";

/** A program made ready to run many times. */
export interface PreparedProgram {
  /**
   * @param taps the forward tensors named by `program.taps`
   * @param seed the target's cotangent, float32; left out where the program takes none
   * @returns every tensor of `outputsOf(program)`, by its name in the program
   */
  run(taps: ReadonlyMap<string, Tensor>, seed?: Tensor): Promise<Map<string, Tensor>>;
  /** What a person may want to know: bytes planned, operators handed to another executor. */
  readonly notes: readonly string[];
  release(): Promise<void>;
}

export interface Executor {
  readonly id: "ort" | "kernel";
  prepare(program: Program): Promise<PreparedProgram>;
  /** Operators it computes without ONNX Runtime, if any; asked before it is trusted with a whole model. @throws where it cannot be loaded */
  own?(): Promise<ReadonlySet<string> | undefined>;
}
