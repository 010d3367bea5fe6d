/**
 * Models that are kept open. Those used last stay; when their bytes are more than allowed the others give way, pinned ones never.
 *
 * @module
 */
import { memoryFull } from "../errors.ts";
import type { ExecutorName } from "../runtime/choose.ts";
import type { Subject } from "./subject.ts";

export interface Choice {
  readonly model: string;
  /** Without it the checkpoint's best fit. */
  readonly dtype?: string | undefined;
  readonly executor: ExecutorName;
}

/** An open model. */
export interface Opened {
  readonly model: string;
  readonly dtype: string;
  /** Of the files it holds. The runtime's own copy, and programs, come to about as much again. */
  readonly bytes: number;
  readonly pinned: boolean;
}

export interface ShelfOptions {
  /** Bytes of open models' files. */
  readonly bytes: number;
  open(choice: Choice): Promise<Subject>;
}

interface Held {
  readonly choice: Choice;
  readonly subject: Promise<Subject>;
  bytes: number;
  dtype: string;
  pinned: boolean;
}

/** Opening and dropping must not fall into a run: what gives way is released at once. */
export class Shelf {
  readonly #options: ShelfOptions;
  /** In the order they were used. */
  readonly #held = new Map<string, Held>();

  constructor(options: ShelfOptions) {
    this.#options = options;
  }

  /** @throws MEMORY_FULL where pinned models leave no room, and what opening throws */
  async open(choice: Choice, { pinned = false } = {}): Promise<Subject> {
    const key = JSON.stringify([choice.model, choice.dtype ?? null, choice.executor]),
      held = this.#held.get(key) ??
        { choice, subject: this.#options.open(choice), bytes: 0, dtype: choice.dtype ?? "", pinned: false };
    this.#held.delete(key);
    this.#held.set(key, held);
    const subject = await held.subject.catch((error) => {
      this.#held.delete(key); // to be tried again
      throw error;
    });
    [held.bytes, held.dtype, held.pinned] = [subject.model.bytes, subject.dtype, held.pinned || pinned];
    for (const [other, { pinned }] of this.#held) {
      if (this.#total <= this.#options.bytes) break;
      if (other !== key && !pinned) await this.#release(other);
    }
    if (this.#total <= this.#options.bytes) return subject;
    await this.#release(key);
    throw memoryFull(held.bytes, this.#options.bytes - this.#total);
  }

  /** Closes a model, in one precision or in all. @returns how many were open */
  async drop({ model, dtype }: Pick<Choice, "model" | "dtype">): Promise<number> {
    const found = [...this.#held].filter(([, held]) =>
      held.choice.model === model && (dtype === undefined || held.dtype === dtype || held.choice.dtype === dtype)
    );
    for (const [key] of found) await this.#release(key);
    return found.length;
  }

  /** Open models, those used last at the end. */
  get opened(): Opened[] {
    return [...this.#held.values()].filter(({ bytes }) => bytes > 0)
      .map(({ choice: { model }, dtype, bytes, pinned }) => ({ model, dtype, bytes, pinned }));
  }

  async close(): Promise<void> {
    for (const key of [...this.#held.keys()]) await this.#release(key);
  }

  get #total(): number {
    return [...this.#held.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  async #release(key: string): Promise<void> {
    const held = this.#held.get(key);
    this.#held.delete(key);
    await (await held?.subject.catch(() => undefined))?.model.release();
  }
}
