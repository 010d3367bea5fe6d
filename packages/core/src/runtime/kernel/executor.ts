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
import { aligned, plan } from "./plan.ts";
import type { Hold } from "./handover.ts";
import type { Region } from "./regions.ts";
import { type Storage, type View, whole } from "./view.ts";

export interface KernelExecutorOptions extends KernelOptions {
  /** Where steps run that the kernel lacks; onnxruntime-web's wasm by default. */
  readonly fallback?: SessionOptions;
}

/** A program on the kernel; what it will need is known before it runs. */
export interface PreparedOnKernel extends PreparedProgram {
  /** Bytes of the tensors alive at the worst moment (those it takes from other programs and leaves to them included), and of the weights this program reads. */
  readonly memory: { readonly working: number; readonly weights: number };
  /** Steps handed to ONNX Runtime, by operator. */
  readonly foreign: ReadonlyMap<string, number>;
}

export interface KernelExecutor extends Executor {
  readonly id: "kernel";
  prepare(program: Program, place?: object): Promise<PreparedOnKernel>;
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
    prepare: async (program, place) =>
      await prepare(await started(), program, { place, fallback: options.fallback ?? { backend: "wasm", threads: 1 } }),
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

/** Bytes of the tensors that a program takes over or leaves, by the name they have in the file. */
const handedOver = ({ taps, values, types }: Program): Map<string, number> =>
  new Map(
    [...taps.map((name) => [name, name] as const), ...values].map((
      [name, own],
    ) => [name, 4 * size(types.get(own)!.dims)]),
  );

/** A stretch of kernel commands whose lists lie in memory, or one command that is not the kernel's. */
type Stage = { table: number } | { foreign: ForeignCommand; session: Session } | { rows: RowsCommand };

/** Prepares a program; what was held for one that cannot be prepared is given back. */
async function prepare(
  engine: Engine,
  program: Program,
  { place, fallback }: { place: object | undefined; fallback: SessionOptions },
): Promise<PreparedOnKernel> {
  const l = new Lowering(program, engine),
    owned: [number, number][] = [],
    regions: Region[] = [],
    hold = place && engine.handover.hold(place, handedOver(program));
  const giveBack = (): void => {
    for (const [at, bytes] of owned) engine.heap.free(at, bytes);
    for (const region of regions) engine.regions.drop(region);
    for (const [of, form] of l.held) engine.weights.drop(of, form);
    if (hold) engine.handover.drop(hold);
  };
  try {
    return await placed(engine, l, { fallback, owned, regions, hold, giveBack });
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
  /** What it shares with the other programs of its place. */
  readonly hold: Hold | undefined;
  readonly giveBack: () => void;
}

/** Lowers a program, gives everything its place and writes the lists. */
async function placed(
  engine: Engine,
  l: Lowering,
  { fallback, owned, regions, hold, giveBack }: Placing,
): Promise<PreparedOnKernel> {
  const { heap, weights, handover } = engine, { program } = l;
  const take = (bytes: number): number => {
    const at = heap.allocate(bytes);
    owned.push([at, bytes]);
    return at;
  };
  const inputs = takesSeed(program) ? [...program.taps, program.seed] : program.taps;
  const slot = (name: string): Storage | undefined => hold?.slots.get(name);
  const given = new Map(
    inputs.map((name) => [name, slot(name) ? whole(slot(name)!, l.dims(name)) : l.room(l.dims(name))]),
  );
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
  const left = hold ? [...program.values] : [];
  for (const [name, own] of left) l.settle(wanted.get(own)!, slot(name)!);
  for (const [, own] of left) wanted.delete(own);
  for (const view of wanted.values()) l.keep(view, "after");

  const moving = l.storages.filter(({ fixed }) => !fixed), room = plan(moving), region = engine.regions.take(room);
  const working = room + [...hold?.slots.values() ?? []].reduce((sum, { bytes }) => sum + aligned(bytes), 0);
  regions.push(region);
  for (const storage of moving) storage.at += region.at;
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
    const written = [...given].map(([name, view]): [string, View, Tensor] => {
      const tensor = name === program.seed ? seed : taps.get(name);
      if (!tensor) throw unknownTensor(name);
      return [name, view, tensor];
    }).filter(([name, , tensor]) => !hold || !handover.lies(tensor, name, hold));
    if (hold) handover.write(hold, new Set([...written, ...left].map(([name]) => name)));
    for (const [, view, tensor] of written) writeFloats(read(view), tensor);
    for (const stage of stages) {
      if ("table" in stage) engine.walk(stage.table);
      else if ("rows" in stage) copyRows(stage.rows, read);
      else await runForeign(stage.foreign, stage.session, program, read);
    }
    const typedOf = (name: string, view: View): Tensor => typed(program.types.get(name)!, read(view));
    return new Map([
      ...[...wanted].map(([name, view]): [string, Tensor] => [name, typedOf(name, view)]),
      ...left.map(([name, own]): [string, Tensor] => {
        const type = program.types.get(own)!, view = whole(slot(name)!, type.dims);
        return [own, handover.leave(name, type, () => typedOf(own, view).data)];
      }),
    ]);
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
