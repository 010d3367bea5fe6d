import { describe, expect, test } from "vitest";
import { arrayOf, evidenceOf, optionsOf } from "../shared/sample.ts";
import manifest from "./explainer.json" with { type: "json" };
import explainers from "./mod.ts";

const line = "[CLS] I love it [SEP]", layers = [{ index: 0, name: "embeddings" }, { index: 1, name: "layer.0" }];
const ledger = {
  value: 2,
  tokens: 1.5,
  leaks: { bias: 0.5, constant: 0, softmax: 0, epsilon: 0, quantisation: 0, nonlinear: 0 },
  residual: 0,
  tolerance: 1e-3,
  closed: true,
};
const tokens = arrayOf([0.25, 0.25, 0.75, 0.5, -0.25]),
  map = arrayOf([[0.25, 0.25, 0.75, 0.5, -0.25], [1.5, 0, 0, 0, 0]]);
const evidence = evidenceOf(line, { layers, relevances: { tokens, layers: map, ledger } });

describe("lrp", () => {
  test("gives the tokens their relevance, with sign, and puts the books beside it", () => {
    const result = explainers.lrp(evidence, optionsOf(manifest, "lrp"));
    expect(result).toMatchObject({
      type: "token-scores",
      signed: true,
      ledger,
      data: { values: [0.25, 0.25, 0.75, 0.5, -0.25], join: "sum" },
    });
    expect(result.notes).toEqual([]);
  });

  test("shows every layer's relevance on request, by the layers' names", () => {
    const { type, data } = explainers.lrp(evidence, optionsOf(manifest, "lrp", { at: "hidden-states" }));
    expect(type).toBe("layer-head-grid");
    expect(data).toMatchObject({
      shape: [2, 5],
      axes: [{ name: "layer", labels: ["embeddings", "layer.0"] }, { name: "token", tokens: [0, 1, 2, 3, 4] }],
      values: [...map.data],
    });
  });

  test("shows what went through each sub-layer and past it on request, by names that say so", () => {
    const points = [
      { layer: 0, way: "after", kinds: [] },
      { layer: 1, way: "through", kinds: ["attention"] },
      { layer: 1, way: "through", kinds: ["feed-forward"] },
      { layer: 1, way: "past", kinds: ["attention", "feed-forward"] },
      { layer: 1, way: "after", kinds: ["attention", "feed-forward"] },
      { layer: 2, way: "after", kinds: [] },
    ] as const;
    const relevance = arrayOf(points.map((_, i) => [i, 0, 0, 0, -i])),
      of = (source?: string) =>
        explainers.lrp(
          evidenceOf(line, {
            relevances: {
              tokens,
              sublayers: { points: points.map((point) => (source ? { source, ...point } : point)), relevance },
            },
          }),
          optionsOf(manifest, "lrp", { at: "sublayers" }),
        );
    expect(of()).toMatchObject({
      type: "layer-head-grid",
      data: {
        shape: [6, 5],
        axes: [{
          name: "layer",
          labels: [
            "input",
            "1 attention",
            "1 feed-forward",
            "1 past attention and feed-forward",
            "1 after attention and feed-forward",
            "2",
          ],
        }, { name: "token" }],
        values: [...relevance.data],
      },
    });
    expect((of("decoder") as ReturnType<typeof of>).data).toMatchObject({
      axes: [{ labels: expect.arrayContaining(["decoder input", "decoder 1 attention", "decoder 2"]) }, {}],
    });
    expect(() => explainers.lrp(evidence, optionsOf(manifest, "lrp", { at: "sublayers" }))).toThrow(
      expect.objectContaining({ code: "MISSING_EVIDENCE" }),
    );
  });

  test("notes a first token that draws most of the relevance", () => {
    const sink = explainers.lrp(
      { ...evidence, relevances: { tokens: arrayOf([-9, 1, 1, 1, 1]) } },
      optionsOf(manifest, "lrp"),
    );
    expect(sink.notes![0]).toContain("first token draws 69 %");
    expect(sink).not.toHaveProperty("ledger");
  });

  test("explains one token, and a text without any relevance", () => {
    const of = (...values: number[]) =>
      explainers.lrp(evidenceOf("a b c", { relevances: { tokens: arrayOf(values) } }), optionsOf(manifest, "lrp"));
    expect(of(3)).toMatchObject({ data: { values: [3] }, notes: [] });
    expect(of(0, 0, 0)).toMatchObject({ data: { values: [0, 0, 0] }, notes: [] });
  });

  test("refuses NaN, and a model that carries no relevance", () => {
    expect(() =>
      explainers.lrp(evidenceOf("a", { relevances: { tokens: arrayOf([NaN]) } }), optionsOf(manifest, "lrp"))
    ).toThrow(expect.objectContaining({ code: "NOT_FINITE" }));
    expect(() => explainers.lrp(evidenceOf("a"), optionsOf(manifest, "lrp"))).toThrow(
      expect.objectContaining({ code: "MISSING_EVIDENCE" }),
    );
  });

  test("carries the notice about patents in its manifest", () => {
    expect(manifest.explainers[0]!.notice).toContain("patented");
  });
});
