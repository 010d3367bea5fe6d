import { describe, expect, test } from "vitest";
import { compare, Sketch } from "./testing.ts";

const mean = (s: Sketch, x: string, ...axes: number[]): string => s.op("ReduceMean", [x, s.ints(...axes)]);
const deviation = (s: Sketch, d: string, epsilon = 1e-5, ...axes: number[]): string =>
  s.op("Sqrt", [s.op("Add", [mean(s, s.op("Pow", [d, s.c(2)]), ...(axes.length ? axes : [-1])), s.c(epsilon)])]);
const centre = (s: Sketch, x: string, axis = -1): string => s.op("Sub", [x, mean(s, x, axis)]);

describe("norm", () => {
  test("reads LayerNorm with scale and bias", async () => {
    const s = new Sketch(), d = centre(s, s.input(2, 3, 8));
    const { nodes, error } = await compare(s, [
      s.op("Add", [s.op("Mul", [s.op("Div", [d, deviation(s, d)]), s.c([8])]), s.c([8])]),
    ]);
    expect(nodes.map(({ op }) => op)).toEqual(["LayerNormalization"]);
    expect(nodes[0]!.attributes).toEqual({ axis: -1, epsilon: expect.closeTo(1e-5, 9) });
    expect(error).toBeLessThan(1e-6);
  });
  test("reads LayerNorm that centres twice and multiplies by the reciprocal", async () => {
    const s = new Sketch(), x = s.input(2, 3, 8), inverse = s.op("Reciprocal", [deviation(s, centre(s, x))]);
    const { ops, error } = await compare(s, [s.op("Mul", [s.c([8]), s.op("Mul", [centre(s, x), inverse])])]);
    expect(ops).toEqual(["LayerNormalization"]);
    expect(error).toBeLessThan(1e-6);
  });
  test("leaves a residual that is added behind outside", async () => {
    const s = new Sketch(), d = centre(s, s.input(2, 3, 8));
    const { ops, error } = await compare(s, [
      s.op("Add", [s.op("Mul", [s.op("Div", [d, deviation(s, d)]), s.c([8])]), s.input(2, 3, 8)]),
    ]);
    expect(ops).toEqual(["LayerNormalization", "Add"]);
    expect(error).toBeLessThan(1e-6);
  });
  test("reads RMSNorm with x · (1/√…), its square as a product and a scale of 1 + w", async () => {
    const s = new Sketch(), x = s.input(2, 3, 8), square = s.op("Mul", [x, x]);
    const root = s.op("Sqrt", [s.op("Add", [s.c(1e-6), mean(s, square, -1)])]),
      unit = s.op("Mul", [s.op("Div", [s.c(1), root]), x]);
    const { ops, error } = await compare(s, [s.op("Mul", [s.op("Add", [s.c([8]), s.c(1)]), unit])]);
    expect(ops).toEqual(["RMSNormalization"]);
    expect(error).toBeLessThan(1e-6);
  });
  test("reads RMSNorm without a scale", async () => {
    const s = new Sketch(), x = s.input(2, 3, 8);
    const { ops, error } = await compare(s, [
      s.op("Mul", [x, s.op("Pow", [s.op("Add", [mean(s, s.op("Pow", [x, s.c(2)]), -1), s.c(1e-6)]), s.c(-0.5)])]),
    ]);
    expect(ops).toEqual(["RMSNormalization"]);
    expect(error).toBeLessThan(1e-6);
  });
  test("reads a norm over the last two axes", async () => {
    const s = new Sketch(), x = s.input(2, 3, 8), d = s.op("Sub", [x, mean(s, x, -1, -2)]);
    const { nodes, error } = await compare(s, [
      s.op("Mul", [s.op("Div", [d, deviation(s, d, 1e-5, 1, 2)]), s.c([3, 8])]),
    ]);
    expect(nodes.map(({ op, attributes }) => [op, attributes["axis"]])).toEqual([["LayerNormalization", -2]]);
    expect(error).toBeLessThan(1e-6);
  });
  test("leaves a scale over other axes than the mean outside", async () => {
    const s = new Sketch(), x = s.input(2, 3, 8), d = s.op("Sub", [x, mean(s, x, -1, -2)]);
    const { ops, error } = await compare(s, [s.op("Mul", [s.op("Div", [d, deviation(s, d, 1e-5, 1, 2)]), s.c([8])])]);
    expect(ops).toEqual(["LayerNormalization", "Mul"]);
    expect(error).toBeLessThan(1e-6);
  });
  test("reads LayerNorm as TensorFlow's exporter writes it, folded and with pools for means", async () => {
    const s = new Sketch(), x = s.input(2, 3, 8), mu = s.op("GlobalAveragePool", [x]), d = s.op("Sub", [x, mu]);
    const variance = s.op("Add", [s.op("GlobalAveragePool", [s.op("Mul", [d, d])]), s.c(1e-3)]);
    const scale = s.op("Mul", [s.op("Reciprocal", [s.op("Sqrt", [variance])]), s.c([8])]);
    const { nodes, error } = await compare(s, [
      s.op("Add", [s.op("Mul", [x, scale]), s.op("Sub", [s.c([8]), s.op("Mul", [mu, scale])])]),
    ]);
    expect(nodes.map(({ op, attributes }) => [op, attributes["epsilon"]])).toEqual([[
      "LayerNormalization",
      expect.closeTo(1e-3, 8),
    ]]);
    expect(error).toBeLessThan(1e-5);
  });
  test("refuses a mean over an axis that is not the last", async () => {
    const s = new Sketch(), x = s.input(2, 3, 8), d = centre(s, x, 1);
    const { ops, report } = await compare(s, [s.op("Div", [d, deviation(s, d, 1e-5, 1)])]);
    expect(ops).toContain("Sqrt");
    expect(report.refused.map(({ because }) => because)).toEqual(["the mean is over axes 1, not the last ones"]);
  });
});
