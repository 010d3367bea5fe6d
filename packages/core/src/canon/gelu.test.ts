import { describe, expect, test } from "vitest";
import { compare, Sketch } from "./testing.ts";

const ROOT_2 = Math.SQRT2, K = Math.sqrt(2 / Math.PI);
type Write = (s: Sketch, x: string) => string;
const erf = (s: Sketch, x: string): string => s.op("Add", [s.op("Erf", [s.op("Div", [x, s.c(ROOT_2)])]), s.c(1)]);

/** The exact form as TorchScript, dynamo and hand-written models order it. */
const exact: Record<string, Write> = {
  "x · (1 + erf(x/√2)) · ½": (s, x) => s.op("Mul", [s.op("Mul", [x, erf(s, x)]), s.c(0.5)]),
  "(½ · x) · (1 + erf(x/√2))": (s, x) => s.op("Mul", [s.op("Mul", [s.c(0.5), x]), erf(s, x)]),
  "x · (½ · (1 + erf(x · √½)))": (s, x) =>
    s.op("Mul", [
      x,
      s.op("Mul", [s.c(0.5), s.op("Add", [s.c(1), s.op("Erf", [s.op("Mul", [s.c(Math.SQRT1_2), x])])])]),
    ]),
  "x · (1 + erf(x/√2)) / 2": (s, x) => s.op("Div", [s.op("Mul", [x, erf(s, x)]), s.c(2)]),
};
const inner = (s: Sketch, x: string, cube: string): string =>
  s.op("Mul", [s.c(K), s.op("Add", [x, s.op("Mul", [s.c(0.044715), cube])])]);
const tanh: Record<string, Write> = {
  "with x³": (s, x) =>
    s.op("Mul", [
      s.op("Mul", [s.c(0.5), x]),
      s.op("Add", [s.c(1), s.op("Tanh", [inner(s, x, s.op("Pow", [x, s.c(3)]))])]),
    ]),
  "with x · x · x": (s, x) =>
    s.op("Mul", [
      s.op("Mul", [x, s.c(0.5)]),
      s.op("Add", [s.op("Tanh", [inner(s, x, s.op("Mul", [s.op("Mul", [x, x]), x]))]), s.c(1)]),
    ]),
  // BLOOM: √(2/π) x (1 + 0.044715 x x)
  "as BLOOM factors it": (s, x) => {
    const square = s.op("Mul", [s.op("Mul", [s.c(0.044715), x]), x]);
    const u = s.op("Mul", [s.op("Mul", [s.c(K), x]), s.op("Add", [s.c(1), square])]);
    return s.op("Mul", [s.op("Mul", [x, s.c(0.5)]), s.op("Add", [s.op("Tanh", [u]), s.c(1)])]);
  },
};
const around = async (write: Write) => {
  const s = new Sketch(), x = s.op("Mul", [s.input(2, 8), s.input(8)]);
  return await compare(s, [s.op("Mul", [write(s, x), s.input(2, 8)])]);
};

describe("gelu", () => {
  test.each(Object.entries(exact))("reads %s", async (_, write) => {
    const { ops, error, nodes } = await around(write);
    expect(ops).toEqual(["Mul", "Gelu", "Mul"]);
    expect(nodes[1]!.attributes).toEqual({ approximate: "none" });
    expect(error).toBeLessThan(1e-6);
  });
  test.each(Object.entries(tanh))("reads the tanh form %s", async (_, write) => {
    const { ops, error, nodes } = await around(write);
    expect(ops).toEqual(["Mul", "Gelu", "Mul"]);
    expect(nodes[1]!.attributes).toEqual({ approximate: "tanh" });
    expect(error).toBeLessThan(1e-6);
  });
  test("keeps the inner tensors that somebody else reads", async () => {
    const s = new Sketch(), x = s.input(4), h = erf(s, x);
    const { ops } = await compare(s, [s.op("Mul", [s.op("Mul", [x, h]), s.c(0.5)]), s.op("Neg", [h])]);
    expect(ops).toEqual(["Div", "Erf", "Add", "Neg", "Gelu"]);
  });
  test("refuses another divisor and says which", async () => {
    const s = new Sketch(), x = s.input(4), h = s.op("Add", [s.op("Erf", [s.op("Div", [x, s.c(2)])]), s.c(1)]);
    const { ops, report } = await compare(s, [s.op("Mul", [s.op("Mul", [x, h]), s.c(0.5)])]);
    expect(ops).toContain("Erf");
    expect(report.refused).toEqual([{
      name: "gelu-erf",
      node: expect.any(String),
      because: "the argument of Erf is 0.5 x, not x/√2",
    }]);
  });
  test("refuses another factor", async () => {
    const s = new Sketch(), x = s.input(4);
    const { report } = await compare(s, [s.op("Mul", [x, erf(s, x)])]);
    expect(report.refused.map(({ because }) => because)).toEqual(["the factor is 1, not ½"]);
  });
});
