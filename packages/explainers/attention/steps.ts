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

/** A source's positions in attention: `lead` of its own stand before its tokens, such as the class token of a picture. */
export interface Positions extends Source {
  readonly lead: number;
}

/** One attention: `place` is where the evidence lists its arrays. */
export interface Step extends Pick<AttentionInfo, "layer" | "name" | "kind"> {
  readonly place: number;
  readonly from: Positions;
  readonly to: Positions;
}

export interface Steps {
  readonly steps: readonly Step[];
  /** The source the target is read from: the decoder, where there are two. */
  readonly reading: Positions;
  /** The others, whose tokens are seen through cross-attention. */
  readonly others: readonly Positions[];
  /** How many positions there are in all, and which of them is each token's. */
  readonly size: number;
  readonly visible: readonly number[];
  /** The position the target is read from: the token that is known, or a class token before all others; undefined where they are pooled. */
  readonly row: number | undefined;
}

/**
 * A source that is only looked at comes first; then layer by layer, self-attention before cross-attention.
 *
 * @throws MISSING_EVIDENCE for a model without attention over the tokens
 */
export function stepsOf({ tokens, attentionInfo, attentions, readingPosition }: Evidence): Steps {
  const info = given(attentionInfo, "attentions"), first = info.find(({ kind }) => kind === "cross") ?? info[0];
  const lengthIn = (name: string): number | undefined => {
    const place = info.findIndex(({ from, to }) => from === name || to === name);
    return given(attentions, "attentions")[place]?.shape[info[place]!.from === name ? 1 : 2];
  };
  const sources: Positions[] = [];
  for (const { name, length } of sourcesOf(tokens, first?.from)) {
    const lead = (lengthIn(name) ?? length) - length, last = sources.at(-1);
    if (lead < 0) throw missingEvidence("attentions over all of these tokens");
    sources.push({ name, length, lead, before: last ? last.before + last.lead + last.length : 0 });
  }
  const named = (name: string) => sources.find((source) => source.name === name), reading = first && named(first.from);
  const steps = info.flatMap(({ from, to, ...one }, place) => {
    const source = named(from), target = named(to);
    return source && target ? [{ ...one, place, from: source, to: target }] : [];
  });
  if (!reading || steps.length === 0) throw missingEvidence("attentions over these tokens");
  const order = ({ from, kind, layer }: Step): number[] => [from === reading ? 1 : 0, layer, kind === "cross" ? 1 : 0];
  const visible = sources.flatMap(({ before, lead, length }) => Array.from({ length }, (_, i) => before + lead + i));
  return {
    steps: steps.sort((a, b) => compared(order(a), order(b))),
    reading,
    others: sources.filter((source) => source !== reading),
    size: sources.reduce((sum, { lead, length }) => sum + lead + length, 0),
    visible,
    row: readingPosition === undefined ? (reading.lead > 0 ? reading.before : undefined) : visible[readingPosition],
  };
}

/** Weights of the positions the target is read from: one, or all of the reading source's alike. */
export function startOf({ row, reading: { before, lead, length }, size }: Steps): Float64Array {
  const start = new Float64Array(size);
  if (row === undefined) start.fill(1 / (lead + length), before, before + lead + length);
  else start[row] = 1;
  return start;
}

/** Values of positions, token by token. */
export const shown = (values: ArrayLike<number>, { visible }: Pick<Steps, "visible">): number[] =>
  visible.map((position) => values[position]!);

const compared = (a: readonly number[], b: readonly number[]): number =>
  a.map((x, i) => x - b[i]!).find((difference) => difference !== 0) ?? 0;

/** A matrix over all positions made of blocks from one source to another; zero elsewhere. */
export function whole(
  length: number,
  blocks: readonly {
    readonly from: Pick<Source, "before">;
    readonly to: Pick<Source, "before">;
    readonly block: Matrix;
  }[],
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
