/**
 * One explanation of a checkpoint, split into its parts, beside the plain forward pass. Runs in a process of its own, since
 * onnxruntime-web's number of threads is fixed at its first session. Prints JSON.
 *
 * Arguments: path of the ONNX file, length, threads, targets at once, and `quick` for AttnLRP on the kernel alone, few samples.
 *
 * @module
 */
import { compile, composites, kernelExecutor, Model, openSession, ortExecutor, type Tensor } from "@hyaline/core";
import { timed } from "./measure.ts";

const [path, length, threads, seeds] = [Deno.args[0]!, ...Deno.args.slice(1).map(Number)] as [
  string,
  number,
  number,
  number,
];
const quick = Deno.args[4] === "quick", budget = Number(Deno.env.get("HYALINE_BENCH_MS") ?? 1500);
const patience = quick ? { budget: 0, warm: 10, least: 10 } : { budget };

const bytes = await Deno.readFile(path), session = { backend: "wasm" as const, threads };
const kernel = kernelExecutor({ threads }),
  ort = ortExecutor(session),
  model = new Model({ model: bytes }, { session, executor: kernel });
const inputs = new Map(model.graph.inputs.map(({ name }): [string, Tensor] => {
  const of = name === "input_ids"
    ? (i: number) => 5 + (37 * i) % 90
    : name === "position_ids"
    ? (i: number) => i
    : () => name === "attention_mask" ? 1 : 0;
  return [name, { dtype: "int64", dims: [1, length], data: BigInt64Array.from({ length }, (_, i) => BigInt(of(i))) }];
}));
const shaped = await model.shaped(inputs),
  { target } = shaped,
  sources = shaped.sources.flatMap(({ tensors }) => tensors);
const plain = await openSession(bytes, session), forward = await timed(() => plain.run(inputs, [target]), patience);
await plain.release();

/** Largest difference over all outputs, each in units of its own largest entry. */
function disagreement(found: ReadonlyMap<string, Tensor>, expected: ReadonlyMap<string, Tensor>): number {
  return Math.max(...[...expected].map(([name, { data }]) => {
    const e = data as Float32Array, f = found.get(name)!.data as Float32Array;
    return Math.max(...e.map((v, i) => Math.abs(v - f[i]!))) / Math.max(...e.map(Math.abs));
  }));
}

const methods: Record<string, unknown> = {};
for (const name of quick ? ["attnlrp"] : ["attnlrp", "input-x-gradient"]) {
  const program = compile({ shaped, sources, target, at: sources, composite: composites.get(name)!, seeds });
  const fetches = [...new Set([...program.taps, target])], taps = await model.forward(inputs, fetches);
  const { dims } = program.types.get(program.seed)!,
    count = taps.get(target)!.data.length,
    data = new Float32Array(seeds * count);
  for (let s = 0; s < seeds; s++) data[s * count + count - 1 - s % count] = 1;
  const seed: Tensor = { dtype: "float32", dims, data }, start = performance.now();
  const mine = await kernel.prepare(program), prepared = performance.now() - start;
  const theirs = quick ? undefined : await ort.prepare(program),
    error = theirs && disagreement(await mine.run(taps, seed), await theirs.run(taps, seed));
  methods[name] = {
    error,
    prepared,
    memory: mine.memory,
    foreign: [...mine.foreign],
    tapped: await timed(() => model.forward(inputs, fetches), patience),
    kernel: await timed(() => mine.run(taps, seed), patience),
    ...(theirs ? { ort: await timed(() => theirs.run(taps, seed), patience) } : {}),
    whole: await timed(async () => await mine.run(await model.forward(inputs, fetches), seed), patience),
  };
  await theirs?.release();
  await mine.release();
}
console.log(
  JSON.stringify({ length, seeds, forward, methods, rss: Deno.memoryUsage().rss, ...await kernel.describe() }),
);
Deno.exit(0);
