/**
 * The engine of `hyaline serve`: text goes to the server the page came from, and nowhere else. The compiler holds what is sent and
 * what comes back against the server's routes.
 *
 * @module
 */
import type { Explanation } from "@hyaline/core/result";
import { client } from "@hyaline/server/client";
import { type Engine, type MethodInfo, Refused, type Work } from "./engine.ts";
import { eventsOf } from "./events.ts";

interface Answered {
  readonly ok: boolean;
  json(): Promise<unknown>;
}

/** What is answered when all goes well. */
type Body<R extends Answered> = Awaited<ReturnType<Extract<R, { ok: true }>["json"]>>;

async function answer<R extends Answered>(asked: Promise<R>): Promise<Body<R>> {
  const response = await asked, body = await response.json();
  if (!response.ok) throw new Refused(body as ConstructorParameters<typeof Refused>[0]);
  return body as Body<R>;
}

/** What the server tells of an explanation under way, one event a method's step and a method's result. */
async function followed(response: Response, work: Work): Promise<Explanation[]> {
  for await (const { event, data } of eventsOf(response.body!)) {
    const told = JSON.parse(data);
    if (event === "progress") work.progress?.(told.stage, told.done, told.of);
    if (event === "partial") work.partial?.(told.explanation);
    if (event === "result") return told;
    if (event === "error") throw new Refused(told);
  }
  throw new Refused({
    code: "CONNECTION_LOST",
    message: "The connection to the server broke off before the explanation was whole",
    hint: "Ask again",
  });
}

/** @param root where the server's paths begin; "." from the page it serves */
export function serverEngine(root: string): Engine {
  let running = new AbortController();
  const { api: { v1 } } = client(root);
  const until = ({ signal }: Work = {}) => ({
    init: { signal: AbortSignal.any([running.signal, ...(signal ? [signal] : [])]) },
  });
  return {
    place: "server",
    models: () => answer(v1.models.$get()),
    methods: async () => await answer(v1.methods.$get()) as MethodInfo[],
    // Leaving off to listen closes the connection, and the server stops at that.
    async explain(request, work = {}) {
      const options = { headers: { accept: "text/event-stream" }, ...until(work) };
      const response: Response = await v1.explain.$post({ query: {}, json: request }, options) as never;
      return response.ok ? await followed(response, work) : await answer(Promise.resolve(response)) as never;
    },
    predict: (request, work) => answer(v1.predict.$post({ json: request }, until(work))),
    cancel() {
      running.abort();
      running = new AbortController();
    },
  };
}
