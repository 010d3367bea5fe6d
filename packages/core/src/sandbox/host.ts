/**
 * The host's end of the line: one call after another, each within limits. What breaks a limit is ended, and the next call starts anew.
 *
 * @module
 */
import { HyalineError, pluginBroken, pluginCrashed, pluginFailed, pluginLimit } from "../errors.ts";
import type { RunExplainer } from "../host/registry.ts";
import type { Context } from "../plugin/evidence.ts";
import type { Result } from "../result/mod.ts";
import { decode, encode } from "./frame.ts";
import type { FromPlugin, Port, ToPlugin } from "./message.ts";

/** A line to a sandbox, which can be cut. */
export interface Line extends Port {
  /** Settles when the other end is gone: with a failure that has a name, or with what is known of it. */
  readonly ended: Promise<HyalineError | string>;
  /** Ends whatever runs there, at once. */
  cut(): void;
}

/** What a plugin may use up in one call. */
export interface Limits {
  /** Its own time: what the host takes to answer `predict` does not count. */
  readonly seconds: number;
  /** Bytes it may say. */
  readonly bytes: number;
  /** How long it may go on after it was told to stop. */
  readonly grace: number;
}

export const LIMITS: Limits = { seconds: 60, bytes: 256 * 2 ** 20, grace: 2 };

/** A plugin behind a line that is opened when first needed, and stays open. */
export class Sandbox {
  readonly #plugin: string;
  readonly #open: () => Line;
  readonly #limits: Limits;
  #line: Line | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** @param plugin its id, for messages */
  constructor(plugin: string, open: () => Line, limits: Partial<Limits> = {}) {
    this.#plugin = plugin;
    this.#open = open;
    this.#limits = { ...LIMITS, ...limits };
  }

  /**
   * Runs one explainer. Calls wait for each other.
   *
   * @param watched collect the names of evidence that is asked for and was not given
   * @throws PLUGIN_FAILED, PLUGIN_CRASHED, PLUGIN_LIMIT, PLUGIN_BROKEN, BAD_FRAME, or why `context.signal` was aborted
   */
  call(
    ...[id, evidence, options, context, watched = false]: [...Parameters<RunExplainer>, watched?: boolean]
  ): Promise<{ readonly result: Result; readonly missed: readonly string[] }> {
    const before = this.#last,
      call = (async () => {
        await before;
        context.signal.throwIfAborted();
        const line = this.#line ??= this.#opened();
        const { predict } = context;
        return await this.#converse(line, context, {
          kind: "explain",
          id,
          evidence,
          options,
          seed: context.seed,
          predicts: predict !== undefined,
          watched,
        });
      })();
    this.#last = call.catch(() => {});
    return call;
  }

  /** Ends what runs. A later call would start it again. */
  close(): Promise<void> {
    this.#line?.cut();
    this.#line = undefined;
    return Promise.resolve();
  }

  #opened(): Line {
    const line = this.#open();
    void line.ended.then(() => {
      if (this.#line === line) this.#line = undefined;
    });
    return line;
  }

  async #converse(
    line: Line,
    { signal, predict, progress, log }: Context,
    call: ToPlugin,
  ): Promise<{ result: Result; missed: readonly string[] }> {
    const plugin = this.#plugin, { seconds, bytes, grace } = this.#limits;
    const answer = Promise.withResolvers<{ result: Result; missed: readonly string[] }>();
    const say = (message: ToPlugin): void => line.send(encode(message));
    /** Ends the sandbox: its state is not to be trusted any more. */
    const end = (error: unknown): void => {
      if (this.#line === line) this.#line = undefined;
      line.cut();
      answer.reject(error);
    };
    const clock = stopwatch(1000 * seconds, () => end(pluginLimit(plugin, "time", `${seconds} s`)));
    let said = 0, leaving: ReturnType<typeof setTimeout> | undefined;

    const hear = (message: FromPlugin): void => {
      switch (message.kind) {
        case "predict":
          void predicted(message);
          break;
        case "progress":
          if (Number.isFinite(message.done) && Number.isFinite(message.of)) progress(message.done, message.of);
          break;
        case "log":
          log(String(message.message));
          break;
        case "result":
          answer.resolve({
            result: message.result as Result,
            missed: Array.isArray(message.missed) ? message.missed.slice(0, 100).map(String) : [],
          });
          break;
        case "failed":
          answer.reject(
            signal.aborted
              ? signal.reason
              : /allocation failed|out of memory/i.test(message.error.message)
              ? pluginLimit(plugin, "memory", "memory")
              : pluginFailed(plugin, String(message.error.message)),
          );
          break;
        case "ready":
          break;
        default:
          end(pluginBroken(plugin, "it says something that has no meaning"));
      }
    };
    const predicted = async ({ call, edits }: Extract<FromPlugin, { kind: "predict" }>): Promise<void> => {
      clock.pause();
      try {
        if (!predict) throw pluginBroken(plugin, "it asks for predictions that its manifest does not name");
        say({ kind: "predicted", call, ...await predict(edits) });
      } catch (error) {
        const { code, message } = error as HyalineError;
        say({ kind: "refused", call, error: { message: String(message), ...(code ? { code: String(code) } : {}) } });
      }
      clock.go();
    };
    const stop = (): void => {
      say({ kind: "abort" });
      leaving = setTimeout(() => end(signal.reason), 1000 * grace);
    };

    line.onframe = (frame) => {
      said += frame.length;
      if (said > bytes) return end(pluginLimit(plugin, "output", `${bytes} bytes`));
      try {
        hear(decode(frame) as FromPlugin);
      } catch (error) {
        end(error);
      }
    };
    void line.ended.then((how) => answer.reject(how instanceof HyalineError ? how : pluginCrashed(plugin, how)));
    signal.addEventListener("abort", stop, { once: true });
    clock.go();
    try {
      say(call);
      return await answer.promise;
    } finally {
      clock.pause();
      clearTimeout(leaving);
      signal.removeEventListener("abort", stop);
      line.onframe = () => end(pluginBroken(plugin, "it goes on talking after its answer"));
    }
  }
}

/** Rings once it has run for so many milliseconds in all. Pauses nest. */
function stopwatch(limit: number, ring: () => void): { go(): void; pause(): void } {
  let left = limit, since = 0, pauses = 1, timer: ReturnType<typeof setTimeout> | undefined;
  return {
    go() {
      if (--pauses > 0) return;
      since = performance.now();
      timer = setTimeout(ring, left);
    },
    pause() {
      if (pauses++ > 0) return;
      clearTimeout(timer);
      left = Math.max(0, left - (performance.now() - since));
    },
  };
}
