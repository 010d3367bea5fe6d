/**
 * Deletion curves: the probability of the explained class as tokens are masked, most relevant first (MoRF) or least relevant first
 * (LeRF). The area between the two, LeRF − MoRF, is one number for how well an order of tokens knows what the model reads.
 *
 * Conventions: tokens replaced by [MASK] in place, special ones kept, step 0 included, x normalised to [0, 1].
 *
 * @module
 */
import type { Engine } from "../packages/cli/src/engine.ts";

/** Probability of one class for ids. */
export type Predict = (ids: readonly number[]) => Promise<number>;

/** A cached black box on one model and class. */
export function predictor(engine: Engine, model: string, index: number): Predict {
  const seen = new Map<string, Promise<number>>();
  return (ids) => {
    const key = ids.join(), before = seen.get(key);
    if (before) return before;
    const asked = engine.predict({ model, input: { ids: [...ids] } }, {
      signal: new AbortController().signal,
      progress: () => {},
    })
      .then(({ predictions }) => predictions.find((one) => one.index === index)!.probability!);
    seen.set(key, asked);
    return asked;
  };
}

/** Area under the curve of one order, by the trapezoid rule over at most `steps` steps. */
async function area(
  order: readonly number[],
  { ids, mask, predict, steps }: { ids: readonly number[]; mask: number; predict: Predict; steps: number },
): Promise<number> {
  const counts = [...new Set(Array.from({ length: steps + 1 }, (_, k) => Math.round((order.length * k) / steps)))];
  let sum = 0, last: { x: number; y: number } | undefined;
  for (const count of counts) {
    const gone = new Set(order.slice(0, count)),
      point = { x: count / order.length, y: await predict(ids.map((id, i) => (gone.has(i) ? mask : id))) };
    if (last) sum += ((point.x - last.x) * (point.y + last.y)) / 2;
    last = point;
  }
  return sum;
}

/** LeRF − MoRF of scores; `ordinary` are the places of tokens that may be masked. */
export async function between(
  scores: readonly number[],
  ordinary: readonly number[],
  how: { ids: readonly number[]; mask: number; predict: Predict; steps: number },
): Promise<number> {
  const order = ordinary.toSorted((a, b) => scores[b]! - scores[a]!);
  return await area(order.toReversed(), how) - await area(order, how);
}

/** Mean with a 95 % interval by 1000 bootstrap draws. */
export function bootstrap(values: readonly number[], next: () => number): { mean: number; low: number; high: number } {
  const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;
  const draws = Array.from({ length: 1000 }, () => mean(values.map(() => values[Math.floor(next() * values.length)]!)))
    .sort((a, b) => a - b);
  return { mean: mean(values), low: draws[25]!, high: draws[974]! };
}
