import { readFile } from "node:fs/promises";
import { afterAll, expect, test } from "vitest";
import { encodeGraph } from "../onnx/encode.ts";
import { chooseExecutor } from "../runtime/choose.ts";
import type { Executor } from "../runtime/executor.ts";
import { kernelExecutor } from "../runtime/kernel/executor.ts";
import { ortExecutor } from "../runtime/ort/executor.ts";
import { completeInputs, typed } from "./inputs.ts";
import { Model } from "./model.ts";

const session = { backend: "wasm" as const, threads: 1 }, kernel = kernelExecutor({ threads: 1 });
afterAll(() => kernel.stop());
const onKernel = /^hyaline kernel /, onRuntime = /^onnxruntime-web /;

/** A checkpoint of the project with seven ids, and its answer to them. */
async function opened(name: string, executor: Executor, forward?: "session") {
  const file = new URL(`../../../../models/${name}/onnx/model.onnx`, import.meta.url);
  const model = new Model({ model: new Uint8Array(await readFile(file)) }, {
    session,
    executor,
    ...(forward ? { forward } : {}),
  });
  const ids = typed("int64", [1, 7], [5, 8, 11, 14, 17, 20, 23]);
  const inputs = completeInputs(model.graph, new Map([["input_ids", ids]]));
  const answer = async () => (await model.forward(inputs, [model.target])).get(model.target)!.data as Float32Array;
  return { model, inputs, answer };
}

test("the executor runs the whole model where it has every operator, and gives what the session gives", async () => {
  const { model, answer } = await opened("ioi-lm", kernel), byRuntime = await opened("ioi-lm", kernel, "session");
  const found = await answer(), expected = await byRuntime.answer(), scale = Math.max(...expected.map(Math.abs));
  found.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(2e-5 * scale));
  expect(model.runtime.name).toMatch(onKernel);
  expect(byRuntime.model.runtime.name).toMatch(onRuntime);
  await model.release();
  await byRuntime.model.release();
});

test.each([
  ["a session runs a model with an operator that the executor lacks", "sentiment-lstm", kernel],
  ["a session runs every model beside an executor that is ONNX Runtime itself", "ioi-lm", ortExecutor(session)],
  ["a session runs every model where the kernel cannot be loaded", "ioi-lm", {
    ...kernel,
    own: () => Promise.reject(new Error("no kernel here")),
  }],
  [
    "a session runs every model that is asked to be explained by ONNX Runtime",
    "ioi-lm",
    chooseExecutor("onnxruntime", session),
  ],
])("%s", async (_, name, executor) => {
  const { model, answer } = await opened(name, executor);
  expect((await answer()).length).toBeGreaterThan(1);
  expect(model.runtime.name).toMatch(onRuntime);
  await model.release();
});

test("it is decided by the first run that can be: what a refused input was refused for says nothing of the model", async () => {
  const port = (name: string) => ({ name, dtype: "float32" as const, dims: ["n"] });
  const add = { op: "Add", domain: "", name: "a", inputs: ["x", "y"], outputs: ["z"], attributes: {} };
  const bytes = encodeGraph({
    inputs: [port("x"), port("y")],
    outputs: [port("z")],
    nodes: [add],
    constants: new Map(),
    inFile: new Set(),
    opsets: new Map([["", 17]]),
  });
  const model = new Model({ model: bytes }, { session, executor: kernel }),
    of = (x: number[], y: number[]) =>
      model.forward(new Map([["x", typed("float32", [x.length], x)], ["y", typed("float32", [y.length], y)]]), ["z"]);
  await expect(of([1, 2], [1, 2, 3])).rejects.toThrow();
  expect(model.runtime.name).toMatch(onRuntime);
  expect([...(await of([1, 2], [3, 4])).get("z")!.data as Float32Array]).toEqual([4, 6]);
  expect(model.runtime.name).toMatch(onKernel);
  await model.release();
});

test("a path that starts behind the embeddings runs where the model does", async () => {
  const { model, inputs } = await opened("ioi-lm", kernel), shaped = await model.shaped(inputs);
  const tensors = shaped.sources.flatMap(({ tensors }) => tensors);
  const twin = await model.behindEmbeddings({ shaped, inputs, tensors, fetches: [model.target] });
  expect(model.runtime.name).toMatch(onKernel); // before any run
  const given = await model.forward(inputs, [...tensors, model.target]);
  const found = (await twin.run(new Map(tensors.map((name) => [name, given.get(name)!])))).get(model.target)!;
  const expected = given.get(model.target)!.data as Float32Array, scale = Math.max(...expected.map(Math.abs));
  (found.data as Float32Array).forEach((v, i) => expect(Math.abs(v - expected[i]!)).toBeLessThan(1e-6 * scale));
  await twin.release();
  await model.release();
});
