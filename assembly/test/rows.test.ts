import { describe, expect, test } from "vitest";
import { Arena, available, error, random, randoms } from "./arena.ts";
import { derivative, gelu, geluTanh, pullback, sigmoid, silu, softmax } from "./truth.ts";

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

  test("softmax's cotangent is the difference quotient of softmax", () => {
    each((rows, n, next) => {
      const x = randoms(rows * n, next, 2),
        g = randoms(rows * n, next),
        y = rowwise(rows, n, x, softmax),
        out = arena.room(rows * n);
      kernel.softmax_cotangent_f32(rows, n, arena.floats(y), arena.floats(g), out);
      const expected = rowwise(rows, n, x, (row, r) => pullback(softmax, row, g.subarray(r * n, r * n + n)));
      expect(error(arena.read(out, rows * n), expected)).toBeLessThan(1e-6);
    });
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

  test("norms' cotangents are difference quotients while σ lives, and linear maps when it is detached", () => {
    each((rows, n, next) => {
      const x = randoms(rows * n, next, 3), w = randoms(n, next), g = randoms(rows * n, next);
      const px = arena.floats(x), pw = arena.floats(w), pg = arena.floats(g);
      const check = (run: (out: number) => void, f: (row: number[], g: Float32Array) => number[]): void => {
        const out = arena.room(rows * n);
        run(out);
        expect(error(arena.read(out, rows * n), rowwise(rows, n, x, (row, r) => f(row, g.subarray(r * n, r * n + n)))))
          .toBeLessThan(3e-5);
      };
      const weighted = (norm: typeof layerNorm) => (row: number[]): number[] =>
        norm(row, 0.1).y.map((v, i) => v * w[i]!);
      check(
        (o) => kernel.layer_norm_cotangent_f32(rows, n, px, pw, pg, 0.1, 1, o),
        (row, gr) => pullback(weighted(layerNorm), row, gr),
      );
      check(
        (o) => kernel.rms_norm_cotangent_f32(rows, n, px, pw, pg, 0.1, 1, o),
        (row, gr) => pullback(weighted(rmsNorm), row, gr),
      );
      check((o) => kernel.layer_norm_cotangent_f32(rows, n, px, pw, pg, 0.1, 0, o), (row, gr) => {
        const h = row.map((_, i) => gr[i]! * w[i]!), mean = h.reduce((a, b) => a + b, 0) / n;
        return h.map((v) => (v - mean) * layerNorm(row, 0.1).inverse);
      });
      check(
        (o) => kernel.rms_norm_cotangent_f32(rows, n, px, pw, pg, 0.1, 0, o),
        (row, gr) => row.map((_, i) => gr[i]! * w[i]! * rmsNorm(row, 0.1).inverse),
      );
    });
  });

  const activations: [string, (x: number) => number][] = [
    ["gelu_erf", gelu],
    ["gelu_tanh", geluTanh],
    ["silu", silu],
    ["tanh", Math.tanh],
    ["sigmoid", sigmoid],
    ["relu", (x) => Math.max(x, 0)],
  ];
  test.each(activations)("%s: value, derivative and identity rule agree with the function", (name, f) => {
    for (const n of [0, 1, 4, 7, 400]) {
      arena.clear();
      const next = random(n + 3),
        x = randoms(n, next, 6).map((v) => (Math.abs(v) < 1e-2 ? 0.5 : v)),
        g = randoms(n, next);
      const px = arena.floats(x), pg = arena.floats(g), y = arena.room(n);
      const exports = kernel as unknown as Record<
        string,
        ((count: number, x: number, y: number) => void) & ((count: number, x: number, g: number, out: number) => void)
      >;
      exports[`${name}_f32`]!(n, px, y);
      expect(error(arena.read(y, n), x.map(f))).toBeLessThan(1e-6);
      exports[`${name}_cotangent_f32`]!(n, px, pg, y);
      expect(error(arena.read(y, n), g.map((v, i) => v * derivative(f, x[i]!)))).toBeLessThan(2e-6);
      if (name !== "relu") { // ReLU's two forms are the same step function
        exports[`${name}_identity_f32`]!(n, px, pg, y);
        expect(error(arena.read(y, n), g.map((v, i) => v * f(x[i]!) / x[i]!))).toBeLessThan(2e-6);
      }
      expect(arena.intact()).toBe(true);
    }
  });

  test("the identity rule takes the derivative where x is zero", () => {
    arena.clear();
    const x = arena.floats([0]), g = arena.floats([2]), y = arena.room(1);
    const expected: [(n: number, x: number, g: number, y: number) => void, number][] = [
      [kernel.tanh_identity_f32, 2],
      [kernel.gelu_erf_identity_f32, 1],
      [kernel.gelu_tanh_identity_f32, 1],
      [kernel.silu_identity_f32, 1],
      [kernel.sigmoid_identity_f32, 0.5],
    ];
    for (const [run, value] of expected) {
      run(1, x, g, y);
      expect(arena.read(y, 1)[0]).toBeCloseTo(value, 6);
    }
  });

  test("epsilon's ratio stabilises away from zero, and +ε at both zeros", () => {
    arena.clear();
    const z = [0, -0, 1, -1, 1e-9, -1e-9], out = arena.room(6);
    kernel.epsilon_ratio_f32(6, arena.floats(Array(6).fill(1)), arena.floats(z), 1e-3, out);
    expect(error(arena.read(out, 6), z.map((v) => 1 / (v + (v < 0 ? -1e-3 : 1e-3))))).toBeLessThan(1e-6);
  });

  test("the gamma rule's steps conserve relevance on a bias-free layer and equal its explicit matrix form", () => {
    arena.clear();
    const next = random(11),
      m = 3,
      k = 10,
      n = 13,
      gamma = 0.25,
      x = randoms(m * k, next),
      w = randoms(k * n, next),
      r = randoms(m * n, next);
    const z = Float32Array.from(
      { length: m * n },
      (_, at) =>
        Array.from({ length: k }, (_, d) => x[Math.floor(at / n) * k + d]! * w[d * n + (at % n)]!).reduce(
          (a, b) => a + b,
          0,
        ),
    );
    const room = (count: number): number => arena.room(count), scratch = arena.scratch(kernel.gemm_scratch_bytes());
    const px = arena.floats(x),
      pw = arena.floats(w),
      plus = room(m * k),
      minus = room(m * k),
      p = room(m * n),
      q = room(m * n),
      s1 = room(m * n),
      s2 = room(m * n),
      u = room(m * k),
      v = room(m * k),
      g = room(m * k);
    const forward = arena.words([0, pw, n, 1, 0, 0, 0, 0, 0, 0]), back = arena.words([0, pw, 1, n, 0, 0, 0, 0, 0, 0]);
    kernel.split_signs_f32(m * k, px, plus, minus);
    kernel.gemm_gamma_8x12(m, n, k, plus, minus, k, forward, 0, gamma, p, q, n, scratch);
    kernel.gamma_ratio_f32(m * n, arena.floats(r), arena.floats(z), p, q, 0, s1, s2);
    kernel.gemm_gamma_8x12(m, k, n, s1, s2, n, back, 0, gamma, u, v, k, scratch);
    kernel.gamma_message_f32(m * k, px, u, v, g);
    const found = arena.read(g, m * k);
    // zennit: each contribution x_i w_ij, those of z's own sign (1 + γ)-fold, shares R_j.
    const expected = Array.from({ length: m * k }, (_, at) => {
      const i = Math.floor(at / k), d = at % k;
      let sum = 0;
      for (let j = 0; j < n; j++) {
        const up = z[i * n + j]! > 0,
          share = (e: number): number =>
            x[i * k + e]! * w[e * n + j]! * ((x[i * k + e]! * w[e * n + j]! > 0) === up ? 1 + gamma : 1);
        const total = Array.from({ length: k }, (_, e) => share(e)).reduce((a, b) => a + b, 0);
        sum += share(d) / total * r[i * n + j]!;
      }
      return sum;
    });
    expect(error(found.map((value, i) => value * x[i]!), expected)).toBeLessThan(1e-5);
    const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);
    expect(sum(found.map((value, i) => value * x[i]!))).toBeCloseTo(sum(r), 4);
    expect(arena.intact()).toBe(true);
  });
});
