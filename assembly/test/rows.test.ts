import { describe, expect, test } from "vitest";
import { Arena, available, error, random, randoms } from "./arena.ts";
import { gelu, geluTanh, silu, softmax } from "./truth.ts";

const COUNTS = [1, 2, 3, 4, 5, 7, 8, 9, 16, 19, 33];
const ROWS = [0, 1, 3];

/** Applies a function of one row to every row. */
const rowwise = (rows: number, n: number, x: ArrayLike<number>, f: (row: number[], r: number) => number[]): number[] =>
  Array.from({ length: rows }, (_, r) => f(Array.from({ length: n }, (_, i) => x[r * n + i]!), r)).flat();

const layerNorm = (x: number[], epsilon: number): { y: number[]; inverse: number } => {
  const mean = x.reduce((a, b) => a + b, 0) / x.length,
    variance = x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length;
  const inverse = 1 / Math.sqrt(variance + epsilon);
  return { y: x.map((v) => (v - mean) * inverse), inverse };
};
const rmsNorm = (x: number[], epsilon: number): { y: number[]; inverse: number } => {
  const inverse = 1 / Math.sqrt(x.reduce((a, b) => a + b * b, 0) / x.length + epsilon);
  return { y: x.map((v) => v * inverse), inverse };
};

describe.each(available)("row operators of the %s build", (build) => {
  const arena = new Arena(build), { kernel } = arena;
  const each = (check: (rows: number, n: number, next: () => number) => void): void => {
    for (const rows of ROWS) {
      for (const n of COUNTS) {
        arena.clear();
        check(rows, n, random(31 * n + rows + 1));
        expect(arena.intact()).toBe(true);
      }
    }
  };

  test("sum, mean, max and min reduce any middle axis, an empty one to the neutral element", () => {
    const folds: [
      (outer: number, axis: number, inner: number, x: number, y: number) => void,
      (v: number[]) => number,
    ][] = [
      [kernel.sum_f32, (v) => v.reduce((a, b) => a + b, 0)],
      [kernel.mean_f32, (v) => v.reduce((a, b) => a + b, 0) / v.length],
      [kernel.reduce_max_f32, (v) => Math.max(...v)],
      [kernel.reduce_min_f32, (v) => Math.min(...v)],
    ];
    for (const [run, truth] of folds) {
      for (const outer of [0, 1, 3]) {
        for (const axis of [0, 1, 5, 16, 37]) {
          for (const inner of [0, 1, 2, 4, 7]) {
            if (axis === 0 && run === kernel.mean_f32) continue;
            arena.clear();
            const x = randoms(outer * axis * inner, random(axis + 7)), y = arena.room(outer * inner);
            run(outer, axis, inner, arena.floats(x), y);
            const expected = Array.from({ length: outer * inner }, (_, k) => {
              const o = Math.floor(k / inner), j = k % inner;
              return truth(Array.from({ length: axis }, (_, i) => x[(o * axis + i) * inner + j]!));
            });
            expect(error(arena.read(y, outer * inner), expected)).toBeLessThan(1e-6);
            expect(arena.intact()).toBe(true);
          }
        }
      }
    }
  });

  test("softmax agrees with its definition, masked entries and rows of nothing but masks included", () => {
    each((rows, n, next) => {
      const x = randoms(rows * n, next, 30).map((v, i) => (i % 5 === 3 ? -Infinity : v)), y = arena.room(rows * n);
      kernel.softmax_f32(rows, n, arena.floats(x), y);
      expect(error(arena.read(y, rows * n), rowwise(rows, n, x, softmax))).toBeLessThan(1e-6);
    });
    arena.clear();
    const y = arena.room(6);
    kernel.softmax_f32(1, 6, arena.floats(Array(6).fill(-Infinity)), y);
    expect(Array.from(arena.read(y, 6))).toEqual(Array(6).fill(0));
  });

  test("norms agree with their definition, with and without weight and bias", () => {
    each((rows, n, next) => {
      const x = randoms(rows * n, next, 3),
        w = randoms(n, next),
        b = randoms(n, next),
        px = arena.floats(x),
        pw = arena.floats(w),
        pb = arena.floats(b);
      const check = (run: (y: number) => void, f: (row: number[]) => number[]): void => {
        const y = arena.room(rows * n);
        run(y);
        expect(error(arena.read(y, rows * n), rowwise(rows, n, x, f))).toBeLessThan(3e-5);
      };
      check(
        (y) => kernel.layer_norm_f32(rows, n, px, pw, pb, 1e-2, y),
        (row) => layerNorm(row, 1e-2).y.map((v, i) => v * w[i]! + b[i]!),
      );
      check((y) => kernel.layer_norm_f32(rows, n, px, 0, 0, 1e-2, y), (row) => layerNorm(row, 1e-2).y);
      check(
        (y) => kernel.rms_norm_f32(rows, n, px, pw, 1e-2, y),
        (row) => rmsNorm(row, 1e-2).y.map((v, i) => v * w[i]!),
      );
    });
  });

  const activations: [string, (x: number) => number][] = [
    ["gelu_erf", gelu],
    ["gelu_tanh", geluTanh],
    ["silu", silu],
  ];
  test.each(activations)("%s agrees with the function", (name, f) => {
    for (const n of [0, 1, 4, 7, 400]) {
      arena.clear();
      const next = random(n + 3),
        x = randoms(n, next, 6);
      const px = arena.floats(x), y = arena.room(n);
      const exports = kernel as unknown as Record<string, (count: number, x: number, y: number) => void>;
      exports[`${name}_f32`]!(n, px, y);
      expect(error(arena.read(y, n), x.map(f))).toBeLessThan(1e-6);
      expect(arena.intact()).toBe(true);
    }
  });
});
