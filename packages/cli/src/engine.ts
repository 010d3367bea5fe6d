/**
 * What commands ask of the core. It is loaded when a command first needs it, so that `--help` costs nothing.
 *
 * @module
 */
import type { Answer, ExplainRequestInput, Explanation, Token } from "@hyaline/core/result";
import type { Inspection } from "@hyaline/core";
import type { ExplainerEntry, Manifest } from "@hyaline/core/manifest";

/** Work as it goes on. */
export interface Progress {
  readonly signal: AbortSignal;
  progress(stage: string, done: number, of: number): void;
}

/** The core with everything a command line has at hand: files, a cache, built-in and installed plugins. */
export interface Engine {
  /** One explanation a method, in the order asked. */
  explain(request: ExplainRequestInput, progress: Progress): Promise<Explanation[]>;
  predict(
    request: ExplainRequestInput,
    progress: Progress,
  ): Promise<{ readonly predictions: readonly Answer[]; readonly tokens: readonly Token[] }>;
  /** What is known of a model before a run. */
  inspect(
    model: { readonly model: string; readonly dtype?: string },
    options: { readonly length: number },
  ): Promise<Inspection>;
  /** Every method at hand, with the plugin it comes from. */
  methods(): readonly { readonly entry: ExplainerEntry; readonly manifest: Manifest }[];
  close(): Promise<void>;
}

export interface EngineOptions {
  /** Never touch the network. */
  readonly offline: boolean;
  /** One short text on a small model: it is answered before further threads would have started. */
  readonly brief?: boolean;
  /** Bytes of a download as they arrive. */
  downloading?(file: string, done: number, of: number): void;
}

export type OpenEngine = (options: EngineOptions) => Promise<Engine>;
