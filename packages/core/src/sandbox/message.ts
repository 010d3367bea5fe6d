/**
 * What host and plugin say to each other, and over what.
 *
 * @module
 */
import type { Edit, Evidence } from "../plugin/evidence.ts";

/** A failure on its way across: a stranger's words, shown as such. */
export interface Failed {
  readonly message: string;
  readonly code?: string;
}

/** From the host. One `explain` at a time. */
export type ToPlugin =
  | {
    readonly kind: "explain";
    readonly id: string;
    readonly evidence: Evidence;
    readonly options: Readonly<Record<string, unknown>>;
    readonly seed: number;
    /** Whether `context.predict` is there. */
    readonly predicts: boolean;
    /** Note which evidence is asked for and was not given. */
    readonly watched: boolean;
  }
  | {
    readonly kind: "predicted";
    readonly call: number;
    readonly values: Float32Array;
    readonly probabilities?: Float32Array;
  }
  | { readonly kind: "refused"; readonly call: number; readonly error: Failed }
  | { readonly kind: "abort" };

/** From the plugin. */
export type FromPlugin =
  | { readonly kind: "ready" }
  | { readonly kind: "predict"; readonly call: number; readonly edits: readonly Edit[] }
  | { readonly kind: "progress"; readonly done: number; readonly of: number }
  | { readonly kind: "log"; readonly message: string }
  | { readonly kind: "result"; readonly result: unknown; readonly missed: readonly string[] }
  | { readonly kind: "failed"; readonly error: Failed };

/** A line on which frames go both ways, in order. */
export interface Port {
  send(frame: Uint8Array<ArrayBuffer>): void;
  /** Set before anything is sent. */
  onframe: (frame: Uint8Array) => void;
}
