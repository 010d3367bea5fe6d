/**
 * One AttnLRP explanation of a checkpoint in a process of its own, or only its plain forward pass: what it holds at most. Prints JSON.
 *
 * Arguments: path of the ONNX file, length, `explain`, `forward`, or `kernel` for an explanation without ONNX Runtime.
 *
 * @module
 */
import process from "node:process";
import {
  byteLength,
  composites,
  kernelExecutor,
  Model,
  openSession,
  type PreparedOnKernel,
  type Tensor,
} from "@hyaline/core";
import { backingOf } from "@hyaline/core/node";
import { idsOf } from "./input.ts";

const [path, length, what] = [Deno.args[0]!, Number(Deno.args[1]), Deno.args[2]];
const session = { backend: "wasm" as const, threads: 1 }, kernel = kernelExecutor({ threads: 1 });
// The runtime's own base: the engines loaded, no checkpoint read.
await kernel.describe();
const base = process.memoryUsage().rss,
  forward = what === "kernel" ? "program" as const : "session" as const,
  backing = backingOf(path)!,
  model = new Model({ model: backing.whole(), backing }, { session, executor: kernel, forward });
const inputs = idsOf(model.graph, length), { target } = model;
let planned = 0, taps = 0;
if (what === "forward") {
  const plain = await openSession(backing.whole(), session);
  await plain.run(inputs, [target]);
} else {
  const shaped = await model.shaped(inputs), at = shaped.sources.flatMap(({ tensors }) => tensors);
  const runnable = await model.program(shaped, { at, composite: composites.get("attnlrp")!, ledger: true });
  const { program, prepared } = runnable,
    values = await model.forward(inputs, [...program.taps, target]);
  taps = [...values.values()].reduce((sum, value) => sum + byteLength(value), 0);
  planned = (prepared as PreparedOnKernel).memory.working;
  const { dims } = program.types.get(program.seed)!,
    data = new Float32Array(values.get(target)!.data.length);
  data[data.length - 1] = 1;
  const seed: Tensor = { dtype: "float32", dims, data };
  await model.backward(runnable, values, seed);
}
console.log(JSON.stringify({ base, peak: process.resourceUsage().maxRSS * 1024, planned, taps }));
Deno.exit(0);
