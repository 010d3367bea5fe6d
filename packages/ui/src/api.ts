/**
 * What the page asks the server.
 *
 * @module
 */
import type { Explanation } from "@hyaline/core/result";

/** A method as the server lists it. */
export interface MethodInfo {
  readonly id: string;
  readonly title: string;
  readonly titles: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly summaries: Readonly<Record<string, string>>;
  readonly limits: string;
  readonly output: readonly string[];
}

/** A failure as the server tells it. */
export class Refused extends Error {
  readonly hint: string;
  constructor({ message, hint }: { message: string; hint?: string }) {
    super(message);
    this.hint = hint ?? "";
  }
}

async function answer<T>(response: Response): Promise<T> {
  const body = await response.json();
  if (!response.ok) throw new Refused(body);
  return body as T;
}

export const methods = async (): Promise<MethodInfo[]> => await answer(await fetch("/api/v1/methods"));

export const explain = async (text: string, method: string, signal: AbortSignal): Promise<Explanation> =>
  (await answer<Explanation[]>(
    await fetch("/api/v1/explain", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ input: { text }, methods: [{ id: method }] }),
      signal,
    }),
  ))[0]!;
