import { describe, expect, test } from "vitest";
import type { Tensor } from "../graph/tensor.ts";
import { evaluate, resolveTarget, softmax } from "./target.ts";

const float = (dims: number[], data: number[]): Tensor => ({ dtype: "float32", dims, data: Float32Array.from(data) });
const classes = ["negative", "positive"];
const names = {
  classes,
  labelOf: (i: number) => classes[i],
  indexOf: (label: string) => {
    const i = classes.indexOf(label.toLowerCase());
    return i < 0 ? undefined : i;
  },
};
const logits = float([1, 2], [-1, 2]);

describe("resolveTarget()", () => {
  test("takes the most likely class where none is named", () => {
    const { target, seed, predictions } = resolveTarget({}, { logits, names });
    expect(target).toMatchObject({ kind: "class", index: 1, label: "positive", value: 2 });
    expect([...seed.data as Float32Array]).toEqual([0, 1]);
    expect(predictions.map(({ label }) => label)).toEqual(["positive", "negative"]);
    expect(target.probability).toBeCloseTo(1 / (1 + Math.exp(-3)), 12);
  });

  test("explains target minus foil with one seed", () => {
    const { target, seed } = resolveTarget({ label: "negative", foil: "positive" }, { logits, names });
    expect(target).toMatchObject({
      kind: "contrast",
      index: 0,
      value: -3,
      foil: { index: 1, label: "positive", value: 2 },
    });
    expect([...seed.data as Float32Array]).toEqual([1, -1]);
  });

  test("reads the last position of a language model unless told otherwise", () => {
    const rows = float([1, 3, 2], [9, 0, 0, 9, 1, 2]);
    expect(resolveTarget({}, { logits: rows, names }).target).toMatchObject({
      kind: "token",
      index: 1,
      position: 2,
      value: 2,
    });
    expect(resolveTarget({ position: 0 }, { logits: rows, names }).target).toMatchObject({
      index: 0,
      position: 0,
      value: 9,
    });
    expect(resolveTarget({ position: -2 }, { logits: rows, names }).target).toMatchObject({ index: 1, position: 1 });
  });

  test("seeds a span with the derivative of its log-probabilities", () => {
    const rows = float([1, 2, 3], [1, 2, 3, 0.5, -1, 0]), span = { ids: [2, 0], first: 0 };
    const { target, seed } = resolveTarget({ span: "ab" }, { logits: rows, names, span });
    const logP = (at: Float32Array): number =>
      Math.log(softmax([...at.slice(0, 3)])[2]!) + Math.log(softmax([...at.slice(3)])[0]!);
    expect(target.value).toBeCloseTo(logP(rows.data as Float32Array), 10);
    (seed.data as Float32Array).forEach((g, i) => { // against central differences
      const moved = (step: number): Float32Array => (rows.data as Float32Array).map((v, k) => (k === i ? v + step : v));
      expect(g).toBeCloseTo((logP(moved(1e-2)) - logP(moved(-1e-2))) / 2e-2, 3);
    });
  });

  test.each([
    [{ label: "happy" }, "UNKNOWN_CLASS"],
    [{ index: 7 }, "OUT_OF_RANGE"],
    [{ foil: 9 }, "OUT_OF_RANGE"],
    [{ position: 3 }, "OUT_OF_RANGE"],
  ])("refuses %o", (request, code) => {
    expect(() => resolveTarget(request, { logits, names })).toThrow(expect.objectContaining({ code }));
  });
});

test("evaluate() reads the target's row of a batch", () => {
  const { target } = resolveTarget({ label: "positive", foil: "negative" }, { logits, names });
  const batch = float([2, 2], [0, 0, 1, 5]);
  expect(evaluate(batch, target, 1).value).toBe(4);
  expect(evaluate(batch, target, 0).probability).toBeCloseTo(0.5, 12);
});
