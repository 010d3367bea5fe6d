/**
 * Memory for tests: every array lies between two guard zones. A guard is filled with NaNs of one bit pattern, so a write outside an
 * array is found by {@link Arena.intact} and a read outside one poisons the result.
 */
import { readFileSync } from "node:fs";
import { type Build, hasRelaxedSimd, type InitOutput, initSync } from "@hyaline/assembly";

const GUARD = 0x7fc0beef;
const ZONE = 64;

/** Builds this engine can run; Node 20 has no relaxed SIMD. */
export const available: Build[] = hasRelaxedSimd() ? ["simd", "relaxed"] : ["simd"];

const pkg = new URL("../pkg/", import.meta.url);
const files: Record<Build, string> = { simd: "relevance_bg.wasm", relaxed: "relevance_relaxed_bg.wasm" };

export class Arena {
  readonly memory = new WebAssembly.Memory({ initial: 400, maximum: 65536 });
  readonly kernel: InitOutput;
  #top = 1024;
  readonly #arrays: { at: number; bytes: number }[] = [];

  constructor(build: Build) {
    this.kernel = initSync({ module: readFileSync(new URL(files[build], pkg)), memory: this.memory });
  }

  #place(bytes: number): number {
    const at = this.#top + ZONE;
    this.#top = at + Math.ceil(bytes / 16) * 16 + ZONE;
    const missing = this.#top + ZONE - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / 65536));
    const words = new Uint32Array(this.memory.buffer);
    words.fill(GUARD, (at - ZONE) >> 2, at >> 2);
    // Between the last element and the next multiple of four only whole words can be guarded.
    words.fill(GUARD, (at + Math.ceil(bytes / 4) * 4) >> 2, this.#top >> 2);
    this.#arrays.push({ at, bytes });
    return at;
  }

  floats(values: ArrayLike<number>): number {
    const at = this.#place(values.length * 4);
    new Float32Array(this.memory.buffer, at, values.length).set(values);
    return at;
  }
  words(values: ArrayLike<number>): number {
    const at = this.#place(values.length * 4);
    new Int32Array(this.memory.buffer, at, values.length).set(values);
    return at;
  }
  bytes(values: ArrayLike<number>): number {
    const at = this.#place(values.length);
    new Uint8Array(this.memory.buffer, at, values.length).set(Uint8Array.from(values, (v) => v & 255));
    return at;
  }
  /** Room that is written before it is read. */
  room(count: number): number {
    return this.floats(new Float32Array(count).fill(NaN));
  }
  /** Unguarded inside, guarded outside. */
  scratch(bytes: number): number {
    return this.#place(bytes);
  }
  read(at: number, count: number): Float32Array {
    return new Float32Array(this.memory.buffer, at, count).slice();
  }
  /** Whether every guard zone is as it was. */
  intact(): boolean {
    const words = new Uint32Array(this.memory.buffer);
    return this.#arrays.every(({ at, bytes }) => {
      const before = words.subarray((at - ZONE) >> 2, at >> 2);
      const end = at + Math.ceil(bytes / 4) * 4;
      const after = words.subarray(end >> 2, (at + Math.ceil(bytes / 16) * 16 + ZONE) >> 2);
      return before.every((word) => word === GUARD) && after.every((word) => word === GUARD);
    });
  }
  /** Forgets all arrays. */
  clear(): void {
    this.#top = 1024;
    this.#arrays.length = 0;
  }
}

/** Reproducible numbers in [−1, 1). */
export function random(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2147483648 - 1;
  };
}

export const randoms = (count: number, next: () => number, scale = 1): Float32Array =>
  Float32Array.from({ length: count }, () => scale * next());

/** Largest difference, in units of the largest expected magnitude (1 at least). NaN anywhere gives NaN. */
export function error(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let worst = 0, size = 1;
  for (let i = 0; i < expected.length; i++) {
    const e = expected[i]!, f = found[i]!;
    if (Object.is(e, f) || e === f) continue;
    const d = Math.abs(f - e);
    if (!(d <= worst)) worst = d;
    if (Math.abs(e) > size) size = Math.abs(e);
  }
  return found.length === expected.length ? worst / size : NaN;
}
