/**
 * The engine of `hyaline serve`: text goes to the server the page came from, and nowhere else. The compiler holds what is sent and
 * what comes back against the server's routes.
 *
 * @module
 */
import type { Explanation } from "@hyaline/core/result";
import { client } from "@hyaline/server/client";
import { type Engine, type MethodInfo, Refused, type Work } from "./engine.ts";

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
    explain: async (request, work) =>
      await answer(v1.explain.$post({ query: {}, json: request }, until(work))) as Explanation[],
    predict: (request, work) => answer(v1.predict.$post({ json: request }, until(work))),
    cancel() {
      running.abort();
      running = new AbortController();
    },
  };
}
