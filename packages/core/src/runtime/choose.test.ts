import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { completeInputs, typed } from "../host/inputs.ts";
import { Model } from "../host/model.ts";
import { chooseExecutor, executorsOn } from "./choose.ts";
import { type KernelExecutor, kernelExecutor } from "./kernel/executor.ts";

const session = { backend: "wasm" as const, threads: 1 };

test("an executor has operators of its own where it is the kernel, and none where it is ONNX Runtime", async () => {
  expect((await chooseExecutor("auto", session).own?.())?.has("MatMul")).toBe(true);
  for (
    const executor of [
      chooseExecutor("onnxruntime", session),
      chooseExecutor("auto", { backend: "native", threads: 1 }),
    ]
  ) {
    expect([executor.id, await executor.own?.()]).toEqual(["ort", undefined]);
  }
});

test("models share the executor of a name, and one that is closed leaves its memory to the next", async () => {
  const named = executorsOn(session);
  expect(named("auto")).toBe(named("auto"));
  expect(named("auto")).not.toBe(named("onnxruntime"));

  const executor: KernelExecutor = kernelExecutor({ threads: 1 }), bytes: number[] = [];
  const file = new Uint8Array(await readFile(new URL("../../../../models/ioi-lm/onnx/model.onnx", import.meta.url)));
  for (let i = 0; i < 4; i++) {
    const model = new Model({ model: file }, { session, executor });
    const ids = typed("int64", [1, 9], [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await model.forward(completeInputs(model.graph, new Map([["input_ids", ids]])), [model.target]);
    await model.release();
    bytes.push(await executor.bytes());
  }
  await executor.stop();
  expect(bytes).toEqual(Array(4).fill(bytes[0]));
});
