/**
 * What the API asks of the core. Whoever starts a server puts it together: in a process of its own, or with models in memory.
 *
 * @module
 */
import type { Inspection } from "@hyaline/core";
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
  methods(): readonly { readonly entry: ExplainerEntry; readonly manifest: Manifest }[];
  close(): Promise<void>;
}

/** A model the server offers, by the name requests use. */
export interface OfferedModel {
  readonly name: string;
  readonly bytes: number;
}
