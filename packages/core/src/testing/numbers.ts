/**
 * Reproducible numbers for tests.
 *
 * @module
 */

/**
 * A stream of numbers in [0, 1): mulberry32.
 *
 * @example
 * ```ts
 * import { randomNumbers } from "@hyaline/core/testing";
 * console.assert(randomNumbers(7)() === randomNumbers(7)());
 * ```
 */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * `count` numbers evenly spaced over an interval, in random order: no two are near each other and none is near zero, so a kink
 * (of Relu, Max, a pool) lies outside the reach of a finite difference.
 */
export function lattice(
  count: number,
  { random, range: [low, high] }: { random: () => number; range: readonly [number, number] },
): number[] {
  const values = Array.from({ length: count }, (_, i) => low + ((i + 0.5 + 0.1 * random()) / count) * (high - low));
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [values[i], values[j]] = [values[j]!, values[i]!];
  }
  return values;
}

/** Random signs: a direction in which no entry is left out. */
export const signs = (count: number, random: () => number): number[] =>
  Array.from({ length: count }, () => (random() < 0.5 ? -1 : 1));
