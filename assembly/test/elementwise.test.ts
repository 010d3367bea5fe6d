import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Arena, available, error, random, randoms } from "./arena.ts";
import { erf } from "./truth.ts";

type Unary = (count: number, x: number, y: number) => void;
type Binary = (walk: number, a: number, b: number, y: number) => void;

/** Operator → truth in doubles, the inputs it is tried on, relative error allowed. */
const UNARY: Record<string, [(x: number) => number, (v: number) => number, number]> = {
  neg_f32: [(x) => -x, (v) => v, 0],
  abs_f32: [Math.abs, (v) => v, 0],
  exp_f32: [Math.exp, (v) => 80 * v, 3e-7],
  log_f32: [Math.log, (v) => Math.abs(v) * 1e3 + 1e-30, 3e-7],
  sqrt_f32: [Math.sqrt, (v) => Math.abs(v), 1e-7],
  reciprocal_f32: [(x) => 1 / x, (v) => v + 2, 1e-7],
  tanh_f32: [Math.tanh, (v) => 5 * v, 3e-7],
  sigmoid_f32: [(x) => 1 / (1 + Math.exp(-x)), (v) => 20 * v, 3e-7],
  sin_f32: [Math.sin, (v) => 4000 * v, 3e-7],
  cos_f32: [Math.cos, (v) => 4000 * v, 3e-7],
  erf_f32: [erf, (v) => 4 * v, 3e-7],
  relu_f32: [(x) => Math.max(x, 0), (v) => v, 0],
  floor_f32: [Math.floor, (v) => 9 * v, 0],
  ceil_f32: [Math.ceil, (v) => 9 * v, 0],
  trunc_f32: [Math.trunc, (v) => 9 * v, 0],
  not_zero_f32: [(x) => (x === 0 ? 0 : 1), (v) => Math.round(v), 0],
  sign_f32: [Math.sign, (v) => Math.round(2 * v), 0],
  not_f32: [(x) => (x === 0 ? 1 : 0), (v) => Math.round(v), 0],
  softplus_f32: [(x) => Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0), (v) => 10 * v, 1e-6],
};

const BINARY: Record<string, (a: number, b: number) => number> = {
  add_f32: (a, b) => a + b,
  sub_f32: (a, b) => a - b,
  mul_f32: (a, b) => a * b,
  div_f32: (a, b) => a / b,
  min_f32: Math.min,
  max_f32: Math.max,
  equal_f32: (a, b) => +(a === b),
  greater_f32: (a, b) => +(a > b),
  greater_or_equal_f32: (a, b) => +(a >= b),
  less_f32: (a, b) => +(a < b),
  less_or_equal_f32: (a, b) => +(a <= b),
};

/** Row-major steps of `dims` with 0 where an axis is repeated. */
const steps = (dims: readonly number[], repeated: readonly boolean[]): number[] => {
  let step = 1;
  return dims.map((d, i) => ({ d, i })).reverse().map(({ d, i }) => {
    if (repeated[i]) return 0;
    const s = step;
    step *= d;
    return s;
  }).reverse();
};
const count = (dims: readonly number[], repeated: readonly boolean[]): number =>
  dims.reduce((n, d, i) => (repeated[i] ? n : n * d), 1);
/** For every place of the output, where an operand with these steps is read. */
const places = (dims: readonly number[], by: readonly number[]): number[] =>
  dims.reduce<number[]>((all, d, r) => all.flatMap((at) => Array.from({ length: d }, (_, i) => at + i * by[r]!)), [0]);

const shape = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 4 });
const flags = fc.array(fc.boolean(), { minLength: 4, maxLength: 4 });

describe.each(available)("elementwise operators of the %s build", (build) => {
  const arena = new Arena(build), { kernel } = arena;

  test.each(Object.entries(UNARY))(
    "%s agrees with its definition for any count",
    (name, [truth, spread, tolerance]) => {
      for (const n of [0, 1, 2, 3, 4, 5, 17, 1000]) {
        arena.clear();
        const x = randoms(n, random(n + 1)).map(spread), y = arena.room(n);
        (kernel[name as "neg_f32"] as Unary)(n, arena.floats(x), y);
        const found = arena.read(y, n);
        x.forEach((v, i) =>
          expect(Math.abs(found[i]! - truth(v))).toBeLessThanOrEqual(
            tolerance * Math.max(Math.abs(truth(v)), 1e-30) + (tolerance ? 1e-38 : 0),
          )
        );
        expect(arena.intact()).toBe(true);
      }
    },
  );

  test("the limits of exp, log, tanh, erf and round are those of the real functions", () => {
    const special: [Unary, number, number][] = [
      [kernel.exp_f32, -Infinity, 0],
      [kernel.exp_f32, -200, 0],
      [kernel.exp_f32, 89, Infinity],
      [kernel.exp_f32, Infinity, Infinity],
      [kernel.exp_f32, 0, 1],
      [kernel.log_f32, 0, -Infinity],
      [kernel.log_f32, -1, NaN],
      [kernel.log_f32, Infinity, Infinity],
      [kernel.log_f32, 1, 0],
      [kernel.tanh_f32, 50, 1],
      [kernel.tanh_f32, -50, -1],
      [kernel.tanh_f32, 0, 0],
      [kernel.erf_f32, 9, 1],
      [kernel.erf_f32, -9, -1],
      [kernel.round_f32, 0.5, 0],
      [kernel.round_f32, 1.5, 2],
      [kernel.round_f32, -2.5, -2],
      [kernel.sigmoid_f32, -200, 0],
      [kernel.sigmoid_f32, 200, 1],
    ];
    for (const [run, x, expected] of special) {
      arena.clear();
      const y = arena.room(1);
      run(1, arena.floats([x]), y);
      expect(arena.read(y, 1)[0]).toBe(expected);
    }
  });

  test.each(Object.entries(BINARY))("%s broadcasts along any axes", (name, truth) => {
    fc.assert(
      fc.property(shape, flags, flags, fc.integer(), (dims, ra, rb, seed) => {
        arena.clear();
        const next = random(seed),
          as = steps(dims, ra),
          bs = steps(dims, rb),
          total = count(dims, dims.map(() => false));
        const whole = name.includes("equal"),
          values = (n: number): Float32Array => randoms(n, next, 2).map((v) => (whole ? Math.round(v) : v));
        const a = values(count(dims, ra)), b = values(count(dims, rb)), y = arena.room(total);
        const walk = arena.words([dims.length, ...dims, ...as, ...bs, ...dims]);
        (kernel[name as "add_f32"] as Binary)(walk, arena.floats(a), arena.floats(b), y);
        const pa = places(dims, as), pb = places(dims, bs);
        expect(
          error(
            arena.read(y, total),
            Array.from({ length: total }, (_, i) => Math.fround(truth(a[pa[i]!]!, b[pb[i]!]!))),
          ),
        ).toBeLessThan(1e-6);
        expect(arena.intact()).toBe(true);
      }),
      { numRuns: 40, seed: 1 },
    );
  });

  test("pow keeps the sign of odd powers and refuses broken powers of negatives", () => {
    const cases: [number, number][] = [
      [2, 10],
      [-2, 3],
      [-2, 2],
      [-2, 0.5],
      [9, 0.5],
      [0, 2],
      [0, 0],
      [5, 0],
      [-3, -1],
      [1e-3, 3],
      [7, 1],
    ];
    arena.clear();
    const y = arena.room(cases.length), walk = arena.words([1, cases.length, 1, 1, 0]);
    kernel.pow_f32(walk, arena.floats(cases.map(([x]) => x)), arena.floats(cases.map(([, p]) => p)), y);
    const found = arena.read(y, cases.length);
    cases.forEach(([x, p], i) => {
      const e = x ** p;
      if (Number.isNaN(e)) expect(found[i]).toBeNaN();
      else expect(Math.abs(found[i]! - e)).toBeLessThanOrEqual(2e-6 * Math.abs(e));
    });
  });

  test("where broadcasts its condition and both branches", () => {
    fc.assert(
      fc.property(shape, flags, flags, flags, fc.integer(), (dims, rc, ra, rb, seed) => {
        arena.clear();
        const next = random(seed),
          total = count(dims, dims.map(() => false)),
          all = [rc, ra, rb].map((r) => steps(dims, r));
        const [c, a, b] = [rc, ra, rb].map((r) => randoms(count(dims, r), next)) as [
          Float32Array,
          Float32Array,
          Float32Array,
        ];
        const chosen = c.map((v) => (v > 0 ? 1 : 0)), y = arena.room(total);
        kernel.where_f32(
          arena.words([dims.length, ...dims, ...all.flat(), ...dims]),
          arena.floats(chosen),
          arena.floats(a),
          arena.floats(b),
          y,
        );
        const [pc, pa, pb] = all.map((s) => places(dims, s)) as [number[], number[], number[]];
        expect(Array.from(arena.read(y, total))).toEqual(
          Array.from({ length: total }, (_, i) => (chosen[pc[i]!] ? a[pa[i]!] : b[pb[i]!])),
        );
        expect(arena.intact()).toBe(true);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  test("rounding to a scale goes to the nearest step, halves to even, inside its range", () => {
    const x = Float32Array.of(0.5, 1.5, -0.5, 2.49, 300, -300, 7.25, 0, -3.5, NaN);
    for (const zero of [0, 3]) {
      arena.clear();
      const y = arena.room(x.length), even = (v: number): number => 2 * Math.round(v / 2);
      const nearest = (v: number): number => (Math.abs(v % 1) === 0.5 ? even(v) : Math.round(v));
      kernel.quantize_f32(
        ...[x.length, arena.floats(x), arena.floats([0.5]), zero ? arena.floats([zero]) : 0] as const,
        ...[-128, 127, y] as const,
      );
      const expected = Array.from(x, (v) => Math.min(127, Math.max(-128, nearest(v / 0.5) + zero)) + 0);
      expect(Array.from(arena.read(y, x.length), (v) => v + 0)).toEqual(expected);
      expect(arena.intact()).toBe(true);
    }
  });

  test("the scale of a dynamic rounding spans the numbers and zero in 255 steps, and its zero point lies on one", () => {
    const next = random(11), f = Math.fround;
    for (const count of [1, 2, 3, 7, 8, 9, 16, 21, 40]) {
      for (const [spread, shift] of [[1, 0], [1, 4], [1, -4], [1, 0.3], [0, 0]] as const) {
        arena.clear();
        const x = randoms(count, next, spread).map((v) => v + shift), scale = arena.room(1);
        const zero = arena.room(1), low = Math.min(0, ...x), high = Math.max(0, ...x);
        kernel.dynamic_scale_f32(count, arena.floats(x), scale, zero);
        const step = f(f(high - low) / 255) || 1;
        expect(arena.read(scale, 1)[0]).toBe(step);
        // No quotient here is a half.
        expect(arena.read(zero, 1)[0]! + 0).toBe(Math.min(255, Math.round(f(-low / step))) + 0);
        expect(arena.intact()).toBe(true);
        kernel.dynamic_scale_f32(count, arena.floats(x.map((v, i) => (i === count >> 1 ? NaN : v))), scale, zero);
        expect([...arena.read(scale, 1), ...arena.read(zero, 1)]).toEqual([NaN, NaN]);
      }
    }
  });
});
