/**
 * What is told of a model before it is loaded.
 *
 * @module
 */

/** Tokens of the text that seconds are told for. */
export const TOKENS = 64;

export interface Weight {
  /** Of the model's files that will be read. */
  readonly bytes: number;
  readonly dtype: string;
  /** Numbers the model has learnt, about. */
  readonly weights: number;
  /** Bytes the tab will hold, about. */
  readonly memory: number;
}
