/** Evaluations that somebody asks for one at a time: they share passes where rows do not change each other. */
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { chooseExecutor, subjectOf } from "@hyaline/core";
import { openCheckpoint } from "@hyaline/core/node";
import { completeInputs, typed } from "../../packages/core/src/host/inputs.ts";
import { BlackBox } from "../../packages/core/src/host/predict.ts";

const session = { backend: "wasm", threads: 1 } as const;

async function opened(name: string, forward: "program" | "session") {
  const folder = fileURLToPath(new URL(`../../models/${name}`, import.meta.url));
  const { model } = subjectOf(await openCheckpoint(folder, { offline: true }), {
    session,
    executor: chooseExecutor("auto", session),
    forward,
  });
  const length = 6, ids = typed("int64", [1, length], [5, 9, 12, 7, 11, 6]);
  const box = new BlackBox({
    model,
    inputs: completeInputs(model.graph, new Map([["input_ids", ids]])),
    input: "input_ids",
    target: { kind: "index", index: 1, value: 0 },
    stand: { pad: 0 },
  });
  const without = (gone: number) => ({ keep: Array.from({ length }, (_, i) => i !== gone) });
  return { model, box, without, nothing: { keep: Array(length).fill(false), replacement: "delete" as const } };
}

describe.each(["program", "session"] as const)("with the forward pass as a %s", (forward) => {
  test("evaluations asked for all at once share a pass; the same one is run once; what fails fails alone", async () => {
    const { model, box, without, nothing } = await opened("sentiment-lstm", forward);
    const found = await Promise.all([0, 1, 2, 1].map((gone) => box.values([without(gone)])));
    const [first, second, , again] = found.map(([one]) => one!.value);
    expect([again, box.evaluations, model.passes.forward]).toEqual([second, 3, 1]);
    expect(first).not.toBe(second);
    const [kept, left] = await Promise.allSettled([box.values([without(3)]), box.values([nothing])]);
    expect([kept.status, left.status, box.evaluations]).toEqual(["fulfilled", "rejected", 4]);
    await expect(box.values([without(4)], AbortSignal.abort(new Error("left")))).rejects.toThrow("left");
    expect(await box.values([without(4)])).toHaveLength(1); // what was given up is tried again
    await model.release();
  }, 60_000);

  test("a language model with an empty cache takes rows together, and each is what it is alone", async () => {
    const { model, box, without } = await opened("ioi-lm", forward);
    const found = await box.values([0, 1, 2].map(without));
    expect(model.passes.forward).toBe(1);
    const { box: fresh, model: again } = await opened("ioi-lm", forward);
    for (const [i, { value }] of found.entries()) {
      expect((await fresh.values([without(i)]))[0]!.value).toBeCloseTo(value, 4);
    }
    await Promise.all([model.release(), again.release()]);
  }, 60_000);

  test("a model that quantises activations runs each by itself: rows would change each other", async () => {
    const { model, box, without } = await opened("sentiment-en", forward);
    await Promise.all([0, 1, 2].map((gone) => box.values([without(gone)])));
    expect(model.passes.forward).toBe(3);
    await model.release();
  }, 60_000);
});
