/**
 * Which executor carries relevance back, by the name a request gives it.
 *
 * @module
 */
import type { Executor } from "./executor.ts";
import { kernelExecutor } from "./kernel/executor.ts";
import { ortExecutor } from "./ort/executor.ts";
import type { SessionOptions } from "./session.ts";

export type ExecutorName = "auto" | "onnxruntime" | "kernel";

/**
 * The executor of a name. `auto` is the kernel beside the runtime's wasm build, which it beats, and ONNX Runtime where the
 * forward pass runs on a GPU or natively, or where the kernel cannot be loaded.
 *
 * @example
 * ```ts
 * import { chooseExecutor } from "@hyaline/core";
 *
 * const { id } = chooseExecutor("auto", { backend: "webgpu" });
 * if (id !== "ort") throw new Error(id);
 * ```
 */
export function chooseExecutor(name: ExecutorName, session: SessionOptions): Executor {
  const ort = ortExecutor(session);
  if (name === "onnxruntime" || (name === "auto" && session.backend !== "wasm")) return ort;
  const kernel = kernelExecutor({
    ...(session.threads ? { threads: session.threads } : {}),
    fallback: { ...session, backend: "wasm" },
  });
  if (name === "kernel") return kernel;
  let found: Promise<Executor> | undefined, chosen: Executor = kernel;
  const usable = (): Promise<Executor> => found ??= kernel.describe().then(() => kernel, () => chosen = ort);
  return {
    get id() {
      return chosen.id;
    },
    prepare: async (program, place) => await (await usable()).prepare(program, place),
    own: async () => await (await usable()).own?.(),
  };
}

/** Executors for many models, one a name: a kernel has threads and a memory of its own, which outlive the models in it. */
export function executorsOn(session: SessionOptions): (name: ExecutorName) => Executor {
  const made = new Map<ExecutorName, Executor>();
  return (name) => {
    const executor = made.get(name) ?? chooseExecutor(name, session);
    made.set(name, executor);
    return executor;
  };
}
