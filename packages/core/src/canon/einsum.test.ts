import { describe, expect, test } from "vitest";
import { compare, Sketch } from "./testing.ts";

describe("einsum", () => {
  for (
    const [equation, a, b, ops] of [
      ["bij,bjk->bik", [2, 3, 4], [2, 4, 5], "MatMul"],
      ["bhid,bhjd->bhij", [2, 2, 3, 4], [2, 2, 5, 4], "MatMul"],
      ["blhd,hde->ble", [2, 3, 2, 4], [2, 4, 5], "MatMul"],
      ["...j,jk", [2, 3, 4], [4, 5], "MatMul"],
      ["bi,bi->b", [2, 3], [2, 3], "MatMul"],
      ["bix,bj->bij", [2, 3, 4], [2, 5], "Mul"],
      ["i,j->ji", [3], [4], "Mul"],
      ["bl,bl->lb", [2, 3], [2, 3], "Mul"],
    ] as const
  ) {
    test(`${equation} is a ${ops}`, async () => {
      const s = new Sketch();
      const found = await compare(s, [s.op("Einsum", [s.input(...a), s.input(...b)], { equation })]);
      expect(found.ops).toContain(ops);
      expect(found.ops).not.toContain("Einsum");
      expect(found.error).toBeLessThan(1e-5);
    });
  }
  test("of one operand sums and transposes", async () => {
    const s = new Sketch(), found = await compare(s, [s.op("Einsum", [s.input(2, 3, 4)], { equation: "ijk->ki" })]);
    expect(found.ops).toEqual(["ReduceSum", "Transpose"]);
    expect(found.error).toBeLessThan(1e-6);
  });
  test("refuses a diagonal and says why", async () => {
    const s = new Sketch(), { report } = await compare(s, [s.op("Einsum", [s.input(3, 3)], { equation: "ii->i" })]);
    expect(report.refused.map(({ because }) => because)).toEqual(["a letter comes twice in one operand (a diagonal)"]);
  });
});
