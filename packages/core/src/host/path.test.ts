import { expect, test } from "vitest";
import { gaussLegendre } from "./path.ts";

test("gaussLegendre() integrates polynomials of degree 2n − 1 exactly on [0, 1]", () => {
  for (const n of [1, 2, 5, 20, 50]) {
    const { nodes, weights } = gaussLegendre(n);
    expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    const degree = 2 * n - 1, integral = nodes.reduce((sum, x, i) => sum + weights[i]! * x ** degree, 0);
    expect(integral).toBeCloseTo(1 / (degree + 1), 12);
    expect([...nodes].sort((a, b) => a - b).every((x) => x > 0 && x < 1)).toBe(true);
  }
});

test("gaussLegendre() knows the nodes of numpy.polynomial.legendre.leggauss(3)", () => {
  const { nodes, weights } = gaussLegendre(3), order = [0, 1, 2].sort((a, b) => nodes[a]! - nodes[b]!);
  const inset = 0.5 - Math.sqrt(0.6) / 2;
  order.forEach((k, i) => {
    expect(nodes[k]).toBeCloseTo([inset, 0.5, 1 - inset][i]!, 12);
    expect(weights[k]).toBeCloseTo([5 / 18, 8 / 18, 5 / 18][i]!, 12);
  });
});
