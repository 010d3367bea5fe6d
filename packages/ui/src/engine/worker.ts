/**
 * The tab's worker: the core put together for a browser. One call at a time, in the order they came; one that was forgotten before
 * its turn is never begun.
 *
 * @module
 */
import {
  chooseExecutor,
  chooseModel,
  type Executor,
  type ExecutorName,
  type Files,
  Hyaline,
  inspect,
  type InstalledPlugin,
  readCheckpoint,
  type SessionOptions,
  type Subject,
  subjectOf,
  warmUp,
} from "@hyaline/core";
import { HyalineError } from "@hyaline/core/errors";
import {
  type EmbeddedModel,
  embeddedModels,
  filesBeside,
  filesBy,
  filesChosen,
  filesOnHub,
  type Loading,
  sizesOnHub,
} from "./checkpoints.ts";
import type { MethodInfo } from "./engine.ts";
import { Plugins } from "./installed.ts";
import type { Ask, CallName, Calls, Surroundings, Tell } from "./messages.ts";
import { frameEnded, infoOf, pluginFiles } from "./strangers.ts";
import { secondsFor, weightOf } from "./weight.ts";

/** Threads need memory that is shared, which a page has only when it is isolated from other origins. */
const threads = globalThis.crossOriginIsolated ? Math.min(4, navigator.hardwareConcurrency || 1) : 1;
const chosen = new Map<string, ReadonlyMap<string, File>>();
/** Models kept open, the one used last at the end. A tab's memory is small. */
const open = new Map<string, Promise<Subject>>(), KEPT = 2;
let embedded: Promise<readonly EmbeddedModel[]> | undefined;
/** The call whose turn it is; `loading` speaks to it. */
let now: { readonly id: number; readonly around: Surroundings };

const tell = (message: Tell): void => postMessage(message);
const loading: Loading = (...of) => tell({ id: now.id, event: "loading", of });
/** Models beside the page; a failed attempt is forgotten. */
function beside(): Promise<readonly EmbeddedModel[]> {
  const found = embedded ??= embeddedModels(now.around.base);
  found.catch(() => (embedded = undefined));
  return found;
}

async function filesOf(model: string): Promise<Files> {
  const folder = chosen.get(model);
  if (folder) return filesChosen(model, folder);
  const found = (await beside()).find(({ name }) => name === model), { base, hub } = now.around;
  return found ? filesBeside(base, found, loading) : filesOnHub(model, hub, loading);
}

/** Bytes of a model's files, none of them read. */
async function sizesOf(model: string): Promise<ReadonlyMap<string, number>> {
  const folder = chosen.get(model);
  if (folder) return new Map([...folder].map(([path, { size }]) => [path, size]));
  const found = (await beside()).find(({ name }) => name === model);
  return found ? new Map(Object.entries(found.files)) : await sizesOnHub(model, now.around.hub);
}

const session = (): SessionOptions => ({ backend: now.around.backend, threads });
/** What will run the model compiles itself while the first files are on their way. */
let warm: Promise<unknown> | undefined;

/** Executors are shared: a kernel has threads and a memory of its own. */
const executors = new Map<string, Executor>();
function executorNamed(name: ExecutorName, on: SessionOptions): Executor {
  const key = `${name} ${on.backend}`, found = executors.get(key) ?? chooseExecutor(name, on);
  executors.set(key, found);
  return found;
}

async function close(key: string, subject: Promise<Subject>): Promise<void> {
  open.delete(key);
  await subject.then(({ model }) => model.release(), () => {});
}

async function subject(model: string, dtype?: string, executor: ExecutorName = "auto"): Promise<Subject> {
  const on = session(), key = JSON.stringify([model, dtype, executor, on.backend]);
  warm ??= on.backend === "wasm" && executor !== "onnxruntime"
    ? executorNamed(executor, on).own?.().catch(() => {}) // what is wrong with it is said where it is needed
    : warmUp(on);
  const found = open.get(key) ??
    filesOf(model).then((files) => readCheckpoint(files, dtype ? { dtype } : {})).then((checkpoint) =>
      subjectOf(checkpoint, { session: on, executor: executorNamed(executor, on) })
    );
  open.delete(key);
  open.set(key, found);
  found.catch(() => open.delete(key));
  for (const [oldest, subject] of [...open].slice(0, -KEPT)) await close(oldest, subject);
  return await found;
}

const hostOn = (plugins: readonly InstalledPlugin[]): Hyaline =>
  new Hyaline({ plugins, open: (model, { dtype, executor }) => subject(model, dtype, executor) });
let host: Hyaline | undefined;
const plugins = new Plugins((list) => void hostOn(list)); // a host refuses what collides
let restored: Promise<void> | undefined;
const hyaline = (): Hyaline => host ??= hostOn(plugins.all);

const calls: { [N in CallName]: (input: Parameters<Calls[N]>[0], id: number, signal: AbortSignal) => unknown } = {
  models: async () =>
    (await beside()).map(({ name, files }) => ({ name, bytes: Object.values(files).reduce((sum, n) => sum + n, 0) })),
  methods: (): MethodInfo[] =>
    hyaline().registry.methods.map(({ entry: { needs: _, ...entry }, plugin }) => ({
      ...entry,
      plugin: plugin.manifest.id,
    })),
  explain: (request, id, signal) =>
    hyaline().explain(request, {
      signal,
      progress: (...of) => tell({ id, event: "progress", of }),
      partial: (of) => tell({ id, event: "partial", of }),
    }),
  predict: (request) => hyaline().predict(request),
  inspect: async ({ model, length }) => inspect(await subject(model), { length }),
  weigh: async (model) => weightOf(model, await sizesOf(model)),
  seconds: (weights) => secondsFor(weights, session()),
  mask: async (model) => {
    const { words } = await subject(model), stand = words?.stand.mask ?? words?.stand.pad;
    return stand === undefined ? undefined : words!.text(stand);
  },
  judge: async ({ name, files }) => plugins.look({ from: name, files: await pluginFiles(name, files) }),
  install: async ({ name, files: chosen, sha256 }) => {
    const files = await pluginFiles(name, chosen), { id } = infoOf({ from: name, files });
    const info = await plugins.add({ id, from: name, sha256, files });
    host = undefined;
    return info;
  },
  plugins: () => plugins.infos,
  remove: async (id) => {
    await plugins.remove(id);
    host = undefined;
  },
  keep: async ({ name, files }) => {
    const folder = filesBy("config.json", files);
    chooseModel(name, [...folder.keys()]); // refuses a folder without a model
    chosen.set(name, folder);
    for (const [key, subject] of open) if (JSON.parse(key)[0] === name) await close(key, subject); // of other files
    return name;
  },
};

const waiting = new Map<number, AbortController>();
let turn: Promise<void> = Promise.resolve();

onmessage = ({ data }: MessageEvent<Ask>) => {
  if (data.call === "ended") return frameEnded(data.frame, data.how);
  if (data.call === "forget") return waiting.get(data.id)?.abort();
  const { id, call, input, around } = data, forgotten = new AbortController();
  waiting.set(id, forgotten);
  turn = turn.then(async () => {
    if (!forgotten.signal.aborted) {
      now = { id, around };
      try {
        await (restored ??= plugins.restore());
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
