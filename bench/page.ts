/**
 * What the browser's bench runs in a page: one AttnLRP explanation, as `explain.ts` times it.
 *
 * @module
 */
import { compile, composites, kernelExecutor, letGo, Model, type Tensor } from "@hyaline/core";
import { idsOf } from "./input.ts";

/** The best of `runs` in milliseconds, plain forward first. */
export async function explainInPage(
  file: string,
  { length, threads, runs }: { length: number; threads: number; runs: number },
) {
  const session = { backend: "wasm" as const, threads }, kernel = kernelExecutor({ threads });
  const bytes = new Uint8Array(await (await fetch(file)).arrayBuffer()),
    model = new Model({ model: bytes }, { session, executor: kernel, forward: "session" });
  const inputs = idsOf(model.graph, length),
    best = async (run: () => unknown): Promise<number> => {
      let least = Infinity;
      for (let i = 0; i < runs + 2; i++) {
        const start = performance.now();
        await run();
        if (i >= 2) least = Math.min(least, performance.now() - start);
      }
      return least;
    };
  const forward = await best(() => model.forward(inputs, [model.target]));
  const shaped = await model.shaped(inputs),
    { target } = shaped,
    sources = shaped.sources.flatMap(({ tensors }) => tensors);
  const program = compile({ shaped, sources, target, at: sources, composite: composites.get("attnlrp")! });
  const prepared = await kernel.prepare(program), fetches = [...new Set([...program.taps, target])];
  const logits = (await model.forward(inputs, fetches)).get(target)!, data = new Float32Array(logits.data.length);
  data[data.length - 1] = 1;
  const seed: Tensor = { dtype: "float32", dims: program.types.get(program.seed)!.dims, data };
  const whole = await best(async () => await prepared.run(await model.forward(inputs, fetches), seed));
  const alone = new Model({ model: bytes }, { session, executor: kernel, forward: "program" });
  const own = await alone.program(await alone.shaped(inputs), { at: sources, composite: composites.get("attnlrp")! });
  const wholeAlone = await best(async () => {
    const taps = await alone.forward(inputs, fetches);
    await own.prepared.run(taps, seed);
    letGo(taps.values());
  });
  // Asked again: the engine compiles what it sees often better.
  const again = await best(() => model.forward(inputs, [model.target]));
  return { forward: Math.min(forward, again), whole, wholeAlone, ...await kernel.describe() };
}
