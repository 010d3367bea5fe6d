/**
 * The executor `kernel`: relevance programs on the WASM-SIMD kernel.
 *
 * A program is lowered once: views instead of movement, a place in memory for every tensor by its lifetime, a list of calls for
 * every thread. A run copies the taps in, walks the lists, and copies the cotangents out.
 *
 * @module
 */
import { broken, unknownTensor } from "../../errors.ts";
import { size, type Tensor } from "../../graph/tensor.ts";
import type { Program } from "../../program/program.ts";
import type { Executor, PreparedProgram } from "../executor.ts";
import type { Session, SessionOptions } from "../session.ts";
import type { ForeignCommand } from "./command.ts";
import { Engine, type KernelOptions } from "./engine.ts";
import { typed, writeFloats } from "./foreign.ts";
import { lowered } from "./ops/mod.ts";
import { type Placed, placed } from "./placed.ts";
import { copyRows } from "./table.ts";
import { type View, whole } from "./view.ts";

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
    async prepare(program, place) {
      const on = await started(), fallback = options.fallback ?? { backend: "wasm", threads: 1 };
      return runnable(on, program, await placed(on, program, { place, fallback }));
    },
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

/** A placed program as one that runs. */
function runnable(engine: Engine, program: Program, on: Placed): PreparedOnKernel {
  const { heap, weights, handover } = engine, { given, wanted, left, stages, foreign, hold, memory } = on;
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
        const type = program.types.get(own)!, view = whole(hold!.slots.get(name)!, type.dims);
        return [own, handover.leave(name, type, () => typedOf(own, view).data)];
      }),
    ]);
  };
  return {
    memory,
    foreign,
    notes: [
      `kernel ${engine.build}, ${engine.threads} thread${engine.threads === 1 ? "" : "s"}: ${
        megabytes(memory.working)
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
      await engine.alone(() => Promise.resolve(on.giveBack())); // behind the runs that were asked for before
      for (const stage of stages) if ("session" in stage) await stage.session.release();
    },
  };
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

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
