/**
 * Compiled programs kept ready to run. Texts come in many lengths and each has programs of its own, so only those used last are kept.
 *
 * @module
 */
import type { Program } from "../program/program.ts";
import type { Executor, PreparedProgram } from "../runtime/executor.ts";
import { turn } from "./turn.ts";

/** A compiled program and the executor's form of it. */
export interface Runnable {
  readonly program: Program;
  readonly prepared: PreparedProgram;
}

/** Programs kept ready. One explanation by every method needs about ten. */
const KEPT = 24;

export class Programs {
  readonly #executor: Executor;
  readonly #kept = new Map<string, Promise<Runnable>>();

  constructor(executor: Executor) {
    this.#executor = executor;
  }

  /**
   * The program of a key, made where it is not at hand.
   *
   * @param place where it finds the values of the forward pass, or leaves them: see `Executor.prepare`
   */
  get(key: string, make: () => Program, place?: object): Promise<Runnable> {
    const runnable = cached(this.#kept, key, async () => {
      const program = make();
      await turn();
      return { program, prepared: await this.#executor.prepare(program, place) };
    });
    this.#kept.delete(key);
    this.#kept.set(key, runnable); // used last
    if (this.#kept.size > KEPT) {
      const [oldest, entry] = this.#kept.entries().next().value!;
      this.#kept.delete(oldest);
      entry.then(({ prepared }) => prepared.release(), () => {});
    }
    return runnable;
  }

  async release(): Promise<void> {
    for (const entry of this.#kept.values()) await (await entry).prepared.release();
    this.#kept.clear();
  }
}

/** A failed attempt is forgotten, so that it can be tried again. */
export function cached<T>(map: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const before = map.get(key);
  if (before) return before;
  const made = make();
  map.set(key, made);
  made.catch(() => map.delete(key));
  return made;
}
