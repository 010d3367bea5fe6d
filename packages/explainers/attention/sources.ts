/**
 * Which attentions concern the explained tokens, and through which row they are read.
 *
 * @module
 */
import { missingEvidence } from "@hyaline/core/errors";
import type { AttentionInfo, Evidence } from "@hyaline/core/plugin";
import { given } from "../shared/given.ts";

export interface Places {
  /** Source of the explained tokens. */
  readonly explained: string;
  /** Source whose position `readingPosition` the target is read from: the decoder, where there are two. */
  readonly reading: string;
  readonly info: readonly AttentionInfo[];
}

/** The explained source is the tokens' own; the reading one is where cross-attention starts from, if there is any. */
export function placesOf({ tokens, attentionInfo }: Evidence): Places {
  const info = given(attentionInfo, "attentions");
  if (info.length === 0) throw missingEvidence("attentions");
  const cross = info.find(({ kind }) => kind === "cross"), { from: reading, to } = cross ?? info[0]!;
  return { explained: tokens[0]?.source ?? to, reading, info };
}

/** Places in `info` of the self-attentions over one source, in order of computation. */
export const selfAttentions = ({ info }: Places, source: string): number[] =>
  info.flatMap(({ kind, to }, place) => (kind === "self" && to === source ? [place] : []));

/** Places in `info` of the cross-attentions from the reading source to the explained one. */
export const crossAttentions = ({ info, explained }: Places): number[] =>
  info.flatMap(({ kind, to }, place) => (kind === "cross" && to === explained ? [place] : []));
