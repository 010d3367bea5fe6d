/**
 * The memory plan: lifetimes are known before anything runs, so every storage gets its place once and the peak is known too.
 *
 * @module
 */
import type { Storage } from "./view.ts";

/** Storages start at multiples of a cache line, so that two threads never write the same one. */
export const ALIGNMENT = 64;
export const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/**
 * Places storages so that those alive at the same time never overlap: the largest first, each at the lowest gap among the placed
 * ones it meets (greedy by size, Pisarchyk & Lee 2020).
 *
 * @returns bytes the plan needs; each storage's `at` counts from the start of the plan
 */
export function plan(storages: readonly Storage[]): number {
  const placed: Storage[] = [];
  let peak = 0;
  for (const storage of [...storages].sort((a, b) => b.bytes - a.bytes || a.first - b.first)) {
    const bytes = aligned(storage.bytes);
    const met = placed.filter((other) => other.first <= storage.last && storage.first <= other.last).sort((a, b) =>
      a.at - b.at
    );
    let at = 0;
    for (const other of met) {
      if (at + bytes <= other.at) break;
      at = Math.max(at, other.at + aligned(other.bytes));
    }
    storage.at = at;
    placed.push(storage);
    peak = Math.max(peak, at + bytes);
  }
  return peak;
}
