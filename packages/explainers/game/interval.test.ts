import { expect, test } from "vitest";
import { meansOf, tQuantile } from "./interval.ts";
import { permutation, random } from "./random.ts";

// Two-sided quantiles of Student's t from printed tables (Abramowitz & Stegun, table 26.10).
test.each([
  [0.95, 1, 12.706],
  [0.95, 2, 4.303],
  [0.95, 3, 3.182],
  [0.95, 5, 2.571],
  [0.95, 10, 2.228],
  [0.95, 30, 2.042],
  [0.9, 4, 2.132],
  [0.99, 6, 3.707],
  [0.99, 20, 2.845],
])(
  "t at %f with %i degrees of freedom is %f, within a hundredth",
  (confidence, freedom, expected) => expect(Math.abs(tQuantile(confidence, freedom) / expected - 1)).toBeLessThan(0.01),
);

test("a mean's interval has its nominal coverage on normal samples of five", () => {
  const next = random(3), normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const runs = 2000,
    covered = Array.from({ length: runs }, () => {
      const { mean, half } = meansOf(Array.from({ length: 5 }, () => [normal()]), 0.95);
      return Math.abs(mean[0]!) <= half![0]! ? 1 : 0;
    }).reduce((a: number, b) => a + b, 0);
  expect(covered / runs).toBeGreaterThan(0.93);
  expect(covered / runs).toBeLessThan(0.97);
});

test("one sample has a mean and no interval", () => {
  expect(meansOf([[1, 2]], 0.95)).toEqual({ mean: Float64Array.of(1, 2) });
});

test("permutations are seeded, complete and even", () => {
  expect(permutation(9, random(5))).toEqual(permutation(9, random(5)));
  expect([...permutation(9, random(5))].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  const next = random(1), first = [0, 0, 0];
  for (let i = 0; i < 3000; i++) first[permutation(3, next)[0]!]!++;
  first.forEach((count) => expect(Math.abs(count - 1000)).toBeLessThan(120));
});
