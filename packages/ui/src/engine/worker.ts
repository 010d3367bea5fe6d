/**
 * The tab's worker: the core put together for a browser. One call at a time, in the order they came; one that was forgotten before
 * its turn is never begun.
 *
 * @module
 */
import { chooseExecutor, Hyaline, inspect, readCheckpoint, type Subject, subjectOf, warmUp } from "@hyaline/core";
import { HyalineError } from "@hyaline/core/errors";
import core from "@hyaline/core/package.json" with { type: "json" };
import { builtInPlugins } from "@hyaline/explainers";
import {
  type EmbeddedModel,
  embeddedModels,
  filesBeside,
  filesChosen,
  filesOnHub,
  type Loading,
} from "./checkpoints.ts";
import type { ChosenFile, MethodInfo } from "./engine.ts";
import type { Ask, CallName, Calls, Tell } from "./messages.ts";

/** Threads need memory that is shared, which a page has only when it is isolated from other origins. */
const threads = globalThis.crossOriginIsolated ? Math.min(4, navigator.hardwareConcurrency || 1) : 1;
const session = { backend: "wasm", threads } as const;
const chosen = new Map<string, readonly ChosenFile[]>();
/** Models kept open, the one used last at the end. A tab's memory is small. */
const open = new Map<string, Promise<Subject>>(), KEPT = 2;
let embedded: Promise<readonly EmbeddedModel[]> | undefined;
/** The call whose turn it is; `loading` speaks to it. */
let now: { readonly id: number; readonly base: string } = { id: 0, base: "" };

const tell = (message: Tell): void => postMessage(message);
const loading: Loading = (...of) => tell({ id: now.id, event: "loading", of });
const beside = (): Promise<readonly EmbeddedModel[]> => embedded ??= embeddedModels(now.base);

async function filesOf(model: string) {
  const folder = chosen.get(model);
  if (folder) return filesChosen(model, folder);
  const found = (await beside()).find(({ name }) => name === model);
  return found ? filesBeside(now.base, found, loading) : filesOnHub(model, loading);
}

/** The runtime compiles itself while the first files are on their way. */
let warm: Promise<void> | undefined;

async function subject(model: string, dtype: string | undefined, executor: "auto" | "onnxruntime" | "kernel") {
  warm ??= warmUp(session);
  const key = JSON.stringify([model, dtype, executor]);
  const found = open.get(key) ??
    filesOf(model).then((files) => readCheckpoint(files, dtype ? { dtype } : {})).then((checkpoint) =>
      subjectOf(checkpoint, { session, executor: chooseExecutor(executor, session) })
    );
  open.delete(key);
  open.set(key, found);
  found.catch(() => open.delete(key));
  for (const [oldest, subject] of [...open].slice(0, -KEPT)) {
    open.delete(oldest);
    await subject.then(({ model }) => model.release(), () => {});
  }
  return await found;
}

const hyaline = new Hyaline({
  plugins: builtInPlugins(),
  runtime: { name: `onnxruntime-web ${core.dependencies["onnxruntime-web"]}`, provider: "wasm" },
  open: (model, { dtype, executor }) => subject(model, dtype, executor),
});

const calls: { [N in CallName]: (input: Parameters<Calls[N]>[0], id: number, signal: AbortSignal) => unknown } = {
  models: async () =>
    (await beside()).map(({ name, files }) => ({ name, bytes: Object.values(files).reduce((sum, n) => sum + n, 0) })),
  methods: (): MethodInfo[] =>
    hyaline.registry.methods.map(({ entry: { needs: _, ...entry }, plugin }) => ({
      ...entry,
      notice: entry.notice ?? "",
      plugin: plugin.manifest.id,
    })),
  explain: (request, id, signal) =>
    hyaline.explain(request, {
      signal,
      progress: (...of) => tell({ id, event: "progress", of }),
      partial: (of) => tell({ id, event: "partial", of }),
    }),
  predict: (request) => hyaline.predict(request),
  inspect: async ({ model, length }) => inspect(await subject(model, undefined, "auto"), { length }),
  keep: ({ name, files }) => {
    chosen.set(name, files);
    return name;
  },
};

const waiting = new Map<number, AbortController>();
let turn: Promise<void> = Promise.resolve();

onmessage = ({ data }: MessageEvent<Ask>) => {
  if (data.call === "forget") return waiting.get(data.id)?.abort();
  const { id, call, input, base } = data, forgotten = new AbortController();
  waiting.set(id, forgotten);
  turn = turn.then(async () => {
    if (!forgotten.signal.aborted) {
      now = { id, base };
      try {
        tell({ id, event: "done", of: await calls[call](input as never, id, forgotten.signal) });
      } catch (error) {
        tell({ id, event: "failed", of: told(error) });
      }
    }
    waiting.delete(id);
  });
};

/** What is not one of the core's own failures is told as it is: out of memory, most likely. */
function told(error: unknown): ReturnType<HyalineError["toJSON"]> {
  if (error instanceof HyalineError) return error.toJSON();
  const message = error instanceof Error ? error.message : String(error);
  return { code: "INTERNAL", message, hint: "Load the page again; a smaller model or a shorter text may help" };
}
