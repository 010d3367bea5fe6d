/**
 * Owen values along a balanced tree of the text: what `PartitionExplainer` of the Python package `shap` computes.
 *
 * @module
 */
import type { Coalition, Game } from "../game/game.ts";

/** Players from `from` to `to`, cut in the middle; the left half is the larger one. */
interface Group {
  readonly from: number;
  readonly to: number;
}

/** A group in one context: the players of `coalition` are there, the group itself is what joins. */
interface Work {
  readonly group: Group;
  readonly coalition: Coalition;
  /** v without the group, and with it. */
  readonly before: number;
  readonly after: number;
  readonly weight: number;
}

export interface Owen {
  readonly values: Float64Array;
  /** Between nothing and all of what a token's unresolved groups hold; equal to the values where all was resolved. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly resolved: boolean;
}

/** Groups whose halves are asked for at once. */
const BATCH = 8;

const joined = (coalition: Coalition, { from, to }: Group): boolean[] =>
  coalition.map((there, i) => there || (i >= from && i < to));
const credit = ({ before, after, weight }: Work): number => (after - before) * weight;

/**
 * A group's credit goes to its halves l and r, each once in the context without the other and once with it:
 *
 *   l: ½ (v(C ∪ l) − v(C)) + ½ (v(C ∪ l ∪ r) − v(C ∪ r)),  r likewise,
 *
 * and so on down to single players. What moves the most is split first; a group that was not reached when the budget ended shares
 * its credit equally.
 *
 * @param most evaluations to spend beyond v(N) and v(∅)
 */
export async function owen(
  game: Game,
  { full, empty }: { readonly full: number; readonly empty: number },
  most: number,
): Promise<Owen> {
  const n = game.players, values = new Float64Array(n), low = new Float64Array(n), high = new Float64Array(n);
  let queue: Work[] = [{ group: { from: 0, to: n }, coalition: game.nobody(), before: empty, after: full, weight: 1 }],
    spent = 0;
  const give = ({ from, to }: Group, share: number): void => {
    for (let i = from; i < to; i++) {
      values[i]! += share / (to - from);
      low[i]! += to - from === 1 ? share : Math.min(0, share);
      high[i]! += to - from === 1 ? share : Math.max(0, share);
    }
  };
  while (queue.length > 0 && spent < most && !game.stopped) {
    queue.sort((a, b) => Math.abs(credit(b)) - Math.abs(credit(a)));
    const split: (Work & { readonly left: Group; readonly right: Group })[] = [];
    while (queue.length > 0 && split.length < BATCH && spent + 2 * split.length < most) {
      const work = queue.shift()!, { from, to } = work.group, middle = Math.ceil((from + to) / 2);
      if (to - from === 1) give(work.group, credit(work));
      else split.push({ ...work, left: { from, to: middle }, right: { from: middle, to } });
    }
    const found = await game.values(
      split.flatMap(({ coalition, left, right }) => [joined(coalition, left), joined(coalition, right)]),
    );
    spent += 2 * split.length;
    const rest = split.slice(Math.floor(found.length / 2));
    split.slice(0, split.length - rest.length).forEach(({ coalition, before, after, weight, left, right }, k) => {
      const withLeft = found[2 * k]!, withRight = found[2 * k + 1]!, half = weight / 2;
      queue.push(
        { group: left, coalition, before, after: withLeft, weight: half },
        { group: right, coalition, before, after: withRight, weight: half },
        { group: left, coalition: joined(coalition, right), before: withRight, after, weight: half },
        { group: right, coalition: joined(coalition, left), before: withLeft, after, weight: half },
      );
    });
    queue = [...rest, ...queue];
  }
  const resolved = queue.every(({ group: { from, to } }) => to - from === 1);
  for (const work of queue) give(work.group, credit(work));
  return {
    values,
    low: low.map((x, i) => Math.min(x, values[i]!)),
    high: high.map((x, i) => Math.max(x, values[i]!)),
    resolved,
  };
}
