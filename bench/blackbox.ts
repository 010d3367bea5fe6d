/**
 * One evaluation of the black box: SHAP on a text of so many tokens, beside Python's shap on the same network, and beside one text a call.
 *
 * @module
 */
import { type Context, type Evidence, Model, openSession, ortExecutor, type Tensor } from "@hyaline/core";
import { builtInPlugins } from "@hyaline/explainers";
import { execFileSync } from "node:child_process";
import process from "node:process";
import { BlackBox } from "../packages/core/src/host/predict.ts";
import { conditions, record, table } from "./measure.ts";

/** Milliseconds an evaluation: by the wall, and of the processor. */
interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

const session = { backend: "wasm" as const, threads: 1 };
const shap = builtInPlugins().find(({ manifest }) => manifest.id === "shap")!;

/** Time that passes while something runs so many times, an evaluation. */
async function clocked(run: () => Promise<unknown>, count: () => number): Promise<Cost> {
  const began = performance.now(), before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before), n = count();
  return { wall: (performance.now() - began) / n, cpu: (user + system) / 1000 / n };
}

const least = (a: Cost, b: Cost): Cost => ({ wall: Math.min(a.wall, b.wall), cpu: Math.min(a.cpu, b.cpu) });
const never: Cost = { wall: Infinity, cpu: Infinity };

/** The best of three runs after one that warms up, and of plain forward passes in between. */
async function cost(
  path: string,
  { length, budget, batch }: { length: number; budget: number; batch: number },
): Promise<{ readonly evaluation: Cost; readonly forward: Cost }> {
  const model = new Model({ model: await Deno.readFile(path) }, { session, executor: ortExecutor(session) });
  const inputs = new Map(model.graph.inputs.map(({ name }): [string, Tensor] => {
    const of = (i: number): number => (name === "input_ids" ? 5 + (37 * i) % 90 : name === "attention_mask" ? 1 : 0);
    return [name, { dtype: "int64", dims: [1, length], data: BigInt64Array.from({ length }, (_, i) => BigInt(of(i))) }];
  }));
  const target: Evidence["target"] = { kind: "class", index: 0, value: 0 };
  const tokens = Array.from({ length }, (_, id) => ({ text: `t${id}`, id, start: 0, end: 0, special: false }));
  const options = { unit: "token", replacement: "mask", quantity: "value", algorithm: "kernel", budget };
  const plain = await openSession(await Deno.readFile(path), session);
  let evaluation = never, forward = never;
  for (let round = 0; round < 4; round++) {
    const { signal } = new AbortController(),
      box = new BlackBox({ model, inputs, input: "input_ids", target, stand: { mask: 4, pad: 0 }, batch });
    const context: Context = {
      signal,
      seed: round,
      progress: () => {},
      log: () => {},
      predict: box.within(budget, signal),
    };
    const evaluated = await clocked(
      () => shap.run("shap", { tokens, target, words: [] }, options, context),
      () => box.evaluations,
    );
    const passed = await clocked(async () => {
      for (let i = 0; i < 8; i++) await plain.run(inputs, [model.target]);
    }, () => 8);
    if (round > 0) [evaluation, forward] = [least(evaluation, evaluated), least(forward, passed)];
  }
  await plain.release();
  await model.release();
  return { evaluation, forward };
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
    const batched = await cost(fp32, { length, budget, batch: 16 }), quarter = Math.ceil(budget / 4);
    const single = await cost(fp32, { length, budget: quarter, batch: 1 }),
      quantised = await cost(int8, { length, budget: quarter, batch: 1 });
    const rows: (readonly [string, Cost])[] = [
      [`Python shap ${peer.versions.shap} (PyTorch ${peer.versions.torch}), batches of 10`, peer.shap],
      ["PyTorch, one text a call", peer.single],
      ["onnxruntime-web, plain forward pass, fp32", least(batched.forward, single.forward)],
      ["**Hyaline shap**, fp32, batches of 16", batched.evaluation],
      ["Hyaline shap, fp32, one text a call (WebSHAP's way)", single.evaluation],
      ["onnxruntime-web, plain forward pass, int8", quantised.forward],
      ["**Hyaline shap**, int8, one text a call (its scales are taken over the batch)", quantised.evaluation],
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
