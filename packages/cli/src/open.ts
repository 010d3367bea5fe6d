/**
 * The core put together for a command line: checkpoints from disk and hub, ONNX Runtime, the plugins that come along.
 *
 * @module
 */
import process from "node:process";
import { availableParallelism } from "node:os";
import {
  type Choice,
  chooseExecutor,
  Hyaline,
  inspect,
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
import { nativeVersion, ownVersion, runtimeVersion } from "./versions.ts";

/** Opens the core. Models stay open until `close`. */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { backend = "wasm" } = options, alone = backend === "kernel";
  const session: SessionOptions = {
    backend: alone ? "wasm" : backend,
    threads: options.brief ? 1 : options.threads ?? Math.min(4, availableParallelism()),
  };
  let warm: Promise<void> | undefined;
  const shelf = new Shelf({
    bytes: options.memory ?? Infinity,
    open(choice) {
      if (!alone) warm ??= warmUp(session);
      return subjectFrom(choice, options, session);
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
    runtime: RUNTIMES[backend],
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
  { model, dtype, executor }: Choice,
  { offline, places, downloading, backend }: EngineOptions,
  session: SessionOptions,
): Promise<Subject> {
  const checkpoint = await openCheckpoint(places?.[model] ?? await placeOf(model), {
    offline,
    ...(dtype ? { dtype } : {}),
    ...(process.env.HYALINE_HUB ? { host: process.env.HYALINE_HUB } : {}),
    ...(process.env.HF_TOKEN ? { token: process.env.HF_TOKEN } : {}),
    ...(downloading ? { progress: ({ file, loaded, total }) => downloading(file, loaded, total ?? loaded) } : {}),
  });
  return backend === "kernel"
    ? subjectOf(checkpoint, { session, executor: chooseExecutor("kernel", session), forward: "program" })
    : subjectOf(checkpoint, { session, executor: chooseExecutor(executor, session) });
}

/** What an explanation says it was computed by. */
const RUNTIMES = {
  wasm: { name: `onnxruntime-web ${runtimeVersion}`, provider: "wasm" },
  native: { name: `onnxruntime-node ${nativeVersion}`, provider: "cpu" },
  kernel: { name: `hyaline kernel ${ownVersion}`, provider: "wasm" },
};

/** The process' largest resident size so far, as the system counts it. */
const withMemory = (explanation: Explanation): Explanation => {
  const peak = process.resourceUsage?.().maxRSS * 1024;
  return peak > 0 ? { ...explanation, memory: { peak } } : explanation;
};
