import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { composites } from "../lrp/composite.ts";
import { encodeGraph } from "../onnx/encode.ts";
import type { Executor } from "../runtime/executor.ts";
import { completeInputs, typed } from "./inputs.ts";
import { Model } from "./model.ts";

test("a model keeps the programs used last and gives the others back", async () => {
  let prepared = 0, released = 0;
  const counting: Executor = {
    id: "ort",
    prepare: () => {
      prepared++;
      return Promise.resolve({
        notes: [],
        run: () => Promise.resolve(new Map()),
        release: () => Promise.resolve(void released++),
      });
    },
  };
  const file = new URL("../../../../models/ioi-lm/onnx/model.onnx", import.meta.url);
  const model = new Model({ model: new Uint8Array(await readFile(file)) }, {
    session: { backend: "wasm", threads: 1 },
    executor: counting,
  });
  const ask = async (length: number) => {
    const shaped = await model.shaped(
      completeInputs(model.graph, new Map([["input_ids", typed("int64", [1, length], Array(length).fill(1))]])),
    );
    return await model.program(shaped, {
      composite: composites.get("gradient")!,
      at: shaped.sources.flatMap(({ tensors }) => tensors),
    });
  };
  const first = await ask(1);
  for (let length = 2; length <= 64; length++) await ask(length);
  expect([prepared, released]).toEqual([64, 0]);
  expect(await ask(1)).toBe(first); // used again: now the second is the oldest
  await ask(65);
  expect(await ask(1)).toBe(first);
  await ask(2);
  expect([prepared, released]).toEqual([66, 2]);
});

test("a tensor that no machine could hold is refused before anything runs", async () => {
  const n = 2 ** 20, port = (name: string, dims: (number | string)[]) => ({ name, dtype: "float32" as const, dims });
  const node = (op: string, inputs: string[], output: string) => ({
    op,
    domain: "",
    name: op,
    inputs,
    outputs: [output],
    attributes: {},
  });
  const bomb = encodeGraph({
    inputs: [port("x", ["n", 1]), port("y", [1, "m"])],
    outputs: [port("z", ["n", "m"])],
    constants: new Map(),
    inFile: new Set(),
    opsets: new Map([["", 17]]),
    nodes: [node("Add", ["x", "y"], "z")],
  });
  const executor: Executor = { id: "ort", prepare: () => Promise.reject(new Error("nothing is compiled")) };
  const model = new Model({ model: bomb }, { session: { backend: "wasm", threads: 1 }, executor });
  const ones = (dims: number[]) => typed("float32", dims, Array(n).fill(1));
  await expect(model.shaped(new Map([["x", ones([n, 1])], ["y", ones([1, n])]]))).rejects.toMatchObject({
    code: "TENSOR_TOO_LARGE",
  });
  expect(model.passes.forward).toBe(0);
});
