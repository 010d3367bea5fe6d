/**
 * What commands ask of the core. It is loaded when a command first needs it, so that `--help` costs nothing.
 *
 * @module
 */
import type { Inspection } from "@hyaline/core";
import type { Engine as Answering } from "@hyaline/server";

export type { Progress } from "@hyaline/server";

/** The core with everything a command line has at hand: files, a cache, built-in and installed plugins. */
export interface Engine extends Answering {
  /** What is known of a model before a run. */
  inspect(
    model: { readonly model: string; readonly dtype?: string },
    options: { readonly length: number },
  ): Promise<Inspection>;
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
