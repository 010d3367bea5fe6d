import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Arena, available, error, random, randoms } from "./arena.ts";
import { product } from "./truth.ts";

const edge = fc.oneof(fc.constantFrom(0, 1, 3, 4, 5, 7, 8, 9, 11, 12, 13, 23, 24, 25), fc.integer({ min: 0, max: 40 }));
const depth = fc.oneof(fc.constantFrom(0, 1, 2, 3, 4, 5, 383, 384, 385, 769), fc.integer({ min: 0, max: 40 }));
const runs = { numRuns: 60, seed: 7 };

describe.each(available)("gemm of the %s build", (build) => {
  const arena = new Arena(build), { kernel } = arena;

  test("agrees with a slow product in every layout and at every edge, and stays inside its buffers", () => {
    fc.assert(
      fc.property(
        edge,
        edge,
        depth,
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        fc.integer({ min: 0, max: 2 }),
        fc.integer(),
        (m, n, k, ta, tb, biased, pad, seed) => {
          arena.clear();
          const next = random(seed),
            a = randoms(m * k, next),
            b = randoms(k * n, next),
            bias = randoms(n, next),
            row = n + pad;
          const c0 = randoms(m * row, next), alpha = 0.5, beta = seed % 2 ? 0.25 : 0;
          const ca = arena.floats(beta === 0 ? c0.map((_, i) => (i % row < n ? NaN : 5)) : c0);
          const pa = arena.floats(a),
            pb = arena.floats(b),
            pz = arena.floats(bias),
            scratch = arena.scratch(kernel.gemm_scratch_bytes());
          kernel.gemm_f32_8x12(
            m,
            n,
            k,
            pa,
            ta ? 1 : k,
            ta ? m : 1,
            pb,
            tb ? 1 : n,
            tb ? k : 1,
            ca,
            row,
            alpha,
            beta,
            biased ? pz : 0,
            scratch,
          );
          const found = arena.read(ca, m * row);
          const truth = product(
            m,
            n,
            k,
            (i, d) => a[ta ? d * m + i : i * k + d]!,
            (d, j) => b[tb ? j * k + d : d * n + j]!,
          );
          const expected = found.map((_, at) => {
            const i = Math.floor(at / row), j = at % row;
            if (j >= n) return beta === 0 ? 5 : c0[at]!;
            return alpha * truth[i * n + j]! + (beta ? beta * c0[at]! : 0) + (biased ? bias[j]! : 0);
          });
          expect(error(found, expected)).toBeLessThan(2e-5);
          expect(arena.intact()).toBe(true);
        },
      ),
      runs,
    );
  });

  test("crosses the row block of 128 without a seam", () => {
    for (const m of [127, 128, 129, 260]) {
      arena.clear();
      const next = random(m),
        n = 14,
        k = 400,
        a = randoms(m * k, next),
        b = randoms(k * n, next),
        c = arena.room(m * n);
      kernel.gemm_f32_8x12(
        m,
        n,
        k,
        arena.floats(a),
        k,
        1,
        arena.floats(b),
        n,
        1,
        c,
        n,
        1,
        0,
        0,
        arena.scratch(kernel.gemm_scratch_bytes()),
      );
      expect(error(arena.read(c, m * n), product(m, n, k, (i, d) => a[i * k + d]!, (d, j) => b[d * n + j]!)))
        .toBeLessThan(2e-5);
      expect(arena.intact()).toBe(true);
    }
  });

  test("reads operands whose steps are neither 1 nor a row", () => {
    arena.clear();
    const next = random(3),
      m = 9,
      n = 13,
      k = 6,
      a = randoms(m * k * 6, next),
      b = randoms(k * n * 6, next),
      c = arena.room(m * n);
    kernel.gemm_f32_8x12(
      m,
      n,
      k,
      arena.floats(a),
      3 * k,
      3,
      arena.floats(b),
      2 * n,
      2,
      c,
      n,
      1,
      0,
      0,
      arena.scratch(kernel.gemm_scratch_bytes()),
    );
    expect(
      error(arena.read(c, m * n), product(m, n, k, (i, d) => a[i * 3 * k + 3 * d]!, (d, j) => b[d * 2 * n + 2 * j]!)),
    ).toBeLessThan(1e-5);
  });

  test("dequantises 8-bit weights per tensor, per column and per depth, as stored and transposed", () => {
    fc.assert(
      fc.property(
        edge,
        edge,
        depth,
        fc.boolean(),
        fc.boolean(),
        fc.constantFrom("tensor", "column", "depth"),
        fc.boolean(),
        fc.integer(),
        (m, n, k, signed, transposed, axis, centred, seed) => {
          arena.clear();
          const next = random(seed), a = randoms(m * k, next);
          const q = Array.from({ length: k * n }, () => Math.floor((next() + 1) * 128) - (signed ? 128 : 0));
          const scales = axis === "tensor" ? 1 : axis === "column" ? n : k;
          const scale = randoms(scales, next, 0.01),
            zero = Float32Array.from({ length: scales }, () => Math.floor(next() * 20) + (signed ? 0 : 100));
          const at = (d: number, j: number): number => (axis === "tensor" ? 0 : axis === "column" ? j : d);
          const w = (d: number, j: number): number =>
            (q[transposed ? j * k + d : d * n + j]! - (centred ? zero[at(d, j)]! : 0)) * scale[at(d, j)]!;
          const weight = arena.words([
            signed ? 1 : 2,
            arena.bytes(q),
            transposed ? 1 : n,
            transposed ? k : 1,
            arena.floats(scale),
            centred ? arena.floats(zero) : 0,
            axis === "depth" ? 1 : 0,
            axis === "column" ? 1 : 0,
            0,
            0,
          ]);
          const c = arena.room(m * n);
          kernel.gemm_quantized_8x12(
            m,
            n,
            k,
            arena.floats(a),
            k,
            1,
            weight,
            0,
            c,
            n,
            1,
            0,
            0,
            arena.scratch(kernel.gemm_scratch_bytes()),
          );
          expect(error(arena.read(c, m * n), product(m, n, k, (i, d) => a[i * k + d]!, w))).toBeLessThan(2e-5);
          expect(arena.intact()).toBe(true);
        },
      ),
      runs,
    );
  });

  test("dequantises MatMulNBits blocks of 4 and 8 bits, forwards and backwards, from any column", () => {
    fc.assert(
      fc.property(
        edge,
        edge,
        depth,
        fc.boolean(),
        fc.constantFrom(16, 32, 64),
        fc.boolean(),
        fc.boolean(),
        fc.integer(),
        (m, rows, inner, four, block, centred, backwards, seed) => {
          arena.clear();
          const next = random(seed), blocks = Math.ceil(inner / block), row = blocks * block;
          const q = Array.from({ length: rows * row }, () => Math.floor((next() + 1) / 2 * (four ? 16 : 256)));
          const packed = four ? Array.from({ length: q.length / 2 }, (_, i) => q[2 * i]! | (q[2 * i + 1]! << 4)) : q;
          const scale = randoms(rows * blocks, next),
            zero = Float32Array.from({ length: rows * blocks }, () => Math.floor((next() + 1) * 8));
          const entry = (r: number, i: number): number => {
            const b = r * blocks + Math.floor(i / block);
            return (q[r * row + i]! - (centred ? zero[b]! : four ? 8 : 128)) * scale[b]!;
          };
          // Forwards the depth runs along a row of the file, backwards the columns do.
          const [n, k] = backwards ? [inner, rows] : [rows, inner], column = Math.floor(n / 24) * 12;
          const a = randoms(m * k, next), c = arena.room(m * (n - column));
          const weight = arena.words([
            four ? 3 : 4,
            arena.bytes(packed),
            backwards ? 0 : 1,
            backwards ? 1 : 0,
            arena.floats(scale),
            centred ? arena.floats(zero) : 0,
            0,
            0,
            block,
            blocks,
          ]);
          kernel.gemm_quantized_8x12(
            m,
            n - column,
            k,
            arena.floats(a),
            k,
            1,
            weight,
            column,
            c,
            n - column,
            1,
            0,
            0,
            arena.scratch(kernel.gemm_scratch_bytes()),
          );
          const truth = product(
            m,
            n - column,
            k,
            (i, d) => a[i * k + d]!,
            (d, j) => (backwards ? entry(d, column + j) : entry(column + j, d)),
          );
          expect(error(arena.read(c, m * (n - column)), truth)).toBeLessThan(2e-5);
          expect(arena.intact()).toBe(true);
        },
      ),
      runs,
    );
  });

  test("gives the same bits every time", () => {
    const once = (): Float32Array => {
      arena.clear();
      const next = random(5), m = 37, n = 41, k = 500, c = arena.room(m * n);
      kernel.gemm_f32_8x12(
        m,
        n,
        k,
        arena.floats(randoms(m * k, next)),
        k,
        1,
        arena.floats(randoms(k * n, next)),
        n,
        1,
        c,
        n,
        1,
        0,
        0,
        arena.scratch(kernel.gemm_scratch_bytes()),
      );
      return arena.read(c, m * n);
    };
    expect(once()).toEqual(once());
  });
});
