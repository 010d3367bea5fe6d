import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { composites } from "../lrp/composite.ts";
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
  for (let length = 2; length <= 24; length++) await ask(length);
  expect([prepared, released]).toEqual([24, 0]);
  expect(await ask(1)).toBe(first); // used again: now the second is the oldest
  await ask(25);
  expect(await ask(1)).toBe(first);
  await ask(2);
  expect([prepared, released]).toEqual([26, 2]);
});
