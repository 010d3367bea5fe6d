/**
 * One evaluation of the black box: SHAP on a text of so many tokens, beside Python's shap on the same network, and beside one text a call.
 *
 * @module
 */
import { Hyaline, kernelExecutor, Model, openSession, ortExecutor, type Subject, type Tensor } from "@hyaline/core";
import type { Explanation } from "@hyaline/core/result";
import { builtInPlugins } from "@hyaline/explainers";
import { execFileSync } from "node:child_process";
import process from "node:process";
import { conditions, record, table } from "./measure.ts";

/** Milliseconds an evaluation: by the wall, and of the processor. */
interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

/** Time that passes while something runs so many times, an evaluation. */
async function clocked(run: () => Promise<unknown>, count: () => number): Promise<Cost> {
  const began = performance.now(), before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before), n = count();
  return { wall: (performance.now() - began) / n, cpu: (user + system) / 1000 / n };
}

const least = (a: Cost, b: Cost): Cost => ({ wall: Math.min(a.wall, b.wall), cpu: Math.min(a.cpu, b.cpu) });
const never: Cost = { wall: Infinity, cpu: Infinity };

/** ONNX Runtime in WebAssembly or as the native library, or the kernel alone: as `--backend` names them. */
type Way = "wasm" | "native" | "kernel";
const RUNTIMES: Readonly<Record<Way, string>> = {
  wasm: "onnxruntime-web",
  native: "onnxruntime-node",
  kernel: "the kernel alone",
};

interface Asked {
  readonly backend: Way;
  readonly length: number;
  readonly budget: number;
  /** Texts of one call, where rows of a batch do not change each other. */
  readonly batch: number;
}

/**
 * Whole explanations by SHAP, as anyone asks for them, and plain forward passes of one text in between: the best of three rounds after
 * one that warms up.
 */
async function cost(
  path: string,
  { backend, length, budget, batch }: Asked,
): Promise<{ evaluation: Cost; forward: Cost }> {
  const alone = backend === "kernel", session = { backend: alone ? "wasm" : backend, threads: 1 } as const;
  const bytes = await Deno.readFile(path), plain = alone ? undefined : await openSession(bytes, session);
  const model = new Model(
    { model: bytes },
    alone
      ? { session, executor: kernelExecutor({ threads: 1 }), forward: "program" }
      : { session, executor: ortExecutor(session) },
  );
  const subject: Subject = { id: path, sha256: "0".repeat(64), dtype: "unknown", model };
  const hyaline = new Hyaline({
    plugins: builtInPlugins(),
    open: () => Promise.resolve(subject),
    batch,
  });
  const ids = Array.from({ length }, (_, i) => 5 + (37 * i) % 90);
  const inputs = new Map(model.graph.inputs.map(({ name }): [string, Tensor] => {
    const data = ids.map((id) => BigInt(name === "input_ids" ? id : name === "attention_mask" ? 1 : 0));
    return [name, { dtype: "int64", dims: [1, length], data: BigInt64Array.from(data) }];
  }));
  const options = { unit: "token", replacement: "mask", quantity: "value", algorithm: "kernel", budget };
  let evaluation = never, forward = never, evaluations = 0;
  for (let round = 0; round < 4; round++) {
    const explained = await clocked(async () => {
      const [{ diagnostics }] = await hyaline.explain({
        input: { ids },
        methods: [{ id: "shap", options }],
        target: { index: 0 },
        seed: round,
        checks: false,
      }) as [Explanation];
      evaluations = diagnostics.checks.find(({ id }) => id === "evaluations")!.value!;
    }, () => evaluations);
    const passed = await clocked(async () => {
      for (let i = 0; i < 8; i++) await (plain?.run(inputs, [model.target]) ?? model.forward(inputs, [model.target]));
    }, () => 8);
    if (round > 0) [evaluation, forward] = [least(evaluation, explained), least(forward, passed)];
  }
  await plain?.release();
  await model.release();
  return { evaluation, forward };
}

/** Everything measured on one backend. */
async function rowsOf(
  backend: Way,
  { fp32, int8, length, budget }: { fp32: string; int8: string; length: number; budget: number },
): Promise<(readonly [string, Cost])[]> {
  const runtime = RUNTIMES[backend];
  const batched = await cost(fp32, { backend, length, budget, batch: 16 });
  const single = await cost(fp32, { backend, length, budget, batch: 1 }),
    quantised = await cost(int8, { backend, length, budget, batch: 1 });
  return [
    [`${runtime}, plain forward pass, fp32`, least(batched.forward, single.forward)],
    [`**Hyaline shap** on it, fp32, batches of 16`, batched.evaluation],
    [`Hyaline shap on it, fp32, one text a call (WebSHAP's way)`, single.evaluation],
    [`${runtime}, plain forward pass, int8`, quantised.forward],
    [`**Hyaline shap** on it, int8, one text a call (its scales are taken over the batch)`, quantised.evaluation],
  ];
}

/** @param python the interpreter that has shap and torch */
export async function blackbox(
  int8: string,
  { length, budget, python = "python3" }: { length: number; budget: number; python?: string },
): Promise<string> {
  const where = conditions(), fp32 = await Deno.makeTempFile({ suffix: ".onnx" });
  try {
    const script = new URL("peers/shap_bert.py", import.meta.url).pathname;
    const printed = execFileSync(
      python,
      [script, String(length), "1", String(Math.max(budget, 2 * length + 1)), fp32],
      {
        env: { ...process.env, OMP_NUM_THREADS: "1" },
        stdio: ["ignore", "pipe", "ignore"],
      },
    );
    const peer = JSON.parse(String(printed)) as { shap: Cost; single: Cost; versions: Record<string, string> };
    const rows: (readonly [string, Cost])[] = [
      [`Python shap ${peer.versions.shap} (PyTorch ${peer.versions.torch}), batches of 10`, peer.shap],
      ["PyTorch, one text a call", peer.single],
      ...await rowsOf("wasm", { fp32, int8, length, budget }),
      ...await rowsOf("native", { fp32, int8, length, budget }),
      ...await rowsOf("kernel", { fp32, int8, length, budget }),
    ];
    for (const [name, { wall, cpu }] of rows) {
      record({
        name: "blackbox",
        subject: name,
        median_ms: wall,
        min_ms: cpu,
        ratio: cpu / peer.shap.cpu,
        peer: "shap",
      });
    }
    const cells = rows.map(([name, { wall, cpu }]) => [name, cpu, wall, `${(cpu / peer.shap.cpu).toFixed(2)} ×`]);
    return `${where}\n\n${length} tokens, ${budget} evaluations, one thread\n\n${
      table(["an evaluation", "processor, ms", "wall, ms", "processor time of Python shap's"], cells)
    }`;
  } finally {
    await Deno.remove(fp32);
  }
}
