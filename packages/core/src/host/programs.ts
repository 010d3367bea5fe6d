/**
 * Compiled programs kept ready to run.
 *
 * @module
 */
import type { Program } from "../program/program.ts";
import type { Executor, PreparedProgram } from "../runtime/executor.ts";
import { Kept } from "./kept.ts";
import { turn } from "./turn.ts";

/** A compiled program and the executor's form of it. */
export interface Runnable {
  readonly program: Program;
  readonly prepared: PreparedProgram;
}

export class Programs {
  readonly #executor: Executor;
  readonly #kept = new Kept<Runnable>(({ prepared }) => void prepared.release());

  constructor(executor: Executor) {
    this.#executor = executor;
  }

  /**
   * The program of a key, made where it is not at hand.
   *
   * @param place where it finds the values of the forward pass, or leaves them: see `Executor.prepare`
   */
  get(key: string, make: () => Program, place?: object): Promise<Runnable> {
    return this.#kept.get(key, async () => {
      const program = make();
      await turn();
      return { program, prepared: await this.#executor.prepare(program, place) };
    });
  }

  async release(): Promise<void> {
    for (const { prepared } of await this.#kept.take()) await prepared.release();
  }
}
