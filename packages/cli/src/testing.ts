/**
 * A world for commands to run in, and an engine that answers from the golden explanations and keeps what it was asked.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { failure } from "@hyaline/core/errors";
import { manifestSchema } from "@hyaline/core/manifest";
import { type ExplainRequest, type Explanation, parseRequest } from "@hyaline/core/result";
import { builtIns } from "@hyaline/explainers";
import type { Engine } from "./engine.ts";
import { type Io, run } from "./mod.ts";

const golden = new URL("../../core/src/result/golden/explanation.v1.json", import.meta.url);

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** What reached the engine, checked as the host checks it. */
  readonly requests: readonly ExplainRequest[];
  /** Whether the engine was loaded at all. */
  readonly opened: boolean;
}

export interface World {
  readonly stdin?: string;
  readonly env?: Record<string, string>;
  readonly tty?: boolean;
  readonly columns?: number;
  /** Texts the engine fails on. */
  readonly fails?: (text: string) => boolean;
  readonly signal?: AbortSignal;
}

/** Runs a command line in memory. The engine's explanations are the golden ones under the method that was asked for. */
export async function hyaline(args: readonly string[], world: World = {}): Promise<Ran> {
  const written = { out: "", err: "" }, requests: ExplainRequest[] = [];
  let opened = false;
  const sink = (to: "out" | "err") => ({
    write: (text: string) => void (written[to] += text),
    isTTY: world.tty ?? false,
    ...(world.columns ? { columns: world.columns } : {}),
  });
  const io: Io = {
    stdout: sink("out"),
    stderr: sink("err"),
    stdin: () => Promise.resolve(world.stdin ?? ""),
    env: { HOME: "/nonexistent", XDG_CONFIG_HOME: "/nonexistent", ...world.env },
    signal: world.signal ?? new AbortController().signal,
  };
  const [scores] = JSON.parse(readFileSync(golden, "utf8")) as Explanation[];
  const ask = (input: Parameters<Engine["explain"]>[0]): ExplainRequest => {
    const request = parseRequest(input), text = "text" in request.input ? request.input.text : "";
    requests.push(request);
    if (world.fails?.(text)) {
      throw failure({ code: "TEXT_TOO_LONG", message: `The text "${text}" is too long`, hint: "Use --truncate" });
    }
    return request;
  };
  const engine: Engine = {
    explain: (input) => {
      const request = ask(input);
      return Promise.resolve(
        request.methods.map(({ id, options }) => ({ ...scores!, method: { id, options } }) as Explanation),
      );
    },
    predict: (input) =>
      Promise.resolve(ask(input)).then(() => ({ predictions: scores!.predictions, tokens: scores!.tokens })),
    methods: () =>
      builtIns.map(({ manifest }) => manifestSchema.parse(manifest)).flatMap((manifest) =>
        manifest.explainers.map((entry) => ({ entry, manifest }))
      ),
    inspect: () => Promise.reject(new Error("the engine in memory has no model to inspect")),
    tokenise: () => Promise.reject(new Error("the engine in memory has no tokenizer")),
    load: () => Promise.reject(new Error("the engine in memory has no model to load")),
    unload: () => Promise.resolve({ closed: 0 }),
    opened: () => [],
    health: () => ({ ready: true, starts: 1, resident: 0 }),
    close: () => Promise.resolve(),
  };
  const open = () => {
    opened = true;
    return Promise.resolve(engine);
  };
  const code = await run(args, { io, open });
  return { code, ...written, requests, opened };
}
