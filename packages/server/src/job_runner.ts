/**
 * Works through jobs, one text at a time, in line with everybody else's requests. What it had not kept when the process ended it does
 * again after the next start.
 *
 * @module
 */
import type { HyalineError } from "@hyaline/core/errors";
import type { ExplainRequest, Explanation } from "@hyaline/core/result";
import type { Job, JobTable, Outcome } from "./archive/job_table.ts";
import { asFailure, statusOf } from "./errors.ts";

export interface JobRunnerOptions {
  readonly jobs: JobTable;
  /** Explains, when it is its turn; may refuse with BUSY. */
  explain(request: ExplainRequest, signal: AbortSignal): Promise<readonly Explanation[]>;
  /** An outcome could not be read or kept; it is tried again. */
  stuck(error: unknown): void;
  /** The server stops: what is under way is given up, and nothing new begun. */
  readonly stopping: AbortSignal;
  /** Milliseconds between two tries of a text that failed by no fault of its own. */
  readonly pause?: number;
}

/** Tries of a text on which the server itself fails. */
const TRIES = 3;

export class JobRunner {
  readonly #options: JobRunnerOptions;
  /** What is in hand, or was last. */
  #under: { readonly id: string; readonly left: AbortController } | undefined;
  #running = false;
  #change = Promise.withResolvers<void>();

  constructor(options: JobRunnerOptions) {
    this.#options = options;
    options.stopping.addEventListener("abort", () => this.#tell());
    this.wake();
  }

  /** Resolves when any job has changed, or the server stops. */
  get change(): Promise<void> {
    return this.#change.promise;
  }

  /** There is something new to do. */
  wake(): void {
    if (!this.#running) void this.#work();
  }

  /** A job was cancelled or forgotten: what is under way for it is given up. */
  drop(id: string): void {
    if (this.#under?.id === id) this.#under.left.abort();
    this.#tell();
  }

  async #work(): Promise<void> {
    const { jobs, stopping } = this.#options;
    this.#running = true;
    while (!stopping.aborted) {
      try {
        const next = jobs.next();
        if (!next) break;
        const { job, row, text } = next, left = new AbortController();
        this.#under = { id: job.id, left };
        const outcome = await this.#outcome(job, text, AbortSignal.any([stopping, left.signal]));
        if (outcome && !stopping.aborted) jobs.finish(job.id, row, outcome);
      } catch (error) { // the archive is full, or its disk: there may be room later
        this.#options.stuck(error);
        await this.#wait(stopping);
      }
      this.#tell();
    }
    this.#running = false;
  }

  /** What became of a text; undefined where it was given up. */
  async #outcome({ request }: Job, text: string, signal: AbortSignal): Promise<Outcome | undefined> {
    for (let tries = 1;;) {
      try {
        return { explanations: await this.#options.explain({ ...request, input: { text } }, signal) };
      } catch (error) {
        if (signal.aborted) return undefined;
        const known = asFailure(error);
        if (!passing(known) || (known.code !== "BUSY" && tries++ >= TRIES)) return { error: known.toJSON() };
        await this.#wait(signal);
      }
    }
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#options.pause ?? 1000);
      signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
    });
  }

  #tell(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}

/** Whether the same text may do better later: the server was busy, starting, or broken. Its deadline would pass again. */
const passing = (error: HyalineError): boolean => [429, 500, 503].includes(statusOf(error));
