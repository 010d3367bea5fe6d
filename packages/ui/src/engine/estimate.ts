/**
 * What is told of a model before it is loaded.
 *
 * @module
 */

/** Tokens of the text that {@link Weight.seconds} are for. */
export const TOKENS = 64;

export interface Weight {
  /** Of the model's files that will be read. */
  readonly bytes: number;
  readonly dtype: string;
  /** Bytes the tab will hold, about. */
  readonly memory: number;
  /** Seconds for an explanation on this machine, about. */
  readonly seconds: number;
}
