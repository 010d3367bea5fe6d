/**
 * Values that one program leaves where others read them: what the forward pass gives stays in the kernel's memory until relevance
 * has been carried back, and nobody copies it out and in again.
 *
 * Programs of one place (a model at one input shape) share a slot for each tensor. Only one place is in use at a time, so places
 * share memory too. What somebody still means to read is copied out before it is written over.
 *
 * @module
 */
import { broken } from "../../errors.ts";
import type { Tensor, TensorType } from "../../graph/tensor.ts";
import { lies } from "../executor.ts";
import type { Heap } from "./heap.ts";
import { aligned } from "./plan.ts";
import { type Region, Regions } from "./regions.ts";
import type { Storage } from "./view.ts";

/** Slots taken together, by the first program that named them. */
interface Group {
  readonly region: Region;
  readonly names: readonly string[];
  users: number;
}
interface Slot {
  readonly storage: Storage;
  readonly group: Group;
}
type Place = Map<string, Slot>;

/** The slots of one program. */
export interface Hold {
  readonly key: object;
  readonly slots: ReadonlyMap<string, Storage>;
  readonly groups: ReadonlySet<Group>;
}

/** Reads a tensor that still lies in its slot. */
type Read = () => Tensor["data"];

export class Handover {
  readonly #regions: Regions;
  readonly #places = new Map<object, Place>();
  /** The place whose values lie in memory, and those of them that somebody may still read. */
  #now: object | undefined;
  readonly #lying = new Map<Tensor, { readonly name: string; readonly rescue: () => void }>();

  constructor(heap: Heap) {
    this.#regions = new Regions(heap);
  }

  /** Slots for a program's tensors, by name and bytes. @throws KERNEL_MEMORY */
  hold(key: object, sizes: ReadonlyMap<string, number>): Hold {
    const place: Place = this.#places.get(key) ?? new Map(), fresh = [...sizes].filter(([name]) => !place.has(name));
    if (fresh.length) {
      const taken = new Set([...place.values()].map(({ group }) => group.region));
      const region = this.#regions.take(fresh.reduce((sum, [, bytes]) => sum + aligned(bytes), 0), taken);
      const group: Group = { region, names: fresh.map(([name]) => name), users: 0 };
      let { at } = region;
      for (const [name, bytes] of fresh) {
        place.set(name, { group, storage: { bytes, at, first: 0, last: Infinity, fixed: true } });
        at += aligned(bytes);
      }
    }
    this.#places.set(key, place);
    const slots = [...sizes.keys()].map((name) => [name, place.get(name)!] as const),
      groups = new Set(slots.map(([, { group }]) => group));
    for (const group of groups) group.users++;
    return { key, slots: new Map(slots.map(([name, { storage }]) => [name, storage])), groups };
  }

  /** One user less of each slot; what nobody uses is freed. */
  drop({ key, groups }: Hold): void {
    const place = this.#places.get(key)!;
    for (const group of groups) {
      if (--group.users > 0) continue;
      if (this.#now === key) this.#rescue((name) => group.names.includes(name));
      for (const name of group.names) place.delete(name);
      this.#regions.drop(group.region);
    }
    if (place.size === 0) this.#places.delete(key);
  }

  /** A program is about to write these tensors. */
  write({ key }: Hold, names: ReadonlySet<string>): void {
    this.#rescue((name) => this.#now !== key || names.has(name));
    this.#now = key;
  }

  /** Whether a tensor lies in this place's slot of its name. */
  lies(tensor: Tensor, name: string, { key }: Hold): boolean {
    return this.#now === key && this.#lying.get(tensor)?.name === name;
  }

  /** A tensor that was written to its slot. Its elements are copied out when they are first read, or before they are written over. */
  leave(name: string, { dtype, dims }: TensorType, read: Read): Tensor {
    let data: Tensor["data"] | undefined, gone = false;
    const rescue = (): void => {
      if (gone && !data) throw broken(`"${name}" is read before it is let go`);
      data ??= read();
    };
    const tensor: Tensor = {
      dtype,
      dims,
      get data() {
        rescue();
        return data!;
      },
    };
    lies(tensor, () => {
      gone = true;
      this.#lying.delete(tensor);
    });
    this.#lying.set(tensor, { name, rescue });
    return tensor;
  }

  #rescue(which: (name: string) => boolean): void {
    for (const [tensor, { name, rescue }] of this.#lying) {
      if (!which(name)) continue;
      rescue();
      this.#lying.delete(tensor);
    }
  }
}
