/**
 * What the API asks of the core. Whoever starts a server puts it together: with files and a cache, or with models in memory.
 *
 * @module
 */
import type { ExplainerEntry, Manifest } from "@hyaline/core/manifest";
import type { Answer, ExplainRequestInput, Explanation, Token } from "@hyaline/core/result";

/** Work as it goes on. */
export interface Progress {
  readonly signal: AbortSignal;
  progress(stage: string, done: number, of: number): void;
}

export interface Engine {
  /** One explanation a method, in the order asked. */
  explain(request: ExplainRequestInput, progress: Progress): Promise<Explanation[]>;
  predict(
    request: ExplainRequestInput,
    progress: Progress,
  ): Promise<{ readonly predictions: readonly Answer[]; readonly tokens: readonly Token[] }>;
  methods(): readonly { readonly entry: ExplainerEntry; readonly manifest: Manifest }[];
}

/** A model the server offers, by the name requests use. */
export interface OfferedModel {
  readonly name: string;
  readonly bytes: number;
}
