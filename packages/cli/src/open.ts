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
  type InstalledPlugin,
  manifestSchema,
  openSession,
  type RunExplainer,
  type SessionOptions,
  type Subject,
  subjectOf,
} from "@hyaline/core";
import { openCheckpoint } from "@hyaline/core/node";
import { failure } from "@hyaline/core/errors";
import type { Explanation } from "@hyaline/core/result";
import { builtIns } from "@hyaline/explainers";
import type { Engine, EngineOptions } from "./engine.ts";
import { placeOf } from "./models.ts";
import { smallestModel } from "./smallest.ts";
import { runtimeVersion } from "./versions.ts";

/** A plugin's module is loaded when one of its explainers is first run. */
const plugins = (): InstalledPlugin[] =>
  builtIns.map(({ manifest, load }) => {
    const known = manifestSchema.parse(manifest);
    let module: ReturnType<typeof load> | undefined;
    const run: RunExplainer = async (id, evidence, options, context) => {
      const explain = (await (module ??= load())).default[id];
      if (!explain) {
        throw failure({
          code: "PLUGIN_BROKEN",
          message: `The plugin "${known.id}" does not hold its explainer "${id}"`,
          hint: "Report this to the plugin's author",
        });
      }
      return explain(evidence, options as never, context);
    };
    return { manifest: known, run };
  });

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
    plugins: plugins(),
    runtime: { name: `onnxruntime-web ${runtimeVersion}`, provider: "wasm" },
    open: (model, { dtype, executor }) => subject(model, dtype, executor),
  });
  return Promise.resolve({
    explain: async (request, context) => (await hyaline.explain(request, context)).map(withMemory),
    predict: (request) => hyaline.predict(request),
    inspect: async ({ model, dtype }, { length }) => inspect(await subject(model, dtype, "auto"), { length }),
    methods: () => hyaline.registry.methods.map(({ entry, plugin }) => ({ entry, manifest: plugin.manifest })),
    async close() {
      await warm;
      for (const subject of await Promise.allSettled(open.values())) {
        if (subject.status === "fulfilled") await subject.value.model.release();
      }
    },
  });
}

/** Makes the runtime compile itself while files are still being read. What is wrong with it is said where it is needed. */
const warmUp = (session: SessionOptions): Promise<void> =>
  openSession(smallestModel(), session).then((smallest) => smallest.release()).catch(() => {});

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
