/**
 * The engine of `hyaline serve`: text goes to the server the page came from, and nowhere else.
 *
 * @module
 */
import { type Engine, type MethodInfo, type OfferedModel, Refused, type Work } from "./engine.ts";

async function answer<T>(response: Response): Promise<T> {
  const body = await response.json();
  if (!response.ok) throw new Refused(body);
  return body as T;
}

/** @param base where the API lies, ending in a slash */
export function serverEngine(base: string): Engine {
  let running = new AbortController();
  const get = async <T>(path: string): Promise<T> => await answer<T>(await fetch(base + path));
  const post = async <T>(path: string, body: unknown, { signal }: Work = {}): Promise<T> =>
    await answer<T>(
      await fetch(base + path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.any([running.signal, ...(signal ? [signal] : [])]),
      }),
    );
  return {
    place: "server",
    models: () => get<OfferedModel[]>("models"),
    methods: () => get<MethodInfo[]>("methods"),
    explain: (request, work) => post("explain", request, work),
    predict: (request, work) => post("predict", request, work),
    cancel() {
      running.abort();
      running = new AbortController();
    },
  };
}
