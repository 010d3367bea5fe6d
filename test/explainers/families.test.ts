/** The built-in explainers on other shapes of model: two sources, no attention, heads merged with the batch. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openCheckpoint } from "../../packages/core/src/checkpoint/directory.ts";
import { subjectOf } from "../../packages/core/src/host/checkpoint_subject.ts";
import { BlackBox } from "../../packages/core/src/host/predict.ts";
import { Hyaline } from "../../packages/core/src/host/hyaline.ts";
import { typed } from "../../packages/core/src/host/inputs.ts";
import { Model } from "../../packages/core/src/host/model.ts";
import type { DType } from "../../packages/core/src/graph/tensor.ts";
import type { Explanation, ExplanationOf, Target } from "../../packages/core/src/result/mod.ts";
import { ortExecutor } from "../../packages/core/src/runtime/ort/executor.ts";
import { readCase } from "../zoo/case.ts";
import { committed } from "../zoo/committed.ts";
import { plugins } from "./host.ts";

const session = { backend: "wasm", threads: 1 } as const;
const looks = new Set(["attention", "attention-rollout", "attention-gradient", "attention-walkthrough"]);

async function opened(name: string) {
  const { golden, model: bytes } = await readCase(await committed(), name);
  const model = new Model({ model: bytes }, { session, executor: ortExecutor(session) });
  const host = new Hyaline({
    plugins,
    open: () => Promise.resolve({ id: name, sha256: "0".repeat(64), dtype: "fp32", model }),
  });
  const explain = async (id: string, options: Record<string, string | number | boolean> = {}) =>
    (await host.explain({ model: name, input: { inputs: golden.inputs }, methods: [{ id, options }], checks: false }))[
      0
    ]!;
  return { golden, model, host, explain, ids: host.registry.methods.map(({ entry }) => entry.id) };
}

const small = (id: string) =>
  ["shap", "lime", "shapley-sampling"].includes(id)
    ? { budget: 24 }
    : id === "integrated-gradients"
    ? { steps: 8 }
    : {};

describe("an encoder and a decoder", { timeout: 300_000 }, () => {
  test("are explained together, by every method", async () => {
    const { explain, ids, model } = await opened("bart-dynamo");
    for (const id of ids) {
      const { type, data, tokens } = await explain(id, small(id));
      expect(new Set(tokens.map(({ source }) => source))).toEqual(new Set(["encoder", "decoder"]));
      if (type === "token-scores") expect(data.values).toHaveLength(tokens.length);
    }
    await model.release();
  });

  test("are evaluated in batches as one by one", async () => {
    const { golden, model } = await opened("bart-dynamo");
    const inputs = new Map(
      Object.entries(golden.inputs).map(([name, { dtype, dims, data }]) => [name, typed(dtype as DType, dims, data)]),
    );
    const length = golden.inputs["input_ids"]!.data.length,
      target: Target = { kind: "index", index: 3, position: 0, value: 0 };
    const edits = Array.from({ length }, (_, gone) => ({ keep: Array.from({ length }, (_, i) => i !== gone) }));
    const boxes = [1, 16].map((batch) =>
      new BlackBox({ model, inputs, input: "input_ids", target, stand: { pad: 0 }, batch })
    );
    const [single, batched] = await Promise.all(
      boxes.map(async (box) => (await box.values(edits)).map(({ value }) => value)),
    ) as [number[], number[]];
    single.forEach((value, i) => expect(batched[i]).toBeCloseTo(value, 4));
    expect(new Set(single.map((value) => value.toFixed(5))).size).toBeGreaterThan(1);
    await model.release();
  });
});

test("an encoder beside a merged decoder, opened as a folder, is explained by every method as one model", {
  timeout: 300_000,
}, async () => {
  const folder = join(await committed(), "bart-optimum-merged"), checkpoint = await openCheckpoint(folder);
  expect([checkpoint.path, checkpoint.encoder?.length]).toEqual(["onnx/decoder_model_merged.onnx", expect.any(Number)]);
  const subject = subjectOf(checkpoint, { session, executor: ortExecutor(session) });
  const host = new Hyaline({
    plugins,
    open: () => Promise.resolve(subject),
  });
  const { golden } = await readCase(await committed(), "bart-optimum-merged"), all = golden.all_inputs!;
  const inputs = Object.fromEntries(
    Object.entries(all).map(([name, [row]]) => [name, { dtype: "int64", dims: [1, row!.length], data: row! }]),
  );
  for (const { entry: { id } } of host.registry.methods) {
    const [{ target, tokens, data, type }] = await host.explain({
      model: "bart",
      input: { inputs },
      methods: [{ id, options: small(id) }],
      checks: false,
    }) as [Explanation];
    expect(target.value, id).toBeCloseTo(golden.target.value, 4);
    expect(tokens.map(({ source }) => source)).toEqual([
      ...Array(all["input_ids"]![0]!.length).fill("encoder"),
      ...Array(all["decoder_input_ids"]![0]!.length).fill("decoder"),
    ]);
    if (type === "token-scores") expect(data.values).toHaveLength(tokens.length);
  }
  await subject.model.release();
});

test("a model without attention is explained by all other methods, and attention says what is missing", {
  timeout: 300_000,
}, async () => {
  const { explain, ids, model } = await opened("bilstm-dynamo");
  for (const id of ids) {
    const asked = explain(id, small(id));
    if (looks.has(id)) await expect(asked).rejects.toMatchObject({ code: "MISSING_EVIDENCE" });
    else expect(["token-scores", "curve"]).toContain((await asked).type);
  }
  await model.release();
});

test("heads that an export merged with the batch are told apart", { timeout: 300_000 }, async () => {
  const { explain, model } = await opened("bloom-dynamo"),
    { data } = await explain("attention", { view: "grid", layer: "all", head: "all" }) as ExplanationOf<
      "layer-head-grid"
    >;
  const [layers, heads, rows, columns] = data.shape as [number, number, number, number];
  expect(heads).toBeGreaterThan(1);
  for (let row = 0; row < layers * heads * rows; row++) {
    expect(data.values.slice(row * columns, (row + 1) * columns).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 4);
  }
  await model.release();
});
