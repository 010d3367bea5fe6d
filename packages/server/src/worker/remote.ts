/**
 * The server's end of an engine that lives elsewhere. What is aborted there and does not stop is replaced.
 *
 * @module
 */
import type { Opened } from "@hyaline/core";
import { HyalineError } from "@hyaline/core/errors";
import { reasonOf, stopped, workerLost } from "../errors.ts";
import type { Engine, Progress } from "../engine.ts";
import type { Ask, FromWorker, Worker, WorkerState } from "./messages.ts";

export interface RemoteOptions {
  start(): Worker;
  /** Milliseconds an aborted run has to end by itself. */
  readonly grace?: number;
  /** Told when a worker is gone that nobody asked to go. */
  lost?(why: string): void;
}

interface Call {
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
  readonly context: Progress;
}

/**
 * Long enough for one pass over a text of a hundred tokens, after which a run ends by itself and its model stays open. The rest of the
 * second in which the processor is to be free belongs to the process' end: on a crowded machine giving its memory back waits, too.
 */
const GRACE = 200;

export class RemoteEngine implements Engine {
  readonly #options: RemoteOptions;
  readonly #calls = new Map<number, Call>();
  #worker: Promise<Worker> | undefined;
  #methods: ReturnType<Engine["methods"]> = [];
  #last = 0;
  #closed = false;
  /** Loaded anew when the worker is. */
  readonly #pinned = new Map<string, Parameters<Engine["load"]>[0]>();
  /** After the worker's last answer. */
  #state: WorkerState = { resident: 0, opened: [] };
  #starts = 0;
  #up = false;

  private constructor(options: RemoteOptions) {
    this.#options = options;
  }

  /** @throws WORKER_LOST when the worker ends before it is ready */
  static async open(options: RemoteOptions): Promise<RemoteEngine> {
    const engine = new RemoteEngine(options);
    await engine.#ready();
    return engine;
  }

  explain: Engine["explain"] = (request, context) => this.#ask("explain", request, context);
  predict: Engine["predict"] = (request, context) => this.#ask("predict", request, context);
  inspect: Engine["inspect"] = (request, context) => this.#ask("inspect", request, context);

  tokenise: Engine["tokenise"] = (request, context) => this.#ask("tokenise", request, context);

  load: Engine["load"] = async (request, context) => {
    const opened = await this.#ask<Opened>("load", request, context);
    if (request.pinned) this.#pinned.set(JSON.stringify([request.model, request.dtype]), request);
    return opened;
  };

  unload: Engine["unload"] = (request, context) => {
    for (const [key, { model, dtype }] of this.#pinned) {
      if (model === request.model && (request.dtype === undefined || dtype === request.dtype)) this.#pinned.delete(key);
    }
    return this.#ask("unload", request, context);
  };

  opened(): readonly Opened[] {
    return this.#state.opened;
  }

  health(): ReturnType<Engine["health"]> {
    return { ready: this.#up, starts: this.#starts, resident: this.#state.resident };
  }

  methods(): ReturnType<Engine["methods"]> {
    return this.#methods;
  }

  /** Ends the worker; what is under way there fails. */
  async close(): Promise<void> {
    this.#closed = true;
    const worker = await this.#worker?.catch(() => undefined);
    worker?.kill();
    await worker?.ended;
  }

  async #ask<T>(ask: Ask, of: unknown, context: Progress): Promise<T> {
    const { signal } = context, worker = await within(this.#ready(), signal), id = ++this.#last;
    let impatient: ReturnType<typeof setTimeout> | undefined;
    const stop = (): void => {
      worker.post({ id, stop: true });
      impatient = setTimeout(() => worker.kill(), this.#options.grace ?? GRACE);
    };
    try {
      return await new Promise<unknown>((resolve, reject) => {
        this.#calls.set(id, { resolve, reject, context });
        signal.addEventListener("abort", stop, { once: true });
        worker.post({ id, ask, of, watched: Boolean(context.progress ?? context.partial) });
      }) as T;
    } catch (error) {
      throw signal.aborted ? reasonOf(signal) : error;
    } finally {
      clearTimeout(impatient);
      signal.removeEventListener("abort", stop);
      this.#calls.delete(id);
    }
  }

  #ready(): Promise<Worker> {
    if (this.#closed) throw stopped();
    return this.#worker ??= this.#start();
  }

  async #resume(): Promise<void> {
    await this.#ready();
    for (const request of this.#pinned.values()) {
      await this.#ask("load", request, { signal: new AbortController().signal });
    }
  }

  async #start(): Promise<Worker> {
    const worker = this.#options.start();
    this.#starts++;
    let ready = (): void => {};
    worker.listen((message) => {
      if ("ready" in message) {
        this.#methods = message.ready;
        ready();
      } else this.#heard(message);
    });
    const up = new Promise<true>((resolve) => (ready = () => resolve(true)));
    const ended = worker.ended.then((why) => {
      this.#worker = undefined;
      this.#up = false;
      this.#state = { resident: 0, opened: [] };
      const asked = this.#closed || [...this.#calls.values()].some(({ context }) => context.signal.aborted);
      if (!asked) this.#options.lost?.(why);
      for (const { reject } of this.#calls.values()) reject(workerLost(why));
      return why;
    });
    const why = await Promise.race([up, ended]);
    if (why !== true) throw workerLost(why);
    this.#up = true;
    ended.then(() => this.#closed ? undefined : this.#resume()).catch(() => {}); // so that the next request finds one at work
    return worker;
  }

  #heard(message: Exclude<FromWorker, { ready: unknown }>): void {
    const call = this.#calls.get(message.id);
    if (!call) return;
    if ("progress" in message) call.context.progress?.(...message.progress);
    else if ("partial" in message) call.context.partial?.(message.partial);
    else if ("done" in message) {
      this.#state = message.state;
      call.resolve(message.done);
    } else if ("failed" in message) call.reject(new HyalineError(message.failed));
    else call.reject(new Error("The engine failed", { cause: message.crashed }));
  }
}

/** What is promised, unless the signal is aborted first. */
function within<T>(promised: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(reasonOf(signal));
    if (signal.aborted) leave();
    signal.addEventListener("abort", leave, { once: true });
    promised.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}
