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

/** How tensors that lie in an executor's own memory, and are copied out when their `data` is first read, are let go of. */
const lying = new WeakMap<Tensor, () => void>();

/** Makes a tensor one that can be let go of. */
export const lies = (tensor: Tensor, letGo: () => void): void => void lying.set(tensor, letGo);

/** Says of tensors that nobody will read them: those that lie in an executor's memory need not be kept when it is wanted. */
export function letGo(tensors: Iterable<Tensor>): void {
  for (const tensor of tensors) lying.get(tensor)?.();
}

export interface Executor {
  readonly id: "ort" | "kernel";
  /**
   * @param place programs prepared for one place may find the taps they need where another left its values: they are then not copied.
   *   Tensors of a name must be the same for all of them.
   */
  prepare(program: Program, place?: object): Promise<PreparedProgram>;
  /** Operators it computes without ONNX Runtime, if any; asked before it is trusted with a whole model. @throws where it cannot be loaded */
  own?(): Promise<ReadonlySet<string> | undefined>;
}
