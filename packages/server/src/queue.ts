/**
 * One run at a time: two would each take twice as long. Who has to wait stands in a bounded line; a full line is told at once.
 *
 * @module
 */
import { busy, reasonOf } from "./errors.ts";

interface Waiting {
  readonly begin: () => void;
}

export class Queue {
  readonly #most: number;
  readonly #line: Waiting[] = [];
  /** Those that can wait for an idle moment; whoever puts them here bounds their number. */
  readonly #patient: Waiting[] = [];
  #running = false;
  /** Milliseconds a run took, the last ones counting most. */
  #usual = 1000;

  /** @param most runs that may wait */
  constructor(most: number) {
    this.#most = most;
  }

  get waiting(): number {
    return this.#line.length + this.#patient.length;
  }

  get running(): boolean {
    return this.#running;
  }

  /** @throws BUSY when the line is full */
  admit(): void {
    const { length } = this.#line;
    if (length >= this.#most) throw busy(length, Math.max(1, Math.ceil(length * this.#usual / 1000)));
  }

  /**
   * @param signal leaves the line at once when aborted
   * @throws BUSY when the line is full; the signal's reason
   */
  async run<T>(work: () => Promise<T>, signal: AbortSignal, { patient = false } = {}): Promise<T> {
    if (signal.aborted) throw reasonOf(signal);
    if (this.#running) await this.#turn(patient ? this.#patient : this.#line, signal, patient);
    this.#running = true;
    const from = performance.now();
    try {
      return await work();
    } finally {
      this.#usual = 0.8 * this.#usual + 0.2 * (performance.now() - from);
      this.#running = false;
      (this.#line.shift() ?? this.#patient.shift())?.begin();
    }
  }

  #turn(line: Waiting[], signal: AbortSignal, patient: boolean): Promise<void> {
    if (!patient) this.admit();
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        line.splice(line.indexOf(waiting), 1);
        reject(reasonOf(signal));
      };
      const waiting = {
        begin: () => {
          this.#running = true; // nobody may come in between
          signal.removeEventListener("abort", leave);
          resolve();
        },
      };
      line.push(waiting);
      signal.addEventListener("abort", leave, { once: true });
    });
  }
}
