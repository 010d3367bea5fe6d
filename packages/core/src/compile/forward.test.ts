import { readFile } from "node:fs/promises";
import { afterAll, describe, expect, test } from "vitest";
import { completeInputs, typed } from "../host/inputs.ts";
import { Model } from "../host/model.ts";
import { kernelExecutor } from "../runtime/kernel/executor.ts";
import { ortExecutor } from "../runtime/ort/executor.ts";
import { compileForward } from "./forward.ts";

const session = { backend: "wasm" as const, threads: 1 }, kernel = kernelExecutor({ threads: 1 });
afterAll(() => kernel.stop());

/** A checkpoint of the project at eleven tokens, run by a session and by a program. */
async function opened(file: string) {
  const bytes = new Uint8Array(await readFile(new URL(`../../../../models/${file}`, import.meta.url)));
  const byRuntime = new Model({ model: bytes }, { session, executor: kernel, forward: "session" }),
    byProgram = new Model({ model: bytes }, { session, executor: kernel, forward: "program" });
  const ids = typed("int64", [1, 11], Array.from({ length: 11 }, (_, i) => 5 + 3 * i)),
    inputs = completeInputs(byRuntime.graph, new Map([["input_ids", ids]]));
  return { byRuntime, byProgram, inputs, shaped: await byRuntime.shaped(inputs) };
}
const worst = (found: ArrayLike<number>, expected: ArrayLike<number>): number => {
  const e = Array.from(expected, Number), scale = Math.max(...e.filter(Number.isFinite).map(Math.abs)) || 1;
  return Math.max(0, ...e.map((v, i) => (v === Number(found[i]) ? 0 : Math.abs(v - Number(found[i])) / scale)));
};

describe.each(["ioi-lm/onnx/model.onnx", "sentiment-lstm/onnx/model.onnx"])("the forward pass of %s", (file) => {
  const opening = opened(file);
  afterAll(async () => {
    const { byRuntime, byProgram } = await opening;
    await byRuntime.release();
    await byProgram.release();
  });

  test("as a program gives every float tensor of the graph as ONNX Runtime does", async () => {
    const { byRuntime, byProgram, inputs, shaped } = await opening;
    const { graph, types, known } = shaped.exact();
    const names = graph.nodes.flatMap(({ outputs }) => outputs).filter((name) =>
      graph.inFile.has(name) && !known.has(name) && types.get(name)?.dtype === "float32"
    );
    expect(names.length).toBeGreaterThan(5);
    const found = await byProgram.forward(inputs, names), expected = await byRuntime.forward(inputs, names);
    // Sums in another order: a few units in the last place of float32, through all layers.
    for (const name of names) {
      const f = found.get(name)!, e = expected.get(name)!;
      expect(worst(f.data as Float32Array, e.data as Float32Array), name).toBeLessThan(2e-5);
    }
    expect(byProgram.passes).toEqual({ forward: 1, backward: 0 });
  });

  test("reads the model's inputs alone, or what is given in place of a tensor", async () => {
    const { byRuntime, inputs, shaped } = await opening, [source] = shaped.sources.flatMap(({ tensors }) => tensors);
    expect(compileForward(shaped.exact(), [shaped.target]).taps.every((name) => inputs.has(name))).toBe(true);
    const behind = compileForward(shaped.exact(), [shaped.target], { given: [source!] });
    expect(behind.taps).toContain(source);
    const values = await byRuntime.forward(inputs, [source!, shaped.target]), prepared = await kernel.prepare(behind);
    const found = (await prepared.run(new Map([...inputs, ...values]))).get(behind.values.get(shaped.target)!)!;
    expect(worst(found.data as Float32Array, values.get(shaped.target)!.data as Float32Array)).toBeLessThan(2e-5);
    await prepared.release();
  });
});

test("integers are computed as the file has them: up to the rounding of an activation, never straight through", async () => {
  const { byRuntime, byProgram, inputs, shaped } = await opened("sentiment-en/onnx/model_quantized.onnx");
  const { graph } = shaped.exact(), integers = graph.nodes.filter(({ op }) => op === "MatMulInteger");
  expect(integers.length).toBeGreaterThan(5);
  // The first layer's integers are bit for bit ONNX Runtime's.
  const first = integers.slice(0, 3).map(({ outputs }) => outputs[0]!);
  const found = await byProgram.forward(inputs, first), expected = await byRuntime.forward(inputs, first);
  for (const name of first) {
    expect(Array.from(found.get(name)!.data as Int32Array)).toEqual(Array.from(expected.get(name)!.data as Int32Array));
  }
  await byRuntime.release();
  await byProgram.release();
});

test("the same program runs on ONNX Runtime", async () => {
  const { inputs, shaped, byRuntime } = await opened("ioi-lm/onnx/model.onnx");
  const program = compileForward(shaped.exact(), [shaped.target]),
    prepared = await ortExecutor(session).prepare(program);
  const found = (await prepared.run(inputs)).get(program.values.get(shaped.target)!)!,
    expected = (await byRuntime.forward(inputs, [shaped.target])).get(shaped.target)!;
  expect(worst(found.data as Float32Array, expected.data as Float32Array)).toBeLessThan(2e-5);
  await prepared.release();
  await byRuntime.release();
});

test("attentions are computed whole, on either executor, but where somebody looks inside", async () => {
  const { inputs, shaped, byRuntime, byProgram } = await opened("ioi-lm/onnx/model.onnx"), exact = shaped.exact();
  const sources = shaped.sources.flatMap(({ tensors }) => tensors), { target } = shaped;
  const count = (wanted: string[], op: string): number =>
    compileForward(exact, wanted, { sources }).steps.filter((step) => step.op === op).length;
  const probabilities = exact.graph.nodes.filter(({ op }) => op === "Softmax").map(({ outputs }) => outputs[0]!);
  expect(probabilities.length).toBeGreaterThan(1);
  expect([count([target], "AttentionContext"), count([target], "Softmax")]).toEqual([probabilities.length, 0]);
  expect(count([target, probabilities[0]!], "Softmax")).toBe(1);
  expect(compileForward(exact, [target]).steps.some(({ op }) => op === "AttentionContext")).toBe(false);

  const program = compileForward(exact, [target], { sources }), expected = await byRuntime.forward(inputs, [target]);
  const matrices = program.steps.flatMap(({ outputs }) => outputs).filter((name) => {
    const { dims } = program.types.get(name)!;
    return dims.length === 4 && dims[1]! > 1 && dims[2] === 11 && dims[3] === 11;
  });
  expect(matrices).toEqual([]); // one for each head
  for (const executor of [kernel, ortExecutor(session)]) {
    const prepared = await executor.prepare(program);
    const found = (await prepared.run(inputs)).get(program.values.get(target)!)!;
    expect(worst(found.data as Float32Array, expected.get(target)!.data as Float32Array)).toBeLessThan(2e-5);
    await prepared.release();
  }
  await byRuntime.release();
  await byProgram.release();
});
