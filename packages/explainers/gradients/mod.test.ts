import { readFile } from "node:fs/promises";
import type { Evidence, PathEvidence, Result } from "@hyaline/core/plugin";
import { describe, expect, test } from "vitest";
import { arrayOf, evidenceOf, optionsOf } from "../shared/sample.ts";
import manifest from "./explainer.json" with { type: "json" };
import explainers from "./mod.ts";

const golden = JSON.parse(await readFile(new URL("../goldens/whitebox.json", import.meta.url), "utf8"));
const embeddings = arrayOf(golden.embeddings),
  gradient = arrayOf(golden.gradient),
  line = "[CLS] I love programming [SEP]";
const evidence = evidenceOf(line, { embeddings, gradients: { embeddings: gradient } });
const zero = { ...gradient, data: gradient.data.map(() => 0) };
const path: PathEvidence & { captum: number[]; delta: number } = {
  ...golden.path,
  attributions: arrayOf(golden.path.attributions),
  points: arrayOf([0.2, 0.5, 0.8]),
  values: arrayOf([0.1, 0.4, 0.9]),
  steps: 3,
  error: 1e-6,
};
const target = { kind: "class" as const, index: 1, value: golden.logits[golden.target] as number };

function near(found: readonly number[], expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  found.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
}

describe("saliency", () => {
  test("is the norm of captum's Saliency", () => {
    near(explainers.saliency(evidence, optionsOf(manifest, "saliency")).data.values, golden.saliency);
  });

  test("takes other norms by option", () => {
    const g = arrayOf([[3, -4], [0, 1]]),
      of = (reduce: string) =>
        explainers.saliency(evidenceOf("a b", { gradients: { embeddings: g } }), { reduce } as never).data.values;
    expect([of("l2"), of("l1"), of("max")]).toEqual([[5, 1], [7, 1], [4, 1]]);
  });

  test("says so where nothing depends on the text", () => {
    const { notes, data } = explainers.saliency({ ...evidence, gradients: { embeddings: zero } }, { reduce: "l2" });
    expect(notes).toHaveLength(1);
    expect(data.values.every((s) => Object.is(s, 0))).toBe(true);
  });
});

describe("input-x-gradient", () => {
  test("is captum's InputXGradient summed over channels, with sign", () => {
    const result = explainers["input-x-gradient"](evidence);
    near(result.data.values, golden.inputXGradient);
    expect(result).toMatchObject({ signed: true, notes: [], data: { join: "sum" } });
  });

  test("notes that a norm behind the embeddings leaves only noise", () => {
    const x = arrayOf([[1, 2], [2, -1]]), g = arrayOf([[2, -1], [1, 2.0001]]);
    const { notes } = explainers["input-x-gradient"](
      evidenceOf("a b", { embeddings: x, gradients: { embeddings: g } }),
    );
    expect(notes![0]).toContain("norm follows the embeddings");
  });

  test("explains one token", () => {
    const one = evidenceOf("[CLS]", { embeddings: arrayOf([[1, 2]]), gradients: { embeddings: arrayOf([[3, 4]]) } });
    expect(explainers["input-x-gradient"](one).data.values).toEqual([11]);
  });

  test.each([NaN, Infinity])("refuses %s", (bad) => {
    const spoiled = { ...gradient, data: gradient.data.map((g, i) => (i === 3 ? bad : g)) };
    expect(() => explainers["input-x-gradient"]({ ...evidence, gradients: { embeddings: spoiled } })).toThrow(
      expect.objectContaining({ code: "NOT_FINITE" }),
    );
  });

  test("names what the model does not give", () => {
    expect(() => explainers["input-x-gradient"](evidenceOf(line))).toThrow(
      expect.objectContaining({ code: "MISSING_EVIDENCE" }),
    );
  });
});

describe("integrated-gradients", () => {
  type Scores = Result<"token-scores">;
  const integrated = (given: Evidence, baseline: string, view: "scores" | "path" = "scores") =>
    explainers["integrated-gradients"](given, { baseline, view });

  test("is captum's IntegratedGradients with Gauss–Legendre points, and passes the completeness check", () => {
    const result = integrated({ ...evidence, target, path }, "pad") as Scores;
    near(result.data.values, path.captum);
    expect(result.checks!.map(({ id, status }) => [id, status])).toEqual([["completeness", "passed"], [
      "quadrature",
      "measured",
    ]]);
    expect(result.checks![0]!.value!).toBeCloseTo(path.delta, 5);
  });

  test("fails the check aloud when the scores miss the difference", () => {
    const result = integrated({ ...evidence, target: { ...target, value: target.value + 1 }, path }, "pad");
    expect(result.checks![0]).toMatchObject({ status: "failed" });
    expect(result.notes).toHaveLength(1);
  });

  test("has nothing to divide when the baseline is the text", () => {
    const still = { ...path, attributions: zero, baselineValue: target.value };
    const { checks, data } = integrated({ ...evidence, target, path: still }, "mask") as Scores;
    expect(checks![0]).toMatchObject({ status: "passed", value: 0 });
    expect(data.values).toEqual([0, 0, 0, 0, 0]);
  });

  test("shows the value along the path on request, from the baseline to the text", () => {
    const { type, data } = integrated({ ...evidence, target, path }, "pad", "path") as Result<"curve">;
    const [{ x, y }] = data.series as [Result<"curve">["data"]["series"][number]];
    expect(type).toBe("curve");
    expect([x[0], x.at(-1), y[0], y.at(-1)]).toEqual([0, 1, path.baselineValue, target.value]);
    expect(x).toHaveLength(path.steps + 2);
    expect(x).toEqual(x.toSorted((a, b) => a - b));
  });
});
