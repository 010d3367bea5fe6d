import { describe, expect, test } from "vitest";
import { compare, Sketch } from "./testing.ts";

describe("silu", () => {
  test("reads x σ(x), and leaves the gate's partner outside", async () => {
    const s = new Sketch(), x = s.input(2, 8), up = s.input(2, 8);
    const { ops, error } = await compare(s, [s.op("Mul", [s.op("Mul", [x, s.op("Sigmoid", [x])]), up])]);
    expect(ops).toEqual(["hyaline.Silu", "Mul"]);
    expect(error).toBeLessThan(1e-6);
  });
  test("reads QuickGELU, x σ(1.702 x)", async () => {
    const s = new Sketch(), x = s.input(2, 8);
    const { nodes, error } = await compare(s, [s.op("Mul", [s.op("Sigmoid", [s.op("Mul", [s.c(1.702), x])]), x])]);
    expect(nodes.map(({ op }) => op)).toEqual(["Silu"]);
    expect(nodes[0]!.attributes["alpha"]).toBeCloseTo(1.702, 5);
    expect(error).toBeLessThan(1e-6);
  });
  test("leaves a sigmoid that gates another tensor", async () => {
    const s = new Sketch();
    const { ops, report } = await compare(s, [s.op("Mul", [s.input(4), s.op("Sigmoid", [s.input(4)])])]);
    expect(ops).toEqual(["Sigmoid", "Mul"]);
    expect(report.refused).toEqual([]);
  });
  test("refuses a shifted sigmoid", async () => {
    const s = new Sketch(), x = s.input(4);
    const { report } = await compare(s, [s.op("Mul", [x, s.op("Sigmoid", [s.op("Add", [x, s.c(1)])])])]);
    expect(report.refused.map(({ because }) => because)).toEqual(["the argument of Sigmoid is no multiple of x"]);
  });
});
