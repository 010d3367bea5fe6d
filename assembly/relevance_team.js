/* @ts-self-types="./relevance_team.d.ts" */
// A team of threads that walk lists of kernel calls in step. Lists and control words lie in the kernel's own (shared) memory, so
// once a member has started no message is ever sent: a run is one store and one notify, a join is one barrier.

/** Control words at the start of the memory. */
const EPOCH = 0, TABLE = 1, ARRIVED = 2, GENERATION = 3, FAILED = 4, QUIT = 5;
/** Bytes the team keeps to itself at the start of the memory. */
export const RESERVED = 64;
/**
 * Looks at a word this often before it sleeps: about 200 µs, several times what waking takes. With a tenth of it two threads keep
 * sending each other to sleep, and a barrier costs 18 µs instead of 0.2.
 */
const SPINS = 30_000;

/** Names of the kernel's functions in the order lists number them. */
export const order = (exports) => Object.keys(exports).filter((name) => typeof exports[name] === "function").sort();

/** One thread's list, read once: [function, arguments]; a function of −1 is a barrier. */
function decode(memory, at, count) {
  const words = new Float64Array(memory.buffer, at, count), calls = [];
  for (let i = 0; i < count;) {
    const op = words[i], size = words[i + 1];
    calls.push([op, Array.from(words.subarray(i + 2, i + 2 + size))]);
    i += 2 + size;
  }
  return calls;
}

/** One member: thread `index` of `size`. */
export class Member {
  constructor(exports, memory, index, size, canSleep) {
    this.functions = order(exports).map((name) => exports[name]);
    this.memory = memory;
    this.index = index;
    this.size = size;
    this.canSleep = canSleep;
    this.control = new Int32Array(memory.buffer, 0, RESERVED / 4);
    this.lists = new Map();
  }

  /** Waits until all have arrived. Spins first: a barrier between two busy threads takes a fraction of a microsecond. */
  barrier() {
    if (this.size === 1) return;
    const { control } = this, generation = Atomics.load(control, GENERATION);
    if (Atomics.add(control, ARRIVED, 1) === this.size - 1) {
      Atomics.store(control, ARRIVED, 0);
      Atomics.add(control, GENERATION, 1);
      Atomics.notify(control, GENERATION);
      return;
    }
    this.#until(GENERATION, generation);
  }

  #until(word, value) {
    const { control } = this;
    for (let i = 0; i < SPINS; i++) if (Atomics.load(control, word) !== value) return;
    while (Atomics.load(control, word) === value) if (this.canSleep) Atomics.wait(control, word, value);
  }

  /** Walks this thread's list of the program whose table lies at `table` (for each thread: offset and length of its list). */
  walk(table) {
    const entry = new Int32Array(this.memory.buffer, table, 2 * this.size + 1), stamp = entry[2 * this.size];
    let list = this.lists.get(table);
    if (list?.stamp !== stamp) {
      list = { stamp, calls: decode(this.memory, entry[2 * this.index], entry[2 * this.index + 1]) };
      this.lists.set(table, list);
    }
    for (const [op, values] of list.calls) {
      if (op < 0) this.barrier();
      else this.functions[op](...values);
    }
  }

  /** Starts a run on every thread, walks the own list, and returns when all are done. @throws what any thread threw */
  lead(table) {
    const { control } = this;
    if (this.size > 1) {
      Atomics.store(control, TABLE, table);
      Atomics.add(control, EPOCH, 1);
      Atomics.notify(control, EPOCH);
    }
    this.walk(table);
    this.barrier();
    if (control[FAILED]) throw new Error("A kernel thread failed");
  }

  /** A worker's whole life: sleep, walk, join, sleep. */
  follow() {
    const { control } = this;
    for (let epoch = 0;; epoch++) {
      this.#until(EPOCH, epoch);
      if (Atomics.load(control, QUIT)) return;
      try {
        this.walk(Atomics.load(control, TABLE));
      } catch {
        Atomics.store(control, FAILED, 1);
      }
      this.barrier();
    }
  }

  /** Lets the workers' threads end. */
  dismiss() {
    if (this.size === 1) return;
    Atomics.store(this.control, QUIT, 1);
    Atomics.add(this.control, EPOCH, 1);
    Atomics.notify(this.control, EPOCH);
  }
}

/**
 * Starts thread `index` of `size` on a shared memory and resolves when it waits for work. While it starts, the process stays alive
 * for it; afterwards it never keeps the process alive.
 */
export async function enlist({ module, memory, index, size }) {
  const message = { module, memory, index, size };
  if (globalThis.process?.versions?.node === undefined) {
    const worker = new Worker(new URL("./relevance_worker.js", import.meta.url), { type: "module" });
    await new Promise((resolve, reject) => {
      worker.onmessage = resolve;
      worker.onerror = (event) => reject(new Error(event.message || "A kernel thread did not start"));
      worker.postMessage(message);
    });
    return { terminate: () => worker.terminate() };
  }
  const threads = "node:worker_threads", { Worker: Thread } = await import(/* @vite-ignore */ threads);
  const url = new URL(/* @vite-ignore */ "./relevance_worker.js", import.meta.url); // a bundle for browsers has it once, above
  const worker = new Thread(url, { workerData: message, execArgv: [] });
  await new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  worker.unref();
  return { terminate: () => worker.terminate() };
}
