/**
 * How far two methods agree on the same tokens: by rank, and by the tokens they hold strongest.
 *
 * @module
 */
import type { ExplanationOf } from "./explanation.ts";

/** Ranks with ties shared, from 0. */
function ranks(values: readonly number[]): number[] {
  const order = values.map((value, i) => ({ value, i })).sort((a, b) => a.value - b.value),
    rank = new Array<number>(values.length);
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to < order.length && order[to]!.value === order[from]!.value) to++;
    for (let k = from; k < to; k++) rank[order[k]!.i] = (from + to - 1) / 2;
    from = to;
  }
  return rank;
}

/** Spearman's ρ; undefined where one side is constant. */
export function spearman(a: readonly number[], b: readonly number[]): number | undefined {
  const p = ranks(a), q = ranks(b), mean = (a.length - 1) / 2;
  let pq = 0, pp = 0, qq = 0;
  p.forEach((x, i) => {
    pq += (x - mean) * (q[i]! - mean);
    pp += (x - mean) ** 2;
    qq += (q[i]! - mean) ** 2;
  });
  return pp > 0 && qq > 0 ? pq / Math.sqrt(pp * qq) : undefined;
}

/** Tokens that are looked at when methods are compared for what they hold strongest. */
const top = 3;

/** `rho` is Spearman's over the ordinary tokens; `shared` counts the strongest tokens both have among their `most` strongest. */
export interface Agreement {
  readonly rho: number | undefined;
  readonly shared: number;
  readonly most: number;
}

/** Compares two explanations of the same tokens; special tokens are left out. */
export function agreement(one: ExplanationOf<"token-scores">, other: ExplanationOf<"token-scores">): Agreement {
  const ordinary = one.tokens.map((_, i) => i).filter((i) => !one.tokens[i]!.special),
    most = Math.min(top, ordinary.length);
  const scores = ({ data }: ExplanationOf<"token-scores">) => ordinary.map((i) => data.values[i]!);
  const strongest = ({ data }: ExplanationOf<"token-scores">) =>
    new Set(ordinary.toSorted((a, b) => data.values[b]! - data.values[a]!).slice(0, most));
  const theirs = strongest(other);
  return {
    rho: spearman(scores(one), scores(other)),
    shared: [...strongest(one)].filter((i) => theirs.has(i)).length,
    most,
  };
}
