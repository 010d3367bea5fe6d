/**
 * The kernel in this process: one build, one memory, a team of threads. Every program of an executor shares it.
 *
 * @module
 */
import type { Build, InitOutput } from "@hyaline/assembly";
import type { Member } from "@hyaline/assembly/team";
import sources from "@hyaline/assembly/version" with { type: "json" };
import { kernelMissing, kernelStale } from "../../errors.ts";
import { Handover } from "./handover.ts";
import { Heap } from "./heap.ts";
import { Regions } from "./regions.ts";
import { Weights } from "./weights.ts";

export interface KernelOptions {
  /** Threads, the calling one included; 1 where memory cannot be shared. By default as many as there are cores, 4 at most. */
  readonly threads?: number;
  /** The relaxed build by default, where the engine has relaxed SIMD. */
  readonly build?: Build;
}

interface Started {
  readonly kernel: InitOutput;
  readonly build: Build;
  readonly order: ReadonlyMap<string, number>;
  readonly workers: readonly { terminate(): void }[];
  /** Bytes at the start of the memory that belong to the team. */
  readonly reserved: number;
}

/** Largest memory asked for; an engine that refuses to reserve so much is asked for less. */
const MAXIMUM_PAGES = [65536, 32768, 16384];

/** Whether workers can share memory here: not in a page without cross-origin isolation. */
export function canShareMemory(): boolean {
  const isolated = (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated;
  return typeof SharedArrayBuffer === "function" && (isolated !== false || "process" in globalThis);
}

/** Threads a team has if nobody says otherwise. */
export const defaultThreads =
  (): number => (canShareMemory() ? Math.max(1, Math.min(4, globalThis.navigator?.hardwareConcurrency ?? 1)) : 1);

export class Engine {
  readonly build: Build;
  readonly threads: number;
  readonly heap: Heap;
  readonly weights: Weights;
  readonly regions: Regions;
  readonly handover: Handover;
  /** Number of each function in the team's lists. */
  readonly order: ReadonlyMap<string, number>;
  /** Byte offset of each thread's GEMM scratch. */
  readonly scratch: readonly number[];
  /** How this engine multiplies integers: see the kernel's `integer_form`. */
  readonly form: number;
  readonly #leader: Member;
  readonly #workers: readonly { terminate(): void }[];
  #stamps = 0;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(leader: Member, { kernel, build, order, workers, reserved }: Started) {
    this.build = build;
    this.threads = workers.length + 1;
    this.#workers = workers;
    this.heap = new Heap(kernel.memory, reserved);
    this.weights = new Weights(this.heap);
    this.regions = new Regions(this.heap);
    this.handover = new Handover(this.heap);
    this.order = order;
    this.scratch = Array.from({ length: this.threads }, () => this.heap.allocate(kernel.gemm_scratch_bytes()));
    this.form = kernel.integer_form(this.scratch[0]!);
    this.#leader = leader;
  }

  /**
   * Loads the kernel and starts its threads. While they start the process stays alive; afterwards they never keep it alive.
   *
   * @throws KERNEL_MISSING where the kernel was not built or the engine has no SIMD, KERNEL_STALE where it was built from other sources
   */
  static async start(options: KernelOptions = {}): Promise<Engine> {
    // Loaded on demand: who never asks for the kernel need not have built it.
    const load = Promise.all([import("@hyaline/assembly"), import("@hyaline/assembly/team")]);
    const [{ compile, hasRelaxedSimd, initSync, version }, { enlist, Member, order, RESERVED }] = await load.catch(
      (cause: unknown) => {
        throw kernelMissing(cause);
      },
    );
    if (version !== sources.version) throw kernelStale();
    const size = canShareMemory() ? Math.max(1, options.threads ?? defaultThreads()) : 1, shared = size > 1;
    const build = options.build ?? (hasRelaxedSimd() ? "relaxed" : "simd");
    const module = await compile({ build, shared }).catch((cause: unknown) => {
      throw kernelMissing(cause);
    });
    const memory = reserve(shared), kernel = initSync({ module, memory });
    const workers = await Promise.all(
      Array.from({ length: size - 1 }, (_, i) => enlist({ module, memory, index: i + 1, size })),
    );
    const numbers = new Map(order(kernel).map((name, i) => [name, i]));
    return new Engine(new Member(kernel, memory, 0, size, canSleep()), {
      kernel,
      build,
      order: numbers,
      workers,
      reserved: RESERVED,
    });
  }

  /** A number no other table has had: threads keep what they read under it. */
  stamp = (): number => ++this.#stamps;

  /** Walks a program's lists on all threads and returns when every one is done. */
  walk(table: number): void {
    this.#leader.lead(table);
  }

  /** Runs `work` when all that was asked for before is done: programs work in the same memory. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  /** Ends the threads; the engine cannot be used afterwards. */
  stop(): void {
    this.#leader.dismiss();
    for (const worker of this.#workers) worker.terminate();
  }
}

function reserve(shared: boolean): WebAssembly.Memory {
  for (const maximum of MAXIMUM_PAGES.slice(0, -1)) {
    try {
      return new WebAssembly.Memory({ initial: 64, maximum, shared });
    } catch {
      // Asked for more than this engine reserves: the next size is smaller.
    }
  }
  return new WebAssembly.Memory({ initial: 64, maximum: MAXIMUM_PAGES.at(-1)!, shared });
}

/** The main thread of a page may not sleep on a word of memory. */
function canSleep(): boolean {
  if (typeof SharedArrayBuffer !== "function") return false;
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1);
    return true;
  } catch {
    return false;
  }
}
