/**
 * What computes a model's tensors from its inputs. There are two, a session of ONNX Runtime and programs on an executor,
 * and the choice between them.
 *
 * @module
 */
import type { Tensor } from "../graph/tensor.ts";
import type { Runtime } from "../runtime/record.ts";
import type { Inputs } from "./inputs.ts";
import type { Shaped } from "./shaping.ts";

export interface ForwardPass {
  /** What runs it, for the record. */
  readonly runtime: Runtime;
  /** @throws the runtime's RUN_FAILED and MODEL_REFUSED, the kernel's KERNEL_MEMORY */
  run(inputs: Inputs, fetches: readonly string[]): Promise<Map<string, Tensor>>;
  /** Tensors that will be asked for. */
  expect(fetches: readonly string[]): void;
  /** Where it leaves the values of these shapes for the executor's programs; undefined where it gives them to anybody who asks. */
  place(shaped: Shaped): Promise<object | undefined>;
  /** The model with some of its tensors given: `fetches` are computed from them and the inputs. */
  behind(shaped: Shaped, given: readonly string[], fetches: readonly string[]): Promise<Twin>;
  release(): Promise<void>;
}

/** A model some of whose tensors are given. */
export interface Twin {
  run(given: ReadonlyMap<string, Tensor>): Promise<Map<string, Tensor>>;
  release(): Promise<void>;
}
