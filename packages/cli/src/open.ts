/**
 * The core put together for a command line: checkpoints from disk and hub, ONNX Runtime, the plugins that come along.
 *
 * @module
 */
import process from "node:process";
import { availableParallelism } from "node:os";
import {
  type Choice,
  executorsOn,
  Hyaline,
  inspect,
  type ModelOptions,
  type SessionOptions,
  Shelf,
  type Subject,
  subjectOf,
  warmUp,
} from "@hyaline/core";
import { tokenizerMissing } from "@hyaline/core/errors";
import { installedPlugins, openCheckpoint, PluginStore } from "@hyaline/core/node";
import type { Explanation } from "@hyaline/core/result";
import { builtInPlugins } from "@hyaline/explainers";
import type { Engine, EngineOptions } from "./engine.ts";
import { placeOf } from "./models.ts";
import { homeFolder } from "./settings.ts";

/** Opens the core. Models stay open until `close`. */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { backend = "auto" } = options, { runtime, forward } = WAYS[backend];
  const session: SessionOptions = {
    backend: runtime,
    threads: options.brief ? 1 : options.threads ?? Math.min(4, availableParallelism()),
  };
  const executors = executorsOn(session);
  let warm: Promise<void> | undefined;
  const shelf = new Shelf({
    bytes: options.memory ?? Infinity,
    open(choice) {
      // Where the kernel may do it all nothing is known before the first run.
      if (forward === "session" || (forward === "auto" && choice.executor === "onnxruntime")) warm ??= warmUp(session);
      const executor = executors(forward === "program" ? "kernel" : choice.executor);
      return subjectFrom(choice, options, { session, executor, forward });
    },
  });
  const strangers = await installedPlugins(new PluginStore(homeFolder(process.env))), { guest } = options;
  const plugins = [
    ...builtInPlugins(),
    ...strangers.filter(({ manifest }) => manifest.id !== guest?.manifest.id),
    ...(guest ? [guest] : []),
  ];
  const hyaline = new Hyaline({
    plugins,
    open: (model, choice) => shelf.open({ model, ...choice }),
  });
  return {
    explain: async (request, context) => (await hyaline.explain(request, context)).map(withMemory),
    predict: (request) => hyaline.predict(request),
    inspect: async ({ model, dtype, length }) =>
      inspect(await shelf.open({ model, dtype, executor: "auto" }), { length }),
    async tokenise({ model, dtype, text, truncate }) {
      const { words, id } = await shelf.open({ model, dtype, executor: "auto" });
      if (!words) throw tokenizerMissing(id);
      return words.encode(text, { truncate });
    },
    async load({ model, dtype, pinned }) {
      const subject = await shelf.open({ model, dtype, executor: "auto" }, { pinned });
      return shelf.opened.findLast((one) => one.model === model && one.dtype === subject.dtype)!;
    },
    unload: async (choice) => ({ closed: await shelf.drop(choice) }),
    opened: () => shelf.opened,
    health: () => ({ ready: true, starts: 1, resident: process.memoryUsage().rss }),
    methods: () => hyaline.registry.methods.map(({ entry, plugin }) => ({ entry, manifest: plugin.manifest })),
    async close() {
      await warm;
      await shelf.close();
      for (const { close } of plugins) await close?.();
    },
  };
}

async function subjectFrom(
  { model, dtype }: Choice,
  { offline, places, downloading }: EngineOptions,
  on: ModelOptions,
): Promise<Subject> {
  const checkpoint = await openCheckpoint(places?.[model] ?? await placeOf(model), {
    offline,
    ...(dtype ? { dtype } : {}),
    ...(process.env.HYALINE_HUB ? { host: process.env.HYALINE_HUB } : {}),
    ...(process.env.HF_TOKEN ? { token: process.env.HF_TOKEN } : {}),
    ...(downloading ? { progress: ({ file, loaded, total }) => downloading(file, loaded, total ?? loaded) } : {}),
  });
  return subjectOf(checkpoint, on);
}

/** Who computes the forward pass under each name of a backend, and the build of ONNX Runtime that stands by. */
const WAYS = {
  auto: { runtime: "wasm", forward: "auto" },
  wasm: { runtime: "wasm", forward: "session" },
  native: { runtime: "native", forward: "session" },
  kernel: { runtime: "wasm", forward: "program" },
} as const;

/** The process' largest resident size so far, as the system counts it. */
const withMemory = (explanation: Explanation): Explanation => {
  const peak = process.resourceUsage?.().maxRSS * 1024;
  return peak > 0 ? { ...explanation, memory: { peak } } : explanation;
};
