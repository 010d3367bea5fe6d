/**
 * The forward pass as programs on an executor, one for each input shape and set of tensors asked for.
 *
 * @module
 */
import { compileForward, type ShapedGraph } from "../compile/mod.ts";
import { operator } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Program } from "../program/program.ts";
import type { Executor } from "../runtime/executor.ts";
import type { Runtime } from "../runtime/record.ts";
import type { ForwardPass, Twin } from "./forward_pass.ts";
import type { Inputs } from "./inputs.ts";
import type { Programs } from "./programs.ts";
import type { Shaped } from "./shaping.ts";

/** What it needs of its model. */
export interface ProgramHost {
  readonly executor: Executor;
  readonly programs: Programs;
  readonly runtime: Runtime;
  shaped(inputs: Inputs): Promise<Shaped>;
}

export class ForwardProgram implements ForwardPass {
  readonly #host: ProgramHost;

  constructor(host: ProgramHost) {
    this.#host = host;
  }

  get runtime(): Runtime {
    return this.#host.runtime;
  }

  /** A program is compiled for what is asked of it. */
  expect(): void {}

  place = (shaped: Shaped): Promise<object> => Promise.resolve(shaped);

  async run(inputs: Inputs, fetches: readonly string[]): Promise<Map<string, Tensor>> {
    const shaped = await this.#host.shaped(inputs), wanted = [...new Set(fetches)].sort();
    const { program, prepared } = await this.#host.programs.get(
      `${shaped.key}|forward|${wanted}`,
      () => compileForward(shaped.exact(), wanted, { sources: sourcesOf(shaped) }),
      shaped,
    );
    return valuesOf(program, await prepared.run(inputs));
  }

  async behind(shaped: Shaped, given: readonly string[], fetches: readonly string[]): Promise<Twin> {
    const program = compileForward(shaped.exact(), fetches, { given, sources: sourcesOf(shaped) }),
      prepared = await this.#host.executor.prepare(program, shaped);
    return {
      run: async (all) => valuesOf(program, await prepared.run(all)),
      release: () => prepared.release(),
    };
  }

  /** Its programs are its model's. */
  async release(): Promise<void> {}
}

/**
 * Operators of the forward pass that are not an executor's own: what it would hand to ONNX Runtime.
 *
 * @param exact the graph with every rounding of activations in its place
 * @param own see `Executor.own`
 */
export const handedOver = (exact: ShapedGraph, target: string, own: ReadonlySet<string>): string[] =>
  [...new Set(compileForward(exact, [target]).steps.map(operator))].filter((op) => !own.has(op)).sort();

const sourcesOf = ({ sources }: Shaped): string[] => sources.flatMap(({ tensors }) => tensors);

/** Results under the names the file gives them. */
const valuesOf = ({ values }: Program, found: ReadonlyMap<string, Tensor>): Map<string, Tensor> =>
  new Map([...values].map(([name, own]) => [name, found.get(own)!]));
