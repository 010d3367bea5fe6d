/**
 * The forward pass as a program where the executor runs the whole model by itself, as a session of ONNX Runtime elsewhere.
 *
 * @module
 */
import { HyalineError } from "../errors.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Executor } from "../runtime/executor.ts";
import type { Runtime } from "../runtime/record.ts";
import type { ForwardPass, Twin } from "./forward_pass.ts";
import { handedOver } from "./forward_program.ts";
import type { Inputs } from "./inputs.ts";
import type { Shaped } from "./shaping.ts";

/** What there is to choose from, and what the choice needs to know. */
export interface Choices {
  readonly session: ForwardPass;
  readonly program: ForwardPass;
  readonly executor: Executor;
  shaped(inputs: Inputs): Promise<Shaped>;
}

/** Decides once, at the shapes of the first run: before it neither is opened. */
export class ForwardChosen implements ForwardPass {
  readonly #choices: Choices;
  #deciding: Promise<ForwardPass> | undefined;
  #chosen: ForwardPass | undefined;

  constructor(choices: Choices) {
    this.#choices = choices;
  }

  get runtime(): Runtime {
    return (this.#chosen ?? this.#choices.session).runtime;
  }

  /** For the session, should it be the one. */
  expect(fetches: readonly string[]): void {
    this.#choices.session.expect(fetches);
  }

  async run(inputs: Inputs, fetches: readonly string[]): Promise<Map<string, Tensor>> {
    return await (await this.#decided(() => this.#choices.shaped(inputs))).run(inputs, fetches);
  }

  async place(shaped: Shaped): Promise<object | undefined> {
    return await (await this.#decided(() => Promise.resolve(shaped))).place(shaped);
  }

  async behind(shaped: Shaped, given: readonly string[], fetches: readonly string[]): Promise<Twin> {
    return await (await this.#decided(() => Promise.resolve(shaped))).behind(shaped, given, fetches);
  }

  async release(): Promise<void> {
    await this.#choices.session.release();
    await this.#choices.program.release();
  }

  /** A decision that failed is forgotten: the next input may be a better one. */
  #decided(shaped: () => Promise<Shaped>): Promise<ForwardPass> {
    return this.#deciding ??= this.#decide(shaped).then((chosen) => this.#chosen = chosen, (cause) => {
      this.#deciding = undefined;
      throw cause;
    });
  }

  async #decide(shaped: () => Promise<Shaped>): Promise<ForwardPass> {
    const { session, program, executor } = this.#choices, own = await executor.own?.().catch(() => undefined);
    if (!own) return session;
    try {
      const { exact, target } = await shaped();
      return handedOver(exact(), target, own).length ? session : program;
    } catch (cause) {
      if (cause instanceof HyalineError && cause.code === "MISSING_SHAPES") return session; // which needs to know none
      throw cause;
    }
  }
}
