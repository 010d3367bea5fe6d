/**
 * One explanation of a checkpoint, split into its parts, beside the plain forward pass. Runs in a process of its own, since
 * onnxruntime-web's number of threads is fixed at its first session. Prints JSON.
 *
 * Arguments: path of the ONNX file, length, threads, targets at once, and `quick` for AttnLRP on the kernel alone, few samples, or
 * `native` for onnxruntime-node in place of onnxruntime-web.
 *
 * @module
 */
import {
  compile,
  composites,
  kernelExecutor,
  letGo,
  Model,
  openSession,
  ortExecutor,
  type Tensor,
} from "@hyaline/core";
import { idsOf } from "./input.ts";
import { timed } from "./measure.ts";

const [path, length, threads, seeds] = [Deno.args[0]!, ...Deno.args.slice(1).map(Number)] as [
  string,
  number,
  number,
  number,
];
const quick = Deno.args[4] === "quick",
  backend = Deno.args[4] === "native" ? "native" as const : "wasm" as const,
  budget = Number(Deno.env.get("HYALINE_BENCH_MS") ?? 1500);
const patience = quick ? { budget: 0, warm: length > 512 ? 1 : 10, least: length > 512 ? 3 : 10 } : { budget };

const bytes = await Deno.readFile(path), session = { backend, threads };
const kernel = kernelExecutor({ threads }),
  ort = ortExecutor(session),
  model = new Model({ model: bytes }, { session, executor: kernel, forward: "session" }),
  alone = backend === "wasm"
    ? new Model({ model: bytes }, { session, executor: kernel, forward: "program" })
    : undefined;
const inputs = idsOf(model.graph, length);
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

/** Both passes on the kernel: what the first leaves in its memory the second finds there. */
async function withoutRuntime(alone: Model, request: Parameters<Model["program"]>[1], seed: Tensor) {
  const { program, prepared } = await alone.program(await alone.shaped(inputs), request),
    fetches = [...new Set([...program.taps, target])];
  const passes = async (backwards: boolean): Promise<void> => {
    const taps = await alone.forward(inputs, fetches);
    if (backwards) await prepared.run(taps, seed);
    letGo(taps.values());
  };
  return {
    forwardAlone: await timed(() => passes(false), patience),
    wholeAlone: await timed(() => passes(true), patience),
  };
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
    ...(alone ? await withoutRuntime(alone, { at: sources, composite: composites.get(name)!, seeds }, seed) : {}),
    ...(theirs
      ? { wholeOrt: await timed(async () => await theirs.run(await model.forward(inputs, fetches), seed), patience) }
      : {}),
  };
  await theirs?.release();
  await mine.release();
}
console.log(
  JSON.stringify({ length, seeds, forward, methods, ...await kernel.describe() }),
);
Deno.exit(0);
