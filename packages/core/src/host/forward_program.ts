/**
 * The forward pass as programs on an executor, one for each input shape and set of tensors asked for.
 *
 * @module
 */
import { compileForward } from "../compile/mod.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Program } from "../program/program.ts";
import type { Executor, PreparedProgram } from "../runtime/executor.ts";
import type { ForwardPass, Twin } from "./forward_pass.ts";
import type { Inputs } from "./inputs.ts";
import type { Shaped } from "./shaping.ts";

/** A compiled program and the executor's form of it. */
export interface Runnable {
  readonly program: Program;
  readonly prepared: PreparedProgram;
}

/** What it needs of its model. */
export interface ProgramHost {
  readonly executor: Executor;
  shaped(inputs: Inputs): Promise<Shaped>;
  /** The program of a key, made where it is not at hand. */
  runnable(key: string, make: () => Program): Promise<Runnable>;
}

export class ForwardProgram implements ForwardPass {
  readonly #host: ProgramHost;

  constructor(host: ProgramHost) {
    this.#host = host;
  }

  /** A program is compiled for what is asked of it. */
  expect(): void {}

  async run(inputs: Inputs, fetches: readonly string[]): Promise<Map<string, Tensor>> {
    const shaped = await this.#host.shaped(inputs), wanted = [...new Set(fetches)].sort();
    const { program, prepared } = await this.#host.runnable(
      `${shaped.key}|forward|${wanted}`,
      () => compileForward(shaped.exact(), wanted),
    );
    return valuesOf(program, await prepared.run(inputs));
  }

  async behind(shaped: Shaped, given: readonly string[], fetches: readonly string[]): Promise<Twin> {
    const program = compileForward(shaped.exact(), fetches, given),
      prepared = await this.#host.executor.prepare(program);
    return {
      run: async (all) => valuesOf(program, await prepared.run(all)),
      release: () => prepared.release(),
    };
  }

  /** Its programs are its model's. */
  async release(): Promise<void> {}
}

/** Results under the names the file gives them. */
const valuesOf = ({ values }: Program, found: ReadonlyMap<string, Tensor>): Map<string, Tensor> =>
  new Map([...values].map(([name, own]) => [name, found.get(own)!]));
