import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Arena, available, random, randoms } from "./arena.ts";
import { product } from "./truth.ts";

const PAIRS = 0, UNSIGNED = 1, SIGNED = 2;
const edge = fc.oneof(fc.constantFrom(0, 1, 3, 4, 5, 7, 8, 9, 11, 12, 13, 23, 24, 25), fc.integer({ min: 0, max: 40 }));
/** 48 columns are packed at once. */
const columns = fc.oneof(edge, fc.constantFrom(47, 48, 49, 60, 97));
const depth = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, 4, 5, 7, 15, 16, 17, 767, 768, 769, 1535, 1536, 1537, 3073),
  fc.integer({ min: 0, max: 70 }),
);
const runs = { numRuns: 120, seed: 7 };

describe.each(available)("gemm of integers of the %s build", (build) => {
  const arena = new Arena(build), { kernel } = arena;
  const own = kernel.integer_form(arena.scratch(32));

  /** Any integer from `low` on, one of `count`; the first and the last come often. */
  const whole = (length: number, { low, count, next }: { low: number; count: number; next: () => number }): number[] =>
    Array.from({ length }, () => {
      const at = Math.floor((next() + 1) * count * 0.7) - Math.floor(count * 0.2);
      return low + Math.max(0, Math.min(count - 1, at));
    });

  test.each([
    ["pairs of 16 bits", PAIRS, 0, 256],
    ["the engine's own form", own, 0, 256],
    // Of bytes up to 127 every engine has to make the same.
    ["bytes taken as unsigned", UNSIGNED, 0, 128],
    ["bytes taken as signed", SIGNED, 128, 128],
  ])("%s: exact at every edge, scaled and biased as floats, and inside the buffers", (_, form, from, count) => {
    fc.assert(
      fc.property(
        fc.record({ m: edge, n: columns, k: depth, row: fc.nat(2), column: fc.constantFrom(0, 0, 4, 12) }),
        fc.record({ signed: fc.boolean(), low: fc.constantFrom(0, -128), zeroed: fc.boolean(), turned: fc.boolean() }),
        fc.constantFrom("none", "one", "columns"),
        fc.record({ scaled: fc.constantFrom("none", "one", "columns"), biased: fc.boolean() }),
        fc.integer(),
        ({ m, n, k, row, column }, { signed, low, zeroed, turned }, zeros, { scaled, biased }, seed) => {
          arena.clear();
          const next = random(seed), wide = column + n, step = n + row, origin = signed ? -128 : 0;
          const a = whole(m * k, { low: low + from, count, next }), zero = low + Math.floor((next() + 1) * 127.9);
          // The least number is not for signed bytes.
          const w = whole(
            k * wide,
            form === SIGNED ? { low: origin + 1, count: 255, next } : { low: origin, count: 256, next },
          );
          const ofW = whole(zeros === "columns" ? wide : 1, { low: origin, count: 256, next });
          const at = (j: number): number => (zeros === "none" ? 0 : ofW[zeros === "columns" ? j : 0]!);
          const scale = randoms(Math.max(1, n), next), bias = randoms(n, next), each = scaled === "columns" ? 1 : 0;
          const weight = arena.words([
            ...[signed ? 1 : 2, arena.bytes(w), wide, 1, 0, zeros === "none" ? 0 : arena.floats(ofW)],
            ...[0, zeros === "columns" ? 1 : 0, 0, 0],
          ]);
          const stored = turned ? Array.from({ length: m * k }, (_, i) => a[(i % m) * k + Math.floor(i / m)]!) : a;
          const c = arena.room(Math.max(0, m - 1) * step + n);
          kernel.gemm_integer_8x12(
            ...[form, m, n, k, arena.floats(stored), turned ? 1 : k, turned ? m : 1] as const,
            ...[low, zeroed ? arena.floats([zero]) : 0, weight, column, c, step] as const,
            ...[scaled === "none" ? 0 : arena.floats(scale), each, biased ? arena.floats(bias) : 0] as const,
            arena.scratch(kernel.gemm_scratch_bytes()),
          );
          const sums = product(
            ...[m, n, k] as const,
            (i, d) => a[i * k + d]! - (zeroed ? zero : 0),
            (d, j) => w[d * wide + column + j]! - at(column + j),
          );
          const found = arena.read(c, Math.max(0, m - 1) * step + n);
          for (let i = 0; i < m; i++) {
            const expected = Float32Array.from(sums.subarray(i * n, (i + 1) * n), (sum, j) => {
              const y = scaled === "none" ? Math.fround(sum) : Math.fround(Math.fround(sum) * scale[each * j]!);
              return biased ? y + bias[j]! : y;
            });
            expect(found.subarray(i * step, i * step + n)).toEqual(expected);
          }
          for (let i = 0; i < found.length; i++) if (i % step >= n) expect(found[i]).toBeNaN();
          expect(arena.intact()).toBe(true);
        },
      ),
      runs,
    );
  });

  test("the largest sum that fits 32 bits is exact: 255 · 255, 33,025 deep", () => {
    arena.clear();
    const form = own === SIGNED ? PAIRS : own; // W has the least number
    const k = 33025, n = 13, a = arena.floats(new Float32Array(2 * k).fill(255).fill(0, k));
    const bytes = arena.bytes(Array.from({ length: k * n }, (_, i) => (i % n === 1 ? 0 : 255)));
    const ofW = arena.floats(Float32Array.from({ length: n }, (_, j) => (j === 1 ? 255 : 0)));
    const weight = arena.words([2, bytes, n, 1, 0, ofW, 0, 1, 0, 0]), c = arena.room(2 * n);
    const scratch = arena.scratch(kernel.gemm_scratch_bytes());
    for (const [zero, expected] of [[0, [2147450625, 0]], [255, [0, -2147450625]]] as const) {
      kernel.gemm_integer_8x12(form, 2, n, k, a, k, 1, 0, arena.floats([zero]), weight, 0, c, n, 0, 0, 0, scratch);
      const found = arena.read(c, 2 * n);
      expected.forEach((sum, i) =>
        expect(Array.from(found.subarray(i * n, i * n + n), (v) => v + 0)).toEqual(
          Array.from({ length: n }, (_, j) => Math.fround(j === 1 ? -sum : sum) + 0),
        )
      );
    }
  });
});

test("an engine whose bytes saturate is found out, and multiplies pairs", () => {
  const script = `const { compile, hasRelaxedSimd, initSync } = await import(${
    JSON.stringify(new URL("../pkg/relevance.js", import.meta.url).href)
  });
    const memory = new WebAssembly.Memory({ initial: 16, maximum: 65536 });
    const kernel = initSync({ module: await compile({ build: hasRelaxedSimd() ? "relaxed" : "simd" }), memory });
    const form = kernel.integer_form(65536);
    new Float32Array(memory.buffer, 1024, 4).fill(255);
    new Int8Array(memory.buffer, 2048, 4).fill(-128);
    new Int32Array(memory.buffer, 3072, 10).set([1, 2048, 1, 1]);
    kernel.gemm_integer_8x12(form, 1, 1, 4, 1024, 4, 1, 0, 0, 3072, 0, 4096, 1, 0, 0, 0, 65536);
    console.log(JSON.stringify({ form, sum: new Float32Array(memory.buffer, 4096, 1)[0] }));`;
  const commands: [string, string[]][] = [["node", ["--input-type=module", "-e", script]]];
  if ("Deno" in globalThis) {
    const flags = process.arch === "x64" ? ["--v8-flags=--no-enable-avx-vnni,--no-enable-avx-vnni-int8"] : [];
    commands.push([process.execPath, ["eval", "--quiet", ...flags, script]]);
  }
  const found = commands.map(([command, args]) => JSON.parse(spawnSync(command, args, { encoding: "utf8" }).stdout));
  expect(found.map(({ sum }) => sum)).toEqual(commands.map(() => -130560));
  if (commands.length > 1 && process.arch === "x64") expect(found[1].form).toBe(PAIRS);
});
