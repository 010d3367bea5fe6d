/**
 * Compiles a program for a graph under trial and runs it.
 *
 * @module
 */
import { compile, type CompileRequest } from "../compile/mod.ts";
import { size, type Tensor } from "../graph/tensor.ts";
import { composites } from "../lrp/composite.ts";
import type { Program } from "../program/program.ts";
import type { Executor } from "../runtime/executor.ts";
import { ortExecutor } from "../runtime/ort/executor.ts";
import type { Trial } from "./trial.ts";

export interface CarryRequest extends Partial<Omit<CompileRequest, "shaped" | "target">> {
  readonly sources: readonly string[];
  readonly target: string;
  /** The target's cotangent, behind an axis of seeds where there are several. */
  readonly seed: Tensor;
  readonly executor?: Executor;
}

/** What came back. */
export interface Carried {
  readonly program: Program;
  /** Cotangents by the forward tensor's name; zeros where no message arrives. */
  readonly cotangents: ReadonlyMap<string, Tensor>;
  /** Every output of the program by its own name. */
  readonly found: ReadonlyMap<string, Tensor>;
}

/**
 * Carries a seed from the target to `at` (all sources by default) under a composite (the plain gradient by default).
 *
 * @throws what `compile` throws
 *
 * @example
 * ```ts
 * import { carry, sketch, tensor, Trial } from "@hyaline/core/testing";
 * const trial = new Trial(sketch({ inputs: { x: tensor([2], [1, -2]) }, nodes: [["Tanh", "x", "y"]] }));
 * const { cotangents } = await carry(trial, { sources: ["x"], target: "y", seed: tensor([2], [1, 1]) });
 * console.assert(Math.abs(Number(cotangents.get("x")!.data[0]) - (1 - Math.tanh(1) ** 2)) < 1e-6);
 * await trial.release();
 * ```
 */
export async function carry(trial: Trial, { seed, executor, ...request }: CarryRequest): Promise<Carried> {
  const at = request.at ?? request.sources, { types } = trial.shaped;
  const program = compile({ composite: composites.get("gradient")!, ...request, at, shaped: trial.shaped });
  const prepared = await (executor ?? ortExecutor({ backend: "wasm", threads: 1, level: "disabled" })).prepare(program);
  const found = await prepared.run(await trial.run(program.taps), seed);
  await prepared.release();
  const cotangents = new Map(at.map((name) => {
    const held = program.cotangents.get(name),
      dims = [...((request.seeds ?? 1) > 1 ? [request.seeds!] : []), ...types.get(name)!.dims];
    return [
      name,
      held === undefined ? { dtype: "float32" as const, dims, data: new Float32Array(size(dims)) } : found.get(held)!,
    ];
  }));
  return { program, cotangents, found };
}
