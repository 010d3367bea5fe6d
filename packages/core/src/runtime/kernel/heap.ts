/**
 * The kernel's one memory: weights that programs share, and a region for each prepared program.
 *
 * @module
 */
import { kernelMemory } from "../../errors.ts";
import { aligned } from "./plan.ts";

const PAGE = 65536;

/** A WebAssembly memory with a first-fit list of gaps. It grows when asked for more than it has; it never shrinks. */
export class Heap {
  readonly memory: WebAssembly.Memory;
  #end: number;
  #gaps: { at: number; bytes: number }[] = [];

  /** @param from bytes at the start that belong to somebody else */
  constructor(memory: WebAssembly.Memory, from: number) {
    this.memory = memory;
    this.#end = aligned(from);
  }

  /** Bytes the memory has grown to. */
  get bytes(): number {
    return this.memory.buffer.byteLength;
  }

  /** @returns the offset of `bytes` bytes, aligned to a cache line. @throws KERNEL_MEMORY where the memory cannot grow so far */
  allocate(bytes: number): number {
    const need = aligned(Math.max(1, bytes));
    const gap = this.#gaps.findIndex((one) => one.bytes >= need);
    if (gap >= 0) {
      const found = this.#gaps[gap]!, at = found.at;
      if (found.bytes === need) this.#gaps.splice(gap, 1);
      else this.#gaps[gap] = { at: at + need, bytes: found.bytes - need };
      return at;
    }
    const at = this.#end, missing = at + need - this.bytes;
    if (missing > 0) {
      try {
        this.memory.grow(Math.ceil(missing / PAGE));
      } catch (cause) {
        throw kernelMemory(at + need, cause);
      }
    }
    this.#end = at + need;
    return at;
  }

  /** Gives bytes back. */
  free(at: number, bytes: number): void {
    this.#gaps.push({ at, bytes: aligned(Math.max(1, bytes)) });
    this.#gaps.sort((a, b) => a.at - b.at);
    this.#gaps = this.#gaps.reduce<{ at: number; bytes: number }[]>((all, gap) => {
      const last = all.at(-1);
      if (last && last.at + last.bytes === gap.at) last.bytes += gap.bytes;
      else all.push({ ...gap });
      return all;
    }, []);
    const last = this.#gaps.at(-1);
    if (last && last.at + last.bytes === this.#end) {
      this.#end = last.at;
      this.#gaps.pop();
    }
  }
}
