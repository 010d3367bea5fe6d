import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { inspect } from "./inspect.ts";
import { Model } from "./model.ts";
import type { Subject } from "./subject.ts";

const architecture = async (file: string) => {
  const model = new Model(
    { model: new Uint8Array(await readFile(new URL(`../../../../models/${file}`, import.meta.url))) },
    {
      session: { backend: "wasm", threads: 1 },
      executor: { id: "ort", prepare: () => Promise.reject(new Error("not run")) },
    },
  );
  return inspect({ model, id: file, sha256: "0".repeat(64), dtype: "" } as Subject, { length: 16 }).architecture;
};

test("a decoder is read off its graph: every layer an attention and a feed-forward block, every weight counted once", async () => {
  const [found, ...others] = await architecture("ioi-lm/onnx/model.onnx");
  expect(others).toEqual([]);
  expect(found).toMatchObject({ source: "text", layers: 3 });
  expect(found!.blocks.map(({ kind, layer }) => `${kind} ${layer}`)).toEqual([
    "embedding 0",
    ...[1, 2, 3].flatMap((layer) => [`attention ${layer}`, `feed-forward ${layer}`]),
    "head 4",
  ]);
  // By the card: width 96, 4 query heads of 24, 2 key-value heads, SwiGLU of 192, 193 words, no biases.
  const [embedding, , , attention, forward] = found!.blocks;
  expect(embedding).toMatchObject({ parameters: 193 * 96, width: 96 });
  expect(attention).toMatchObject({ heads: 4, headWidth: 24, parameters: 2 * 96 * 96 + 2 * 96 * 48 + 96 });
  expect(forward).toMatchObject({ inner: 192, parameters: 3 * 96 * 192 + 96, functions: ["RMSNormalization", "Silu"] });
  expect(found!.blocks.at(-1)).toMatchObject({ kind: "head", width: 193 });
});

test("an int8 encoder's weights count as the numbers they stand for", async () => {
  const [found] = await architecture("sentiment-en/onnx/model_quantized.onnx");
  expect(found).toMatchObject({ layers: 6 });
  const [, attention, forward] = found!.blocks;
  expect(attention).toMatchObject({ heads: 12, headWidth: 32, parameters: 4 * (384 * 384 + 384) + 2 * 384 });
  expect(forward).toMatchObject({ inner: 1536, parameters: 2 * 384 * 1536 + 1536 + 384 + 2 * 384 });
  expect(found!.blocks.at(-1)).toMatchObject({ width: 2 });
});

test("a recurrent net is one layer between its embedding and its answer", async () => {
  const [found] = await architecture("sentiment-lstm/onnx/model.onnx");
  expect(found!.blocks.map(({ kind }) => kind)).toEqual(["embedding", "recurrent", "head"]);
  expect(found!.blocks[1]).toMatchObject({ functions: ["LSTM"] });
});
