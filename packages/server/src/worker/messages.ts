/**
 * What a server and the process that computes for it say to each other. Everything is JSON.
 *
 * @module
 */
import type { Opened } from "@hyaline/core";
import type { Explanation } from "@hyaline/core/result";
import type { Engine } from "../engine.ts";

/** What can be asked of an engine: one request, one answer. */
export type Ask = Exclude<keyof Engine, "health" | "opened" | "methods" | "close">;

export type ToWorker =
  | { readonly id: number; readonly ask: Ask; readonly of: unknown; readonly watched: boolean }
  | { readonly id: number; readonly stop: true };

export type FromWorker =
  | { readonly ready: ReturnType<Engine["methods"]> }
  | { readonly id: number; readonly progress: readonly [stage: string, done: number, of: number] }
  | { readonly id: number; readonly partial: Explanation }
  | { readonly id: number; readonly done: unknown; readonly state: WorkerState }
  /** A failure Hyaline knows, or the stack of one it does not. */
  | {
    readonly id: number;
    readonly failed: { readonly code: string; readonly message: string; readonly hint?: string };
  }
  | { readonly id: number; readonly crashed: string };

/** What a worker holds. */
export interface WorkerState {
  /** Bytes of memory of its process. */
  readonly resident: number;
  readonly opened: readonly Opened[];
}

/** One end of the line. */
export interface Port<In, Out> {
  post(message: Out): void;
  listen(heard: (message: In) => void): void;
}

/** The server's end, and the life of what is at the other. */
export interface Worker extends Port<FromWorker, ToWorker> {
  /** Resolves with why it is no longer there. */
  readonly ended: Promise<string>;
  /** Ends it at once, whatever it does. */
  kill(): void;
}
