/**
 * A checkpoint ready to be explained: its model, its words and its answers' names.
 *
 * @module
 */
import type { Token } from "../result/mod.ts";
import type { Model } from "./model.ts";
import type { Stand } from "./predict.ts";

/** What the host needs of a tokenizer. */
export interface Words {
  /**
   * Tokens of a text as the model reads it, special ones included.
   * @throws TEXT_TOO_LONG unless `truncate`; then `cut` says how many tokens were left out
   */
  encode(text: string, options: { truncate: boolean }): { tokens: Token[]; cut?: number };
  /** Ids of a text alone, no special tokens. */
  plain(text: string): number[];
  /** The text of one id. */
  text(id: number): string;
  isSpecial(id: number): boolean;
  readonly stand: Stand;
}

export interface Subject {
  readonly id: string;
  readonly sha256: string;
  readonly dtype: string;
  readonly model: Model;
  /** What `config.json` calls the architecture; told, never acted upon. */
  readonly modelType?: string;
  /** Classes by index, where `config.json` names them. */
  readonly labels?: readonly string[];
  readonly words?: Words;
  /** First token of an encoder-decoder's answer. */
  readonly decoderStart?: number;
}
