/**
 * The executor `kernel`: relevance programs on the WASM-SIMD kernel.
 *
 * A program is lowered once: views instead of movement, a place in memory for every tensor by its lifetime, a list of calls for
 * every thread. A run copies the taps in, walks the lists, and copies the cotangents out.
 *
 * @module
 */
import { broken, unknownTensor } from "../../errors.ts";
import { operator } from "../../graph/graph.ts";
import { size, type Tensor } from "../../graph/tensor.ts";
import { outputsOf, type Program, takesSeed } from "../../program/program.ts";
import type { Executor, PreparedProgram } from "../executor.ts";
import type { Session, SessionOptions } from "../session.ts";
import { type ForeignCommand, type KernelCommand, listOf, resolve, type RowsCommand } from "./command.ts";
import { Engine, type KernelOptions } from "./engine.ts";
import { foreignSession, typed, writeFloats } from "./foreign.ts";
import { copyRows } from "./table.ts";
import { Lowering } from "./lowering.ts";
import { lowered, lowerings } from "./ops/mod.ts";
import { plan } from "./plan.ts";
import type { Region } from "./regions.ts";
import type { View } from "./view.ts";

export interface KernelExecutorOptions extends KernelOptions {
  /** Where steps run that the kernel lacks; onnxruntime-web's wasm by default. */
  readonly fallback?: SessionOptions;
}

/** A program on the kernel; what it will need is known before it runs. */
export interface PreparedOnKernel extends PreparedProgram {
  /** Bytes of the tensors alive at the worst moment, and of the weights this program reads. */
  readonly memory: { readonly working: number; readonly weights: number };
  /** Steps handed to ONNX Runtime, by operator. */
  readonly foreign: ReadonlyMap<string, number>;
}

export interface KernelExecutor extends Executor {
  readonly id: "kernel";
  prepare(program: Program): Promise<PreparedOnKernel>;
  /** Build and threads in use. */
  describe(): Promise<{ build: "simd" | "relaxed"; threads: number }>;
  /** Bytes the kernel's memory has grown to; it never shrinks. */
  bytes(): Promise<number>;
  /** Ends the threads. */
  stop(): Promise<void>;
}

/**
 * The executor `kernel`. The kernel is loaded, and its threads started, by the first call.
 *
 * @throws KERNEL_MISSING and KERNEL_MEMORY (from `prepare`): it cannot be loaded, or a program needs more memory than the engine gives
 * @example
 * ```ts
 * import { kernelExecutor } from "@hyaline/core";
 *
 * const executor = kernelExecutor({ threads: 1 });
 * const { threads } = await executor.describe();
 * if (threads !== 1) throw new Error(`${threads} threads`);
 * await executor.stop();
 * ```
 */
export function kernelExecutor(options: KernelExecutorOptions = {}): KernelExecutor {
  let engine: Promise<Engine> | undefined;
  const started = (): Promise<Engine> => engine ??= Engine.start(options);
  return {
    id: "kernel",
    prepare: async (program) =>
      await prepare(await started(), program, options.fallback ?? { backend: "wasm", threads: 1 }),
    async own() {
      await started();
      return lowered;
    },
    async describe() {
      const { build, threads } = await started();
      return { build, threads };
    },
    bytes: async () => (await started()).heap.bytes,
    async stop() {
      (await engine)?.stop();
      engine = undefined;
    },
  };
}

/** A stretch of kernel commands whose lists lie in memory, or one command that is not the kernel's. */
type Stage = { table: number } | { foreign: ForeignCommand; session: Session } | { rows: RowsCommand };

/** Prepares a program; what was held for one that cannot be prepared is given back. */
async function prepare(engine: Engine, program: Program, fallback: SessionOptions): Promise<PreparedOnKernel> {
  const l = new Lowering(program, engine),
    owned: [number, number][] = [],
    regions: Region[] = [];
  const giveBack = (): void => {
    for (const [at, bytes] of owned) engine.heap.free(at, bytes);
    for (const region of regions) engine.regions.drop(region);
    for (const [of, form] of l.held) engine.weights.drop(of, form);
  };
  try {
    return await placed(engine, l, { fallback, owned, regions, giveBack });
  } catch (cause) {
    giveBack();
    throw cause;
  }
}

interface Placing {
  readonly fallback: SessionOptions;
  /** Ranges of the heap this program takes, filled in as they are taken. */
  readonly owned: [number, number][];
  /** Where it works. */
  readonly regions: Region[];
  readonly giveBack: () => void;
}

/** Lowers a program, gives everything its place and writes the lists. */
async function placed(
  engine: Engine,
  l: Lowering,
  { fallback, owned, regions, giveBack }: Placing,
): Promise<PreparedOnKernel> {
  const { heap, weights } = engine, { program } = l;
  const take = (bytes: number): number => {
    const at = heap.allocate(bytes);
    owned.push([at, bytes]);
    return at;
  };
  const inputs = takesSeed(program) ? [...program.taps, program.seed] : program.taps;
  const given = new Map(inputs.map((name) => [name, l.room(l.dims(name))]));
  for (const [name, view] of given) {
    l.keep(view, "before");
    l.define(name, view);
  }
  const foreign = new Map<string, number>();
  for (const step of program.steps) {
    if (l.done.has(step)) continue;
    const lower = lowerings.get(operator(step));
    if (lower && lower(l, step) !== "foreign") continue;
    l.foreign(step);
    foreign.set(step.op, (foreign.get(step.op) ?? 0) + 1);
  }
  const wanted = new Map(outputsOf(program).map((name) => [name, l.contiguous(l.value(name))]));
  for (const view of wanted.values()) l.keep(view, "after");

  const working = plan(l.storages), region = engine.regions.take(working);
  regions.push(region);
  for (const storage of l.storages) storage.at += region.at;
  const tables = take(l.tableBytes), words = new Int32Array(heap.memory.buffer, tables, l.tableBytes / 4);
  for (const table of l.tables) words.set(table.words.map((word) => resolve(word, tables)), table.at / 4);

  const stages: Stage[] = [];
  for (const stretch of stretches(l.commands)) {
    if (stretch instanceof Array) stages.push({ table: written(engine, stretch, tables, take) });
    else if (stretch.kind === "rows") stages.push({ rows: stretch });
    else stages.push({ foreign: stretch, session: await foreignSession(program, stretch.step, fallback) });
  }
  const read = (view: View): Float32Array =>
    new Float32Array(heap.memory.buffer, view.storage.at + 4 * view.offset, size(view.dims));
  const list = [...foreign].map(([op, count]) => `${op} × ${count}`).join(", ");
  let released = false;
  const carry = async (taps: ReadonlyMap<string, Tensor>, seed: Tensor | undefined): Promise<Map<string, Tensor>> => {
    if (released) throw broken("a program is run before it is released");
    for (const [name, view] of given) {
      const tensor = name === program.seed ? seed : taps.get(name);
      if (!tensor) throw unknownTensor(name);
      writeFloats(read(view), tensor);
    }
    for (const stage of stages) {
      if ("table" in stage) engine.walk(stage.table);
      else if ("rows" in stage) copyRows(stage.rows, read);
      else await runForeign(stage.foreign, stage.session, program, read);
    }
    return new Map(
      [...wanted].map(([name, view]): [string, Tensor] => [name, typed(program.types.get(name)!, read(view))]),
    );
  };
  return {
    memory: {
      working,
      weights: [...new Set(l.held.map(([of, form]) => weights.storage(of, form)))].reduce(
        (sum, storage) => sum + storage.bytes,
        0,
      ),
    },
    foreign,
    notes: [
      `kernel ${engine.build}, ${engine.threads} thread${engine.threads === 1 ? "" : "s"}: ${
        megabytes(working)
      } MB planned beside ${megabytes(weights.bytes)} MB of weights`,
      ...(foreign.size ? [`left to ONNX Runtime: ${list}`] : []),
    ],
    run(taps, seed) {
      // A foreign step lets other work in between, and all programs share memory.
      return engine.alone(() => carry(taps, seed));
    },
    async release() {
      if (released) return;
      released = true;
      await engine.alone(() => Promise.resolve(giveBack())); // behind the runs that were asked for before
      for (const stage of stages) if ("session" in stage) await stage.session.release();
    },
  };
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

/** Kernel commands between the others. */
function stretches(commands: Lowering["commands"]): (KernelCommand[] | ForeignCommand | RowsCommand)[] {
  const all: (KernelCommand[] | ForeignCommand | RowsCommand)[] = [];
  for (const command of commands) {
    if (command.kind !== "kernel") all.push(command);
    else if (all.at(-1) instanceof Array) (all.at(-1) as KernelCommand[]).push(command);
    else all.push([command]);
  }
  return all;
}

/** Writes every thread's list and the table of lists; returns the table's address. */
function written(
  engine: Engine,
  commands: readonly KernelCommand[],
  tables: number,
  take: (bytes: number) => number,
): number {
  const { heap, order, threads } = engine, entries: number[] = [];
  for (let thread = 0; thread < threads; thread++) {
    const list = listOf(commands, thread, { tables, order }), at = take(list.length * 8);
    new Float64Array(heap.memory.buffer, at, list.length).set(list);
    entries.push(at, list.length);
  }
  const table = [...entries, engine.stamp()], at = take(table.length * 4);
  new Int32Array(heap.memory.buffer, at, table.length).set(table);
  return at;
}

async function runForeign(
  { step, inputs, outputs }: ForeignCommand,
  session: Session,
  program: Program,
  read: (view: View) => Float32Array,
): Promise<void> {
  const feeds = new Map([...inputs].map(([name, view]) => [name, typed(program.types.get(name)!, read(view))]));
  const found = await session.run(feeds, step.outputs.filter(Boolean));
  for (const [name, view] of outputs) writeFloats(read(view), found.get(name)!);
}
