/**
 * Work that is told as it goes on. It lasts as long as somebody listens, or as long after as was asked for; meanwhile who lost the
 * connection can come back and hear what was missed.
 *
 * @module
 */
import { clearTimeout, setTimeout } from "node:timers";
import { asFailure } from "./errors.ts";

export interface RunEvent {
  /** From 0, in order; some of the progress may be left out. */
  readonly id: number;
  readonly event: string;
  readonly data: unknown;
}

export interface RunOptions {
  /** Milliseconds it goes on, and its events are kept, while nobody listens. */
  readonly keep: number;
  /** The deadline, or the server's own end. */
  readonly signal: AbortSignal;
  /** Called when neither work nor events are left. */
  over?(): void;
}

export type Tell = (event: string, data: unknown) => void;

export class Run {
  readonly id: string = crypto.randomUUID();
  readonly #options: RunOptions;
  readonly #left = new AbortController();
  #events: RunEvent[] = [];
  #next = 0;
  #ended = false;
  #listeners = 0;
  #alone: ReturnType<typeof setTimeout> | undefined;
  #change = Promise.withResolvers<void>();

  /** Begins the work; what it throws is told as `error`. */
  constructor(work: (tell: Tell, signal: AbortSignal) => Promise<void>, options: RunOptions) {
    this.#options = options;
    const signal = AbortSignal.any([options.signal, this.#left.signal]);
    const tell: Tell = (event, data) => {
      if (event === "progress") this.#events = this.#events.filter((old) => old.event !== "progress"); // the newest tells all
      this.#events.push({ id: this.#next++, event, data });
      this.#tell();
    };
    if (options.keep > 0) tell("run", { id: this.id });
    void work(tell, signal).catch((error) => tell("error", asFailure(error).toJSON())).finally(() => {
      this.#ended = true;
      this.#tell();
    });
  }

  /** Stops the work; who listens is told. */
  cancel(): void {
    this.#left.abort();
  }

  /** Events after one, as they come, until the run has ended or the listener's signal is aborted. */
  async *listen(after: number, signal: AbortSignal): AsyncGenerator<RunEvent> {
    const gone = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    this.#listeners++;
    clearTimeout(this.#alone);
    try {
      for (let last = after; !signal.aborted;) {
        const { promise } = this.#change, ended = this.#ended;
        for (const event of this.#events.filter(({ id }) => id > last)) {
          yield event;
          last = event.id;
        }
        if (ended) return;
        await Promise.race([promise, gone]);
      }
    } finally {
      if (--this.#listeners === 0) {
        this.#alone = setTimeout(() => {
          this.cancel();
          this.#options.over?.();
        }, this.#options.keep).unref(); // a server that ends waits for nobody to come back
      }
    }
  }

  #tell(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}
