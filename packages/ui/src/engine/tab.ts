/**
 * The engine in this tab: a worker that holds models, forward and backward pass. Text never leaves the tab.
 *
 * @module
 */
import { frames } from "./frames.ts";
import { type Engine, Refused, type Work } from "./engine.ts";
import type { Ask, CallName, Calls, Folder, Surroundings, Tell } from "./messages.ts";

interface Waiting {
  readonly work: Work;
  resolve(value: unknown): void;
  reject(reason: unknown): void;
}

export interface TabOptions {
  /** Where hub ids are looked up: huggingface.co, or what the page's `<meta name="hyaline-hub">` says. */
  readonly hub?: string;
  /** The processor unless said. */
  readonly backend?: Surroundings["backend"];
}

/** An address beside the page will do as well. */
function hubOfPage(): string {
  const named = document.querySelector<HTMLMetaElement>('meta[name="hyaline-hub"]')?.content;
  return new URL(named || "https://huggingface.co", document.baseURI).href;
}

/** The worker is started by the first call, and again by the next one after it was ended. */
export function tabEngine({ hub = hubOfPage(), backend = "wasm" }: TabOptions = {}): Engine {
  const waiting = new Map<number, Waiting>(), open = frames();
  /** Models' folders that a new worker must be given again. */
  const given: Folder[] = [];
  let worker: Worker | undefined, last = 0;

  function end(reason: unknown): void {
    worker?.terminate();
    worker = undefined;
    open.cutAll();
    for (const { reject } of waiting.values()) reject(reason);
    waiting.clear();
  }

  function start(): Worker {
    const started = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "hyaline" });
    started.onmessage = ({ data, ports: [port] }: MessageEvent<Tell>) => {
      if (data.event === "frame") return void open.open(data, port!, started);
      if (data.event === "cut") return open.cut(data.frame);
      const asked = waiting.get(data.id);
      if (!asked) return;
      if (data.event === "progress") return asked.work.progress?.(...data.of);
      if (data.event === "loading") return asked.work.loading?.(...data.of);
      if (data.event === "partial") return asked.work.partial?.(data.of);
      waiting.delete(data.id);
      if (data.event === "done") asked.resolve(data.of);
      else asked.reject(new Refused(data.of));
    };
    started.onerror = (event) =>
      end(
        new Refused({
          code: "WORKER_ENDED",
          message: `The computation ended: ${event.message || "its code did not load"}`,
          hint: "Load the page again. A model that is too large for this tab may run in Deno: hyaline serve",
        }),
      );
    worker = started;
    for (const folder of given) ask("keep", folder).catch(() => {});
    return started;
  }

  function ask<N extends CallName>(
    call: N,
    input: Parameters<Calls[N]>[0],
    work: Work = {},
  ): Promise<ReturnType<Calls[N]>> {
    const to = worker ?? start(), id = ++last;
    return new Promise((resolve, reject) => {
      if (work.signal?.aborted) return reject(work.signal.reason);
      waiting.set(id, { work, resolve: resolve as (value: unknown) => void, reject });
      to.postMessage({ id, call, input, around: { base: document.baseURI, hub, backend } } satisfies Ask);
      work.signal?.addEventListener("abort", () => {
        if (!waiting.delete(id)) return;
        to.postMessage({ id, call: "forget" } satisfies Ask);
        reject(work.signal!.reason);
      }, { once: true });
    });
  }

  return {
    place: "tab",
    models: () => ask("models", undefined as never),
    methods: () => ask("methods", undefined as never),
    explain: (request, work) => ask("explain", request, work),
    predict: (request, work) => ask("predict", request, work),
    inspect: (model, length, work) => ask("inspect", { model, length }, work),
    weigh: (model) => ask("weigh", model),
    seconds: (weights) => ask("seconds", weights),
    mask: (model) => ask("mask", model),
    async keep(name, files) {
      const answer = await ask("keep", { name, files });
      given.push({ name, files });
      return answer;
    },
    judge: (name, files) => ask("judge", { name, files }),
    install: (name, files, sha256) => ask("install", { name, files, sha256 }),
    plugins: () => ask("plugins", undefined as never),
    remove: (id) => ask("remove", id),
    cancel: () => end(new DOMException("Cancelled", "AbortError")),
  };
}
