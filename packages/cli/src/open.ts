/**
 * The core put together for a command line: checkpoints from disk and hub, ONNX Runtime, the plugins that come along.
 *
 * @module
 */
import process from "node:process";
import { availableParallelism } from "node:os";
import {
  chooseExecutor,
  type ExecutorName,
  Hyaline,
  inspect,
  type SessionOptions,
  type Subject,
  subjectOf,
  warmUp,
} from "@hyaline/core";
import { openCheckpoint } from "@hyaline/core/node";
import type { Explanation } from "@hyaline/core/result";
import { builtInPlugins } from "@hyaline/explainers";
import type { Engine, EngineOptions } from "./engine.ts";
import { placeOf } from "./models.ts";
import { runtimeVersion } from "./versions.ts";

/** Opens the core. Models stay open until `close`. */
export function openEngine(options: EngineOptions): Promise<Engine> {
  const session: SessionOptions = { backend: "wasm", threads: options.brief ? 1 : Math.min(4, availableParallelism()) };
  const open = new Map<string, Promise<Subject>>();
  let warm: Promise<void> | undefined;
  const subject = (model: string, dtype: string | undefined, executor: ExecutorName): Promise<Subject> => {
    warm ??= warmUp(session);
    const key = JSON.stringify([model, dtype, executor]);
    const found = open.get(key) ?? subjectFrom(model, { dtype, executor }, options, session);
    open.set(key, found);
    return found;
  };
  const hyaline = new Hyaline({
    plugins: builtInPlugins(),
    runtime: { name: `onnxruntime-web ${runtimeVersion}`, provider: "wasm" },
    open: (model, { dtype, executor }) => subject(model, dtype, executor),
  });
  return Promise.resolve({
    explain: async (request, context) => (await hyaline.explain(request, context)).map(withMemory),
    predict: (request) => hyaline.predict(request),
    inspect: async ({ model, dtype, length }) => inspect(await subject(model, dtype, "auto"), { length }),
    methods: () => hyaline.registry.methods.map(({ entry, plugin }) => ({ entry, manifest: plugin.manifest })),
    async close() {
      await warm;
      for (const subject of await Promise.allSettled(open.values())) {
        if (subject.status === "fulfilled") await subject.value.model.release();
      }
    },
  });
}

async function subjectFrom(
  model: string,
  { dtype, executor }: { dtype: string | undefined; executor: ExecutorName },
  { offline, downloading }: EngineOptions,
  session: SessionOptions,
): Promise<Subject> {
  const checkpoint = await openCheckpoint(await placeOf(model), {
    offline,
    ...(dtype ? { dtype } : {}),
    ...(process.env.HYALINE_HUB ? { host: process.env.HYALINE_HUB } : {}),
    ...(process.env.HF_TOKEN ? { token: process.env.HF_TOKEN } : {}),
    ...(downloading ? { progress: ({ file, loaded, total }) => downloading(file, loaded, total ?? loaded) } : {}),
  });
  return subjectOf(checkpoint, { session, executor: chooseExecutor(executor, session) });
}

/** The process' largest resident size so far, as the system counts it. */
const withMemory = (explanation: Explanation): Explanation => {
  const peak = process.resourceUsage?.().maxRSS * 1024;
  return peak > 0 ? { ...explanation, memory: { peak } } : explanation;
};
