import { readFile } from "node:fs/promises";
import { afterAll, describe, expect, test } from "vitest";
import { compile } from "../../compile/mod.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { completeInputs, typed } from "../../host/inputs.ts";
import { Model } from "../../host/model.ts";
import { composites } from "../../lrp/composite.ts";
import { outputsOf, type Program } from "../../program/program.ts";
import { ortExecutor } from "../ort/executor.ts";
import { kernelExecutor } from "./executor.ts";

const session = { backend: "wasm" as const, threads: 1 };
const executors = [kernelExecutor({ threads: 1 }), kernelExecutor({ threads: 2, build: "simd" })],
  ort = ortExecutor(session);
afterAll(() => Promise.all(executors.map((executor) => executor.stop())));

/**
 * Largest difference over all outputs: a cotangent's in units of its own largest entry, a ledger line's (a sum that may cancel) in
 * units of the explained logit.
 */
function disagreement(
  program: Program,
  found: ReadonlyMap<string, Tensor>,
  expected: ReadonlyMap<string, Tensor>,
  logit: number,
): number {
  const lines = new Set(program.ledger.map((line) => line.tensor));
  return Math.max(
    ...outputsOf(program).map((name) => {
      const f = found.get(name)!.data as Float32Array, e = expected.get(name)!.data as Float32Array;
      const size = lines.has(name) ? Math.abs(logit) : Math.max(...e.map(Math.abs));
      return Math.max(0, ...e.map((v, i) => Math.abs(f[i]! - v))) / size;
    }),
  );
}

/** A checkpoint of the project at thirteen tokens. */
async function opened(id: string) {
  const bytes = new Uint8Array(await readFile(new URL(`../../../../../models/${id}/onnx/model.onnx`, import.meta.url)));
  const model = new Model({ model: bytes }, { session, executor: ort }), length = 13;
  const ids = Array.from({ length }, (_, i) => 3 + 5 * i);
  const inputs = completeInputs(model.graph, new Map([["input_ids", typed("int64", [1, length], ids)]]));
  return { model, inputs, shaped: await model.shaped(inputs) };
}

describe.each(["ioi-lm", "sentiment-lstm"])("programs of the embedded checkpoint %s", (id) => {
  const opening = opened(id);
  afterAll(async () => await (await opening).model.release());

  test.each([...[...composites.keys()].map((composite) => [composite, 1] as const), ["attnlrp", 3] as const])(
    "agree between the kernel and ONNX Runtime under %s, %i seeds at once",
    async (name, seeds) => {
      const { model, inputs, shaped } = await opening, { target } = shaped, composite = composites.get(name)!;
      const sources = shaped.sources.flatMap(({ tensors }) => tensors), ledger = seeds === 1 && composite.conserves;
      const program = compile({ shaped, sources, target, at: sources, composite, seeds, ledger });
      const forward = await model.forward(inputs, [...new Set([...program.taps, target])]);
      const logits = forward.get(target)!.data as Float32Array,
        count = logits.length,
        data = new Float32Array(seeds * count);
      for (let s = 0; s < seeds; s++) data[s * count + count - 1 - s] = 1;
      const seed: Tensor = { dtype: "float32", dims: program.types.get(program.seed)!.dims, data };
      const theirs = await ort.prepare(program), expected = await theirs.run(forward, seed);
      for (const executor of executors) {
        const mine = await executor.prepare(program), found = await mine.run(forward, seed);
        expect(disagreement(program, found, expected, logits[count - 1]!)).toBeLessThan(1e-4);
        await mine.release();
      }
      await theirs.release();
    },
  );
});
