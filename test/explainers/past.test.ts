/** A run that continues past states: the new tokens are explained, given what came before. */
import { expect, test } from "vitest";
import { BlackBox } from "../../packages/core/src/host/predict.ts";
import { Hyaline } from "../../packages/core/src/host/hyaline.ts";
import { typed } from "../../packages/core/src/host/inputs.ts";
import { Model } from "../../packages/core/src/host/model.ts";
import { type DType, numbers } from "../../packages/core/src/graph/tensor.ts";
import type { Target } from "../../packages/core/src/result/mod.ts";
import { ortExecutor } from "../../packages/core/src/runtime/ort/executor.ts";
import { readCase } from "../zoo/case.ts";
import { committed } from "../zoo/committed.ts";
import { plugins } from "./host.ts";

const session = { backend: "wasm", threads: 1 } as const;
const { golden, model: bytes } = await readCase(await committed(), "llama-optimum-past-filled");
const { attention_mask: mask, position_ids: positions, ...given } = golden.inputs;

function opened(file: Uint8Array) {
  const model = new Model({ model: file }, { session, executor: ortExecutor(session) });
  const host = new Hyaline({
    plugins,
    open: () => Promise.resolve({ id: "past", sha256: "0".repeat(64), dtype: "fp32", model }),
  });
  const explain = async (id: string, inputs = given) =>
    (await host.explain({ model: "past", input: { inputs }, methods: [{ id }], checks: false }))[0]!;
  return { model, explain };
}

test("mask and positions may be left out: they count on behind the past", async () => {
  const { explain, model } = opened(bytes), { data, target, inputs } = await explain("input-x-gradient");
  expect(inputs["attention_mask"]!.data).toEqual(mask!.data);
  expect(inputs["position_ids"]!.data).toEqual(positions!.data);
  expect(target.value).toBeCloseTo(golden.target.value, 4);
  if (!("values" in data) || !("join" in data)) throw new Error("no scores");
  golden.sources[0]!.x_times_g.forEach((wanted, i) => expect(data.values[i] as number).toBeCloseTo(wanted, 4));
  await model.release();
});

test("a token taken away leaves the past where it is", async () => {
  const { model } = opened(bytes);
  const inputs = new Map(
    Object.entries(golden.inputs).map(([name, { dtype, dims, data }]) => [name, typed(dtype as DType, dims, data)]),
  );
  const ids = golden.inputs["input_ids"]!.data, index = golden.target.index.at(-1)!, position = ids.length - 1;
  const target: Target = { kind: "index", index, position, value: golden.target.value };
  const box = new BlackBox({ model, inputs, input: "input_ids", target, stand: {} });
  const [{ value }] = await box.values([{ keep: ids.map((_, i) => i !== 0) }]) as [{ value: number }];
  const shorter = new Map(inputs), past = mask!.data.length - ids.length;
  shorter.set("input_ids", typed("int64", [1, position], ids.slice(1)));
  shorter.set("attention_mask", typed("int64", [1, past + position], mask!.data.slice(1)));
  shorter.set("position_ids", typed("int64", [1, position], Array.from({ length: position }, (_, i) => past + i)));
  const logits = numbers((await model.forward(shorter, [model.target])).get(model.target)!);
  expect(value).toBeCloseTo(logits.at(index - logits.length / position)!, 5);
  await model.release();
});

test("attention that looks at past states is refused with what to do", async () => {
  const { explain, model } = opened(bytes);
  for (const id of ["attention", "attention-rollout", "attention-gradient", "attention-walkthrough"]) {
    await expect(explain(id)).rejects.toMatchObject({
      code: "MISSING_EVIDENCE",
      hint: expect.stringContaining("all ids"),
    });
  }
  await model.release();
});

test("a merged decoder refuses past states: its branch without them runs", async () => {
  const merged = await readCase(await committed(), "llama-optimum-merged-cached"),
    { explain, model } = opened(merged.model);
  await expect(explain("input-x-gradient", given)).rejects.toMatchObject({ code: "WRONG_INPUT" });
  await model.release();
});
