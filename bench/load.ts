/**
 * `hyaline serve` under load on this machine: requests a second and waiting times beside the bare runtime's, what refusing costs, memory
 * over thousands of requests, and how soon the processor rests when a request is given up.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { openEngine } from "../packages/cli/src/open.ts";
import { chooseExecutor, subjectOf } from "../packages/core/src/mod.ts";
import { openCheckpoint } from "../packages/core/src/node.ts";
import { completeInputs, typed } from "../packages/core/src/host/inputs.ts";
import { children, processor, resident, times } from "../test/server/processes.ts";
import { conditions, table, timed } from "./measure.ts";

const main = fileURLToPath(new URL("../packages/cli/src/main.ts", import.meta.url));
const THREADS = 1, pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
/** 30 words of one piece each: 32 tokens with the special ones. */
const text = Array.from({ length: 30 }, (_, i) => ["good", "bad", "film", "love", "the"][i % 5]).join(" ");
const asks = {
  predict: { input: { text }, methods: [{ id: "lrp" }] },
  explain: { input: { text }, methods: [{ id: "lrp" }], checks: false },
};
type Ask = keyof typeof asks;

interface Server {
  readonly address: string;
  readonly pid: number;
  stop(): Promise<void>;
}

async function serve(...args: string[]): Promise<Server> {
  const child: ChildProcess = spawn(Deno.execPath(), ["run", "-A", main, "serve", "--port", "0", ...args], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const address = await new Promise<string>((resolve, reject) => {
    child.stdout!.on("data", (chunk) => /http:\S+/.exec(String(chunk))?.map(resolve));
    void ended.then(() => reject(new Error("the server ended")));
  });
  return {
    address,
    pid: child.pid!,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

const post = (server: Server, path: string, body: unknown, init: RequestInit = {}): Promise<Response> =>
  fetch(`${server.address}/api/v1/${path}`, {
    method: "POST",
    body: JSON.stringify(body),
    ...init,
    headers: { "content-type": "application/json", ...init.headers },
  });

interface Load {
  readonly done: number;
  readonly refused: number;
  readonly broken: number;
  readonly seconds: number;
  readonly waits: readonly number[];
}

/** Clients that ask again as soon as they are answered, or as late as they are told to. */
async function load(
  server: Server,
  ask: Ask,
  { clients, seconds }: { clients: number; seconds: number },
): Promise<Load> {
  let done = 0, refused = 0, broken = 0;
  const waits: number[] = [], start = performance.now(), end = start + seconds * 1000;
  const client = async (): Promise<void> => {
    while (performance.now() < end) {
      const from = performance.now(), answer = await post(server, ask, asks[ask]);
      await answer.arrayBuffer();
      if (answer.status === 200) {
        done++;
        waits.push(performance.now() - from);
      } else if (answer.status === 429) {
        refused++;
        await pause(Math.min(Number(answer.headers.get("retry-after")) * 1000, Math.max(0, end - performance.now())));
      } else broken++;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return { done, refused, broken, seconds: (performance.now() - start) / 1000, waits: waits.sort((a, b) => a - b) };
}

const share = (sorted: readonly number[], p: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? NaN;

/** The engine in this process, asked again and again: what the server cannot surpass. */
async function bare(ask: Ask, seconds: number): Promise<{ rate: number; cpu: number }> {
  const engine = await openEngine({ offline: true, threads: THREADS }), signal = new AbortController().signal;
  for (let i = 0; i < 3; i++) await engine[ask](asks[ask], { signal });
  const start = performance.now(), before = process.cpuUsage();
  let runs = 0;
  for (; performance.now() - start < seconds * 1000; runs++) await engine[ask](asks[ask], { signal });
  const rate = runs / ((performance.now() - start) / 1000), { user, system } = process.cpuUsage(before);
  await engine.close();
  return { rate, cpu: (user + system) / 1000 / runs };
}

export async function rates(seconds: number): Promise<string> {
  const rows: (string | number)[][] = [];
  for (const ask of ["predict", "explain"] as const) {
    const server = await serve("--threads", String(THREADS));
    for (let i = 0; i < 3; i++) await (await post(server, ask, asks[ask])).arrayBuffer();
    const limit = await bare(ask, seconds);
    for (const clients of [1, 8, 64, 256]) {
      const before = await processor(server.pid), found = await load(server, ask, { clients, seconds });
      const rate = found.done / found.seconds, used = 10 * (await processor(server.pid) - before) / found.done;
      rows.push([
        ask,
        `${clients}`,
        rate,
        limit.rate,
        used,
        limit.cpu,
        share(found.waits, 0.5),
        share(found.waits, 0.99),
        `${found.refused}`,
        `${found.broken}`,
      ]);
    }
    await server.stop();
  }
  return table(
    [
      "what",
      "clients",
      "answers a second",
      "bare engine, a second",
      "processor an answer, ms",
      "bare engine's, ms",
      "p50, ms",
      "p99, ms",
      "429",
      "5xx and others",
    ],
    rows,
  );
}

/** Predictions and explanations of texts of many lengths, eight at a time, by the quickest model. */
export async function memory(requests: number): Promise<string> {
  const server = await serve("--threads", String(THREADS)), at: (string | number)[][] = [];
  const marks = [requests / 100, requests / 10, requests / 2, requests];
  let next = 0, failed = 0;
  const client = async (): Promise<void> => {
    while (next < requests) {
      const i = next++, words = 4 + (i * 7) % 28;
      const answer = await post(server, i % 2 ? "explain" : "predict", {
        model: "sentiment-lstm",
        input: {
          text: Array.from({ length: words }, (_, k) => ["John", "Mary", "gave", "a", "drink", "to"][(i + k) % 6]).join(
            " ",
          ),
        },
        checks: false,
      });
      await answer.arrayBuffer();
      if (answer.status !== 200) failed++;
      if (marks.includes(i + 1)) at.push([`${i + 1}`, (await resident(server.pid)) / 1e6]);
    }
  };
  await Promise.all(Array.from({ length: 8 }, client));
  await server.stop();
  const mb = new Map(at.map(([n, size]) => [Number(n), size as number]));
  return `${
    table(["after requests", "RSS of server and engine, MB"], at)
  }\n\n${failed} failed; after ${requests} it is ${
    (mb.get(requests)! / mb.get(requests / 10)!).toFixed(2)
  } × of what it was after ${requests / 10}.`;
}

/**
 * Milliseconds from giving a request up until nothing is computed for it any more, and until the engine's process rests for 300 ms, or is
 * gone with its memory. Unless the server is `strict` a short request goes before, so that the long one computes at once.
 */
async function rest(
  server: Server,
  give: (long: unknown) => Promise<void>,
  { strict = false } = {},
): Promise<[computed: number, rested: number]> {
  const long = {
    input: { text: `${text} ${text}` },
    methods: [{ id: "integrated-gradients", options: { steps: 300 } }],
  };
  while (!(await fetch(`${server.address}/health/ready`)).ok) await pause(50);
  const brief = { ...long, methods: [{ id: "integrated-gradients", options: { steps: 1 } }] };
  if (!strict) await (await post(server, "explain", brief)).arrayBuffer();
  const [worker] = await children(server.pid) as [string];
  await give(long);
  const from = performance.now();
  let last = await times(worker), computed = from, changed = from;
  for (let now = from; now - from < 10_000;) {
    await pause(10);
    const next = await times(worker);
    now = performance.now();
    if (!last || !next) return [computed - from, now - from];
    if (next.user !== last.user) computed = now;
    if (next.user !== last.user || next.system !== last.system) changed = now;
    else if (!next.dead && now - changed > 300) return [computed - from, changed - from];
    last = next;
  }
  return [Infinity, Infinity];
}

export async function given(): Promise<string> {
  const server = await serve("--threads", String(THREADS)),
    strict = await serve("--threads", String(THREADS), "--pin", "sentiment-en", "--deadline", "3");
  const hangUp = (headers: Record<string, string>) => async (long: unknown): Promise<void> => {
    const leave = new AbortController(), gone = post(server, "explain", long, { signal: leave.signal, headers });
    const read = gone.then((answer) => answer.text()).catch(() => {});
    await pause(1500);
    leave.abort();
    await read;
  };
  const cancel = async (long: unknown): Promise<void> => {
    const answer = await post(server, "explain?keep=60", long, { headers: { accept: "text/event-stream" } });
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader(), { value } = await reader.read();
    await pause(1500);
    await fetch(`${server.address}/api/v1/runs/${/"id":"([^"]+)"/.exec(value!)![1]}`, { method: "DELETE" });
    await reader.cancel();
  };
  const late = async (long: unknown): Promise<void> => {
    const answer = await post(strict, "explain", long);
    if (answer.status !== 504) throw new Error(`the deadline was answered with ${answer.status}`);
  };
  const rows = [
    ["client gone", ...await rest(server, hangUp({}))],
    ["event stream closed", ...await rest(server, hangUp({ accept: "text/event-stream" }))],
    ["run cancelled", ...await rest(server, cancel)],
    ["deadline", ...await rest(strict, late, { strict: true })],
  ];
  await Promise.all([server.stop(), strict.stop()]);
  return table(["given up by", "until nothing is computed, ms", "until the engine rests or is gone, ms"], rows);
}

/** Whether rows of several requests in one pass would be cheaper than a pass each. Both models compute in floats, so rows do not mix. */
export async function batches(): Promise<string> {
  const session = { backend: "wasm", threads: THREADS } as const, rows: (string | number)[][] = [];
  for (const [name, length] of [["ioi-lm", 16], ["sentiment-lstm", 32]] as const) {
    const folder = fileURLToPath(new URL(`../models/${name}`, import.meta.url));
    const { model } = subjectOf(await openCheckpoint(folder, { offline: true }), {
      session,
      executor: chooseExecutor("auto", session),
    });
    const port = model.graph.inputs.find(({ dtype }) => dtype === "int64")!;
    const costs: number[] = [];
    for (const batch of [1, 4, 16]) {
      const ids = typed(port.dtype, [batch, length], Array.from({ length: batch * length }, (_, i) => 5 + i % 20));
      const inputs = completeInputs(model.graph, new Map([[port.name, ids]]));
      const { cpu } = await timed(() => model.forward(inputs, [model.target]), { least: 60 });
      costs.push(cpu / batch);
    }
    rows.push([`${name}, ${length} tokens`, ...costs]);
    await model.release();
  }
  return table(["processor time a row, ms", "one row", "4 rows", "16 rows"], rows);
}

/** @param seconds of each load @param requests of the memory's course */
export async function serverLoad(seconds: number, requests: number): Promise<string> {
  return [
    `## The server under load\n\n${conditions()}; ${THREADS} thread; ${seconds} s for each row; 32 tokens`,
    await rates(seconds),
    await memory(requests),
    await given(),
    await batches(),
  ].join("\n\n");
}
