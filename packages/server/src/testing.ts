/**
 * An engine in memory that answers with the golden explanation, for tests of the API around it.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { failure } from "@hyaline/core/errors";
import type { Explanation } from "@hyaline/core/result";
import type { Engine } from "./engine.ts";

/** A real explanation, as the schema's golden file has it. */
export const golden = (JSON.parse(
  readFileSync(new URL("../../core/src/result/golden/explanation.v1.json", import.meta.url), "utf8"),
) as Explanation[])[0]!;

const absent = (): Promise<never> =>
  Promise.reject(failure({ code: "UNSUPPORTED", message: "The engine in memory has no model", hint: "Give it one" }));

/** The engine, parts of it replaced. */
export const engineWith = (parts: Partial<Engine>): Engine => ({
  explain: () => Promise.resolve([golden]),
  predict: () =>
    Promise.resolve({ predictions: [{ index: 1, value: 2, label: "positive", probability: 0.9 }], tokens: [] }),
  inspect: absent,
  tokenise: absent,
  load: absent,
  unload: absent,
  opened: () => [],
  health: () => ({ ready: true, starts: 1, resident: 0 }),
  methods: () => [],
  close: () => Promise.resolve(),
  ...parts,
});

/** A request with a JSON body, to this machine. */
export const post = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json", host: "localhost", ...headers },
  body: typeof body === "string" ? body : JSON.stringify(body),
});
