import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Arena, available, random, randoms } from "./arena.ts";

const strides = (dims: readonly number[]): number[] => dims.map((_, i) => dims.slice(i + 1).reduce((a, b) => a * b, 1));
const every = (dims: readonly number[]): number[][] =>
  dims.reduce<number[][]>((all, d) => all.flatMap((at) => Array.from({ length: d }, (_, i) => [...at, i])), [[]]);
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
const total = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);

describe.each(available)("movement of the %s build", (build) => {
  const arena = new Arena(build), { kernel } = arena;

  test("a strided copy transposes any permutation of any shape", () => {
    const shapes = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 4 }).chain((dims) =>
      fc.tuple(fc.constant(dims), fc.shuffledSubarray(dims.map((_, i) => i), { minLength: dims.length }))
    );
    fc.assert(
      fc.property(shapes, ([dims, perm]) => {
        arena.clear();
        const x = randoms(total(dims), random(9)),
          from = strides(dims),
          out = perm.map((p) => dims[p]!),
          y = arena.room(x.length);
        kernel.copy_strided_f32(
          arena.words([dims.length, ...out, ...perm.map((p) => from[p]!), ...strides(out), ...dims]),
          arena.floats(x),
          y,
        );
        expect(Array.from(arena.read(y, x.length))).toEqual(
          every(out).map((at) => x[dot(at, perm.map((p) => from[p]!))]),
        );
        expect(arena.intact()).toBe(true);
      }),
      { numRuns: 150, seed: 2 },
    );
  });

  test("a strided copy slices with steps, backwards too, and writes into the middle of another tensor", () => {
    arena.clear();
    const x = randoms(60, random(4)), y = arena.floats(new Float32Array(40).fill(7));
    // x[2::-2, 1:4, ::-1] of [3, 4, 5] into y[0:2, 1:4, 0:5] of [2, 4, 5]
    kernel.copy_strided_f32(
      arena.words([3, 2, 3, 5, -40, 5, -1, 20, 5, 1, 0, 0, 0]),
      arena.floats(x) + (2 * 20 + 5 + 4) * 4,
      y + 5 * 4,
    );
    const found = arena.read(y, 40);
    for (const [i, j, k] of every([2, 4, 5]) as [number, number, number][]) {
      expect(found[i * 20 + j * 5 + k]).toBe(j === 0 ? 7 : x[(2 - 2 * i) * 20 + j * 5 + (4 - k)]);
    }
    expect(arena.intact()).toBe(true);
  });

  test("fill sets exactly its count", () => {
    for (const n of [0, 1, 3, 4, 9]) {
      arena.clear();
      const y = arena.room(n);
      kernel.fill_f32(n, 2.5, y);
      expect(Array.from(arena.read(y, n))).toEqual(Array(n).fill(2.5));
      expect(arena.intact()).toBe(true);
    }
  });

  test("gather and scatter-add are each other's transpose, count from the end, and ignore what points outside", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 0, max: 9 }),
        fc.array(fc.integer({ min: -8, max: 8 }), { maxLength: 7 }),
        (outer, rows, inner, indices) => {
          arena.clear();
          const next = random(5),
            x = randoms(outer * rows * inner, next),
            count = outer * indices.length * inner,
            g = randoms(count, next);
          const px = arena.floats(x),
            pi = arena.words(indices),
            y = arena.room(count),
            back = arena.floats(new Float32Array(x.length));
          kernel.gather_f32(outer, rows, inner, indices.length, pi, px, y);
          kernel.scatter_add_f32(outer, rows, inner, indices.length, pi, back, arena.floats(g));
          const at = (i: number): number => (indices[i]! < 0 ? indices[i]! + rows : indices[i]!);
          const expected = new Float32Array(count), sums = new Float32Array(x.length);
          for (const [o, i, j] of every([outer, indices.length, inner]) as [number, number, number][]) {
            if (at(i) < 0 || at(i) >= rows) continue;
            expected[(o * indices.length + i) * inner + j] = x[(o * rows + at(i)) * inner + j]!;
            sums[(o * rows + at(i)) * inner + j]! += g[(o * indices.length + i) * inner + j]!;
          }
          expect(arena.read(y, count)).toEqual(expected);
          expect(arena.read(back, x.length)).toEqual(sums);
          expect(arena.intact()).toBe(true);
        },
      ),
      { numRuns: 100, seed: 3 },
    );
  });

  test("gather-elements picks one entry a place, nothing where an index points outside", () => {
    arena.clear();
    const outer = 2,
      rows = 4,
      inner = 3,
      count = 5,
      next = random(8),
      x = randoms(outer * rows * inner, next),
      n = outer * count * inner;
    const indices = Array.from({ length: n }, () => Math.floor(next() * 5)),
      y = arena.room(n),
      pi = arena.words(indices);
    kernel.gather_elements_f32(outer, rows, inner, count, pi, arena.floats(x), y);
    const expected = new Float32Array(n);
    for (const [o, i, j] of every([outer, count, inner]) as [number, number, number][]) {
      const k = (o * count + i) * inner + j, r = indices[k]! < 0 ? indices[k]! + rows : indices[k]!;
      if (r < 0 || r >= rows) continue;
      expected[k] = x[(o * rows + r) * inner + j]!;
    }
    expect(arena.read(y, n)).toEqual(expected);
    expect(arena.intact()).toBe(true);
  });

  test("rows of an 8-bit weight come out dequantised, with a scale for all, a row or a column", () => {
    const rows = 7,
      inner = 13,
      next = random(21),
      q = Array.from({ length: rows * inner }, () => Math.floor(next() * 256) & 255);
    const indices = [3, -1, 0, 9, 6];
    for (const [kind, signed] of [[1, true], [2, false]] as const) {
      for (const [sd, sc] of [[0, 0], [1, 0], [0, 1]] as const) {
        for (const centred of [false, true]) {
          arena.clear();
          const count = sd ? rows : sc ? inner : 1, scales = randoms(count, next), zeros = randoms(count, next);
          const y = arena.room(indices.length * inner);
          const weight = arena.words([
            ...[kind, arena.bytes(q), inner, 1, arena.floats(scales), centred ? arena.floats(zeros) : 0],
            ...[sd, sc, 0, 0],
          ]);
          kernel.gather_quantized_f32(rows, inner, indices.length, arena.words(indices), weight, y);
          const expected = Float32Array.from(indices.flatMap((index) =>
            Array.from({ length: inner }, (_, j) => {
              const r = index < 0 ? index + rows : index, byte = q[r * inner + j]!, s = r * sd + j * sc;
              if (r >= rows) return 0;
              const value = Math.fround((signed && byte > 127 ? byte - 256 : byte) - (centred ? zeros[s]! : 0));
              return value * scales[s]!;
            })
          ));
          expect(arena.read(y, expected.length)).toEqual(expected);
          expect(arena.intact()).toBe(true);
        }
      }
    }
  });

  test("running sums go along any axis, from either end, with or without the element itself", () => {
    for (const [outer, axis, inner] of [[1, 5, 1], [2, 4, 3], [3, 1, 2], [2, 0, 2], [1, 9, 4]] as const) {
      for (const [reverse, exclusive] of [[0, 0], [1, 0], [0, 1], [1, 1]] as const) {
        arena.clear();
        const x = randoms(outer * axis * inner, random(6)), y = arena.room(x.length);
        kernel.cumulative_sum_f32(outer, axis, inner, reverse, exclusive, arena.floats(x), y);
        const found = arena.read(y, x.length);
        for (const [o, i, n] of every([outer, axis, inner]) as [number, number, number][]) {
          const within = (k: number): boolean => (reverse ? k > i : k < i) || (!exclusive && k === i);
          const sum = Array.from({ length: axis }, (_, k) => (within(k) ? x[(o * axis + k) * inner + n]! : 0));
          expect(found[(o * axis + i) * inner + n]).toBeCloseTo(sum.reduce((a, b) => a + b, 0), 5);
        }
        expect(arena.intact()).toBe(true);
      }
    }
  });
});
