/**
 * What an explainer is given: plain numbers about one forward pass and one target. No session, no file, no network.
 *
 * Arrays are flat and row-major. T is the number of tokens, d the width of their embeddings, L the number of layers, H the number of
 * heads. A model of two sources (encoder and decoder) has the tokens of both, one source after the other: arrays over tokens are zero
 * where a source has no part in them; the rows and columns of an attention are the positions within its own two sources.
 *
 * @module
 */
import type { Ledger, Target, Token, Word } from "../result/mod.ts";

/** Numbers with a shape. */
export interface NumberArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A layer by number and name; hidden state k is what layer k hands on, hidden state 0 what enters layer 1. */
export interface LayerInfo {
  readonly index: number;
  readonly name: string;
}

/** One attention: which positions its rows and columns are. */
export interface AttentionInfo {
  readonly layer: number;
  readonly name: string;
  readonly kind: "self" | "cross";
  /** Source whose positions attend, and source that is attended to. */
  readonly from: string;
  readonly to: string;
}

/** A point inside a layer that relevance passes. A sub-layer is what a layer adds to what passes it: y = x + f(x). */
export interface SublayerPoint {
  /** Present where a model has several sources. */
  readonly source?: string;
  /** Counted from 1; 0 for what enters the first. */
  readonly layer: number;
  /** Through sub-layers, past them, or what both together hand on to the next. */
  readonly way: "through" | "past" | "after";
  /** Which; several where they work side by side, none where a layer is no sum. */
  readonly kinds: readonly ("attention" | "cross-attention" | "feed-forward" | "recurrent" | "convolution")[];
}

/** Relevance of one composite. */
export interface Relevances {
  /** `[T]`: Σ over channels of embedding ⊙ message. */
  readonly tokens: NumberArray;
  /** `[L + 1, T]` where asked for at every layer. */
  readonly layers?: NumberArray;
  /** `[points, T]` where asked for inside the layers. At each sub-layer, what is after it came through it, or past it. */
  readonly sublayers?: { readonly points: readonly SublayerPoint[]; readonly relevance: NumberArray };
  readonly ledger?: Ledger;
}

/** Integrated gradients' raw material. */
export interface PathEvidence {
  /** `[T, d]`: (x − x₀) ⊙ mean derivative. */
  readonly attributions: NumberArray;
  readonly steps: number;
  /** The target's value at the baseline. */
  readonly baselineValue: number;
  /** Where the quadrature points lie between baseline (0) and text (1), `[steps]`, rising. */
  readonly points: NumberArray;
  /** The target's value at these points, `[steps]`. */
  readonly values: NumberArray;
  /** Estimated error of the quadrature: |full rule − every other point|, summed over tokens. */
  readonly error: number;
}

/** What becomes of a token that does not stay: the vocabulary's mask or padding token in its place, or nothing (a shorter input). */
export type Replacement = "mask" | "pad" | "delete";

/** One changed input: which tokens stay, or ids in full. Without `replacement`: the mask token, or padding where there is none. */
export type Edit = { readonly keep: readonly boolean[]; readonly replacement?: Replacement } | {
  readonly ids: readonly number[];
};

export interface Evidence {
  /** Tokens of all sources, one source after the other; special ones are marked. */
  readonly tokens: readonly Token[];
  /** Tokens by word, special ones left out; indices into `tokens`. */
  readonly words?: readonly Pick<Word, "text" | "tokens">[];
  readonly target: Target;
  /** Position whose hidden state the target is read from: [CLS] or the last; undefined where all are pooled. */
  readonly readingPosition?: number;
  /** `[T, d]`, the output of the look-up, before positions and types are added. */
  readonly embeddings?: NumberArray;
  /** The logits of the explained position, `[classes]`. */
  readonly logits?: NumberArray;
  readonly layers?: readonly LayerInfo[];
  /** One `[T, d]` for each of `layers`. */
  readonly hiddenStates?: readonly NumberArray[];
  readonly attentionInfo?: readonly AttentionInfo[];
  /** One `[H, T, S]` for each of `attentionInfo`; rows sum to 1. */
  readonly attentions?: readonly NumberArray[];
  /** Query, key and value of each attention, `[H, T, dₕ]`, and the factor before the softmax. */
  readonly projections?: readonly {
    readonly query: NumberArray;
    readonly key: NumberArray;
    readonly value: NumberArray;
    readonly scale: number;
  }[];
  readonly gradients?: {
    readonly embeddings?: NumberArray;
    readonly hiddenStates?: readonly NumberArray[];
    readonly attentions?: readonly NumberArray[];
  };
  readonly relevances?: Relevances;
  readonly path?: PathEvidence;
}

/** What an explainer may call while it runs. */
export interface Context {
  /** Aborted when the person stops, or time is up. */
  readonly signal: AbortSignal;
  /** For every random choice: the same seed gives the same result. */
  readonly seed: number;
  progress(done: number, of: number): void;
  log(message: string): void;
  /**
   * The target's value (and probability, where a softmax applies) on changed inputs; there where the manifest needs `predict`.
   * Calls are batched by length and cached; every distinct input counts once against the budget.
   * @throws BUDGET_SPENT when more inputs are asked for than the budget allows: what was found so far is still a result
   */
  predict?(edits: readonly Edit[]): Promise<{ readonly values: Float32Array; readonly probabilities?: Float32Array }>;
}
