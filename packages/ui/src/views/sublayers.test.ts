import { expect, test } from "vitest";
import { sample } from "../../../core/src/render/testing.ts";
import { passagesOf, rowName } from "./sublayers.ts";

const map = (rows: Readonly<Record<string, readonly number[]>>) => ({
  ...sample("layer-head-grid"),
  data: {
    shape: [Object.keys(rows).length, 2],
    axes: [{ name: "layer" as const, labels: Object.keys(rows) }, { name: "token" as const, tokens: [0, 1] }],
    values: Object.values(rows).flat(),
  },
});

test("a row's name says which layer, and whether through, past or after what", () => {
  expect(rowName("input")).toEqual({ source: "", layer: 0, way: "after", kinds: [] });
  expect(rowName("3 attention")).toEqual({ source: "", layer: 3, way: "through", kinds: ["attention"] });
  expect(rowName("12 past attention and feed-forward")).toMatchObject({
    layer: 12,
    way: "past",
    kinds: ["attention", "feed-forward"],
  });
  expect(rowName("decoder 1 after cross-attention")).toMatchObject({ source: "decoder", layer: 1, way: "after" });
  expect(rowName("decoder input")).toMatchObject({ source: "decoder", layer: 0 });
  expect(rowName("2")).toMatchObject({ layer: 2, way: "after", kinds: [] });
  for (const other of ["/bert/encoder/layer.0/output/Add", "embeddings", "node_Add_12", "h.1", ""]) {
    expect(rowName(other), other).toBeUndefined();
  }
});

test("what arrives after a sub-layer went through it or past it; what is not handed on was kept", () => {
  expect(passagesOf(map({
    "input": [1, 2],
    "1 attention": [0.5, -1],
    "1 past attention": [2, 2],
    "1 after attention": [3, 1],
    "1 feed-forward": [1, 0],
    "1 past feed-forward": [3, 1],
    "1 after feed-forward": [4, 1.5],
  }))).toEqual([
    { source: "", layer: 1, kind: "attention", arrives: 4, through: -0.5, past: 4, kept: 1 },
    { source: "", layer: 1, kind: "feed-forward", arrives: 5.5, through: 1, past: 4, kept: 1.5 },
  ]);
});

test("sub-layers side by side tell once what went past both; each source begins anew", () => {
  const found = passagesOf(map({
    "encoder input": [1, 0],
    "encoder 1 feed-forward": [1, 0],
    "encoder 1 attention": [2, 0],
    "encoder 1 past feed-forward and attention": [3, 0],
    "encoder 1 after feed-forward and attention": [6, 0],
    "decoder input": [9, 0],
    "decoder 1 attention": [1, 0],
    "decoder 1 past attention": [9, 0],
    "decoder 1 after attention": [10, 0],
  }));
  expect(found).toEqual([
    { source: "encoder", layer: 1, kind: "feed-forward", arrives: 6, through: 1, past: 3, kept: 5 },
    { source: "encoder", layer: 1, kind: "attention", arrives: 6, through: 2 },
    { source: "decoder", layer: 1, kind: "attention", arrives: 10, through: 1, past: 9, kept: 1 },
  ]);
  expect(passagesOf(sample("layer-head-grid"))).toEqual([]);
});
