/**
 * Working memory of prepared programs. Only one program runs at a time and none keeps anything from one run to the next, so all
 * of them may work in the same place.
 *
 * @module
 */
import type { Heap } from "./heap.ts";

export interface Region {
  readonly at: number;
  readonly bytes: number;
}

export class Regions {
  readonly #heap: Heap;
  readonly #users = new Map<Region, number>();

  constructor(heap: Heap) {
    this.#heap = heap;
  }

  /** The smallest region that is large enough and not among `others`; a new one where none is. @throws KERNEL_MEMORY */
  take(bytes: number, others: ReadonlySet<Region> = new Set()): Region {
    const fits = [...this.#users.keys()].filter((one) => one.bytes >= bytes && !others.has(one)).sort((a, b) =>
      a.bytes - b.bytes
    );
    const region = fits[0] ?? { at: this.#heap.allocate(bytes), bytes };
    this.#users.set(region, (this.#users.get(region) ?? 0) + 1);
    return region;
  }

  /** One user less; what nobody uses is freed. */
  drop(region: Region): void {
    const left = this.#users.get(region)! - 1;
    if (left > 0) return void this.#users.set(region, left);
    this.#users.delete(region);
    this.#heap.free(region.at, region.bytes);
  }
}
