/**
 * The plugin's end of the line: loads its module once and answers calls. Runs inside a sandbox and imports nothing that a sandbox
 * has to let in.
 *
 * @module
 */
import type { Context } from "../plugin/evidence.ts";
import type { Plugin } from "../plugin/explainer.ts";
import { decode, encode } from "./frame.ts";
import type { Failed, FromPlugin, Port, ToPlugin } from "./message.ts";

type Call = Extract<ToPlugin, { kind: "explain" }>;
type Predicted = Awaited<ReturnType<NonNullable<Context["predict"]>>>;

const failed = (error: unknown): Failed => {
  const { message, code } = (error ?? {}) as { message?: unknown; code?: unknown };
  return {
    message: typeof message === "string" && message !== "" ? message : String(error),
    ...(typeof code === "string" ? { code } : {}),
  };
};

/** Answers on a port, with the plugin that `load` brings. */
export function serve(port: Port, load: () => Promise<{ readonly default?: Plugin }>): void {
  const say = (message: FromPlugin): void => port.send(encode(message));
  const module = load(), asked = new Map<number, PromiseWithResolvers<Predicted>>();
  let stop = new AbortController(), calls = 0;
  module.catch(() => {}); // said when it is called

  const explain = async ({ id, evidence, options, seed, predicts, watched }: Call): Promise<void> => {
    stop = new AbortController();
    const missed = new Set<string>(), watch = watched ? watching(missed) : <T>(value: T): T => value;
    const context: Context = {
      signal: stop.signal,
      seed,
      progress: (done, of) => say({ kind: "progress", done, of }),
      log: (message) => say({ kind: "log", message: String(message) }),
      ...(predicts
        ? {
          predict: (edits) => {
            const call = ++calls, answer = Promise.withResolvers<Predicted>();
            asked.set(call, answer);
            say({ kind: "predict", call, edits });
            return answer.promise;
          },
        }
        : {}),
    };
    const { default: explainers } = await module;
    const own = explainers && Object.hasOwn(explainers, id) ? explainers[id] : undefined;
    if (typeof own !== "function") throw new Error(`its default export has no function "${id}"`);
    const result = await own(watch(evidence, ""), options as never, watch(context, "context."));
    say({ kind: "result", result, missed: [...missed] });
  };

  port.onframe = (frame) => {
    const message = decode(frame) as ToPlugin;
    if (message.kind === "explain") explain(message).catch((error) => say({ kind: "failed", error: failed(error) }));
    else if (message.kind === "abort") stop.abort();
    else {
      const answer = asked.get(message.call);
      asked.delete(message.call);
      if (message.kind === "predicted") answer?.resolve(message);
      else answer?.reject(Object.assign(new Error(message.error.message), { code: message.error.code }));
    }
  };
  say({ kind: "ready" });
}

/** Notes names that are read and not there, one level down as well. */
export const watching = (missed: Set<string>) => <T extends object>(value: T, path: string): T =>
  new Proxy(value, {
    get(of, name) {
      const found = Reflect.get(of, name);
      if (typeof name === "string" && found === undefined && name !== "then") missed.add(path + name);
      const group = path === "" && (name === "gradients" || name === "relevances");
      return group && found ? watching(missed)(found as object, `${name}.`) : found;
    },
  });
