/**
 * Attentions in the order in which they are computed, and where their rows and columns lie among all tokens.
 *
 * @module
 */
import { missingEvidence } from "@hyaline/core/errors";
import type { AttentionInfo, Evidence } from "@hyaline/core/plugin";
import { given } from "../shared/given.ts";
import { type Matrix, zeros } from "../shared/matrix.ts";
import { type Source, sourcesOf } from "../shared/sources.ts";

/** One attention: `place` is where the evidence lists its arrays. */
export interface Step extends Pick<AttentionInfo, "layer" | "name" | "kind"> {
  readonly place: number;
  readonly from: Source;
  readonly to: Source;
}

export interface Steps {
  readonly steps: readonly Step[];
  /** The source the target is read from: the decoder, where there are two. */
  readonly reading: Source;
  /** The others, whose tokens are seen through cross-attention. */
  readonly others: readonly Source[];
}

/**
 * A source that is only looked at comes first; then layer by layer, self-attention before cross-attention.
 *
 * @throws MISSING_EVIDENCE for a model without attention over the tokens
 */
export function stepsOf({ tokens, attentionInfo }: Evidence): Steps {
  const info = given(attentionInfo, "attentions"), first = info.find(({ kind }) => kind === "cross") ?? info[0];
  const sources = sourcesOf(tokens, first?.from),
    named = (name: string) => sources.find((source) => source.name === name);
  const reading = first && named(first.from);
  const steps = info.flatMap(({ from, to, ...one }, place) => {
    const source = named(from), target = named(to);
    return source && target ? [{ ...one, place, from: source, to: target }] : [];
  });
  if (!reading || steps.length === 0) throw missingEvidence("attentions over these tokens");
  const order = ({ from, kind, layer }: Step): number[] => [from === reading ? 1 : 0, layer, kind === "cross" ? 1 : 0];
  return {
    steps: steps.sort((a, b) => compared(order(a), order(b))),
    reading,
    others: sources.filter((source) => source !== reading),
  };
}

const compared = (a: readonly number[], b: readonly number[]): number =>
  a.map((x, i) => x - b[i]!).find((difference) => difference !== 0) ?? 0;

/** A matrix over all tokens, `[T, T]`, made of blocks from one source to another; zero elsewhere. */
export function whole(
  length: number,
  blocks: readonly { readonly from: Source; readonly to: Source; readonly block: Matrix }[],
): Matrix {
  const all = zeros(length, length);
  for (const { from, to, block } of blocks) {
    for (let i = 0; i < block.rows; i++) {
      all.data.set(
        block.data.subarray(i * block.columns, (i + 1) * block.columns),
        (from.before + i) * length + to.before,
      );
    }
  }
  return all;
}
