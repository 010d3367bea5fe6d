/**
 * What the API asks of the core. Whoever starts a server puts it together: in a process of its own, or with models in memory.
 *
 * @module
 */
import type { Inspection, Opened } from "@hyaline/core";
import type { ExplainerEntry, Manifest } from "@hyaline/core/manifest";
import type { Answer, ExplainRequestInput, Explanation, Token } from "@hyaline/core/result";

/** Work as it goes on. */
export interface Progress {
  /** Aborted when nobody wants the answer any more; the engine stops. */
  readonly signal: AbortSignal;
  progress?(stage: string, done: number, of: number): void;
  /** Each explanation as soon as it is there. */
  partial?(explanation: Explanation): void;
}

export interface Prediction {
  readonly predictions: readonly Answer[];
  readonly tokens: readonly Token[];
}

export interface Tokens {
  readonly tokens: readonly Token[];
  /** Tokens left out at the end. */
  readonly cut?: number;
}

/** A model by the name requests use, in one of its precisions. */
export interface ModelChoice {
  readonly model: string;
  readonly dtype?: string | undefined;
}

export interface Engine {
  /** One explanation a method, in the order asked. */
  explain(request: ExplainRequestInput, progress: Progress): Promise<Explanation[]>;
  predict(request: ExplainRequestInput, progress: Progress): Promise<Prediction>;
  /** What is known of a model before a run. `length` is the number of tokens that estimates are for. */
  inspect(request: ModelChoice & { readonly length: number }, progress: Progress): Promise<Inspection>;
  /** Tokens of a text as the model reads it, special ones included. */
  tokenise(
    request: ModelChoice & { readonly text: string; readonly truncate: boolean },
    progress: Progress,
  ): Promise<Tokens>;
  /** Opens a model before it is needed; a pinned one stays open. */
  load(request: ModelChoice & { readonly pinned: boolean }, progress: Progress): Promise<Opened>;
  /** Closes a model, in one precision or in all. */
  unload(request: ModelChoice, progress: Progress): Promise<{ readonly closed: number }>;
  /** Whether it takes requests, how often it was started, and the bytes of memory of its process. */
  health(): { readonly ready: boolean; readonly starts: number; readonly resident: number };
  /** Models that are open. */
  opened(): readonly Opened[];
  methods(): readonly { readonly entry: ExplainerEntry; readonly manifest: Manifest }[];
  close(): Promise<void>;
}

/** A model the server offers, by the name requests use. */
export interface OfferedModel {
  readonly name: string;
  readonly bytes: number;
}
