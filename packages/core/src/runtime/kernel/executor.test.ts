import { afterAll, describe, expect, test } from "vitest";
import { constant } from "../../graph/graph.ts";
import { fromShape, type Random, random } from "./testing.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { Builder } from "../../program/builder.ts";
import { outputsOf, type Program } from "../../program/program.ts";
import { ortExecutor } from "../ort/executor.ts";
import { type KernelExecutor, kernelExecutor } from "./executor.ts";

const executors: KernelExecutor[] = [
  kernelExecutor({ threads: 1, build: "simd" }),
  kernelExecutor({ threads: 1 }),
  kernelExecutor({ threads: 2 }),
  kernelExecutor({ threads: 3, build: "simd" }),
];
const ort = ortExecutor({ backend: "wasm", threads: 1 });
afterAll(() => Promise.all(executors.map((executor) => executor.stop())));

/** A program of a few steps over one seed `g` and taps, written with the builder. */
function programOf(
  write: (b: Builder, next: Random) => string | string[],
  { seeds = 1, seed = [1] as readonly number[] } = {},
): { program: Program; taps: Map<string, Tensor>; given: Tensor } {
  const b = new Builder(seeds), next = random(17);
  b.seed("seed", seed);
  const taps = new Map<string, Tensor>();
  const found = [write(
    Object.assign(b, {
      tap: (name: string, dims: readonly number[], scale = 1) => {
        taps.set(name, fromShape(dims, next, scale));
        return b.input(name, { dtype: "float32", dims });
      },
    }),
    next,
  )].flat();
  const program: Program = {
    taps: [...taps.keys()],
    seed: "seed",
    seeds,
    constants: b.constants,
    types: b.types,
    steps: b.steps,
    cotangents: new Map(found.map((name) => [name, name])),
    values: new Map(),
    ledger: [],
  };
  return { program, taps, given: fromShape(b.types.get("seed")!.dims, next) };
}
type Writing = Builder & { tap(name: string, dims: readonly number[], scale?: number): string };

const CASES: Record<string, (b: Writing) => string | string[]> = {
  "elementwise chains with broadcasting": (b) => {
    const x = b.tap("x", [2, 3, 1, 5]), y = b.tap("y", [3, 4, 1]), z = b.add(x, y);
    return [
      b.mul(z, b.sub(x, b.scalar(2))),
      b.div(y, b.shift(b.square(z), 1)),
      b.where(b.less(z, b.scalar(0)), b.neg(z), b.exp(z)),
      b.max(b.min(z, b.scalar(0.5)), b.scalar(-0.5)),
    ];
  },
  "activations": (b) => {
    const x = b.tap("x", [3, 7], 3);
    return [
      b.tanh(x),
      b.erf(x),
      b.sigmoid(x),
      b.relu(x),
      b.abs(x),
      b.sign(x),
      b.sqrt(b.abs(x)),
      b.log(b.shift(b.abs(x), 0.1)),
      b.pow(b.abs(x), b.scalar(1.7)),
    ];
  },
  "products of every layout": (b) => {
    const a = b.tap("a", [2, 3, 5, 7]),
      c = b.tap("c", [2, 3, 7, 4]),
      w = b.tap("w", [7, 9]),
      v = b.tap("v", [9, 7]),
      q = b.tap("q", [2, 3, 7, 5]);
    return [
      b.matmul(a, c),
      b.matmul(a, w),
      b.matmul(a, v, { transB: true, alpha: 0.5 }),
      b.matmul(q, w, { transA: true }),
      b.matmul(b.transpose(q, [0, 1, 3, 2]), w),
    ];
  },
  "attention heads that are never copied together": (b) => {
    const split = (t: string): string => b.transpose(b.reshape(t, [1, 6, 4, 8]), [0, 2, 1, 3]);
    const q = split(b.tap("q", [1, 6, 32])), k = split(b.tap("k", [1, 6, 32])), v = split(b.tap("v", [1, 6, 32]));
    const a = b.softmax(b.matmul(q, k, { transB: true, alpha: 0.35 }), -1);
    return b.reshape(b.transpose(b.matmul(a, v), [0, 2, 1, 3]), [1, 6, 32]);
  },
  "a product large enough to be shared among threads": (b) =>
    b.matmul(b.tap("x", [1, 70, 130]), b.tap("w", [130, 250])),
  "reductions over any axes": (b) => {
    const x = b.tap("x", [3, 4, 5, 6]);
    return [
      b.sum(x, [3]),
      b.mean(x, [0, 1]),
      b.maximum(x, [1, 3], false),
      b.sum(x, [0, 2]),
      b.total(x),
      b.mean(b.transpose(x, [2, 0, 3, 1]), [-1], false),
    ];
  },
  "softmax along any axis": (b) => [0, 1, 2].map((axis) => b.softmax(b.tap(`x${axis}`, [3, 4, 5], 5), axis)),
  "movement that needs a copy and movement that needs none": (b) => {
    const x = b.tap("x", [2, 3, 4]), t = b.transpose(x, [2, 0, 1]);
    return [
      b.reshape(t, [8, 3]),
      b.concat([x, b.scale(x, 2)], 1),
      b.pad(x, 1, { before: 2, after: 1 }),
      b.slice(t, 0, { start: 1, end: 4, step: 2 }),
      b.add(b.slice(x, 2, { start: 1, end: 3 }), b.expand(b.tap("y", [1, 3, 1]), [2, 3, 2])),
      b.neg(t),
    ];
  },
  "look-ups and their transposes": (b) => {
    const x = b.tap("x", [5, 3, 4]),
      picks = b.tensor({ dtype: "int64", dims: [2, 2], data: BigInt64Array.of(0n, 2n, -1n, 2n) });
    const g = b.gather(x, picks, 1);
    return [g, b.scatterAdd(g, picks, { axis: 1, dims: [5, 3, 4] })];
  },
  "sums of nothing": (b) => {
    const x = b.tap("x", [2, 0, 3]);
    return [b.sum(x, [1]), b.sum(x, [0, 1, 2], false), b.sum(x, [2])];
  },
  "a cast of truth values and whole numbers": (b) => b.cast(b.cast(b.scale(b.tap("x", [9], 3), 2), "int64"), "float32"),
};

describe.each(
  executors.map((executor, i) => [["simd", "best", "2 threads", "3 threads, simd"][i]!, executor] as const),
)("the kernel executor (%s)", (_, executor) => {
  test.each(Object.entries(CASES))("agrees with ONNX Runtime on %s", async (_, write) => {
    const { program, taps, given } = programOf((b) => write(b as Writing));
    const [mine, theirs] = [await executor.prepare(program), await ort.prepare(program)];
    const [found, expected] = [await mine.run(taps, given), await theirs.run(taps, given)];
    for (const name of outputsOf(program)) {
      const f = found.get(name)!, e = expected.get(name)!;
      expect(f.dims).toEqual(e.dims);
      expect(
        Math.max(
          0,
          ...Array.from(
            e.data as Float32Array,
            (v, i) => Math.abs((f.data as Float32Array)[i]! - v) / Math.max(1, Math.abs(v)),
          ),
        ),
      ).toBeLessThan(1e-5);
    }
    expect(mine.foreign.size).toBe(0);
    const again = await mine.run(taps, given);
    for (const name of outputsOf(program)) expect(again.get(name)!.data).toEqual(found.get(name)!.data);
    await mine.release();
    await theirs.release();
  });

  test("carries several seeds in one sweep as it carries each alone", async () => {
    const write = (b: Writing): string => {
      const w = b.tensor(fromShape([6, 9], random(3), 1)), g = b.mul("seed", b.tensor(fromShape([4, 9], random(4), 1)));
      return b.matmul(g, w, { transB: true });
    };
    const many = programOf((b) => write(b as Writing), { seeds: 3, seed: [4, 9] }),
      one = programOf((b) => write(b as Writing), { seed: [4, 9] });
    const [wide, narrow] = [await executor.prepare(many.program), await executor.prepare(one.program)];
    const all = (await wide.run(many.taps, many.given)).get(outputsOf(many.program)[0]!)!.data as Float32Array;
    for (let i = 0; i < 3; i++) {
      const seed = { ...one.given, data: (many.given.data as Float32Array).slice(i * 36, i * 36 + 36) };
      const alone = (await narrow.run(one.taps, seed)).get(outputsOf(one.program)[0]!)!.data;
      expect(all.slice(i * 24, i * 24 + 24)).toEqual(alone);
    }
  });

  test("hands an operator it lacks to ONNX Runtime and says so", async () => {
    const { program, taps, given } = programOf((b) => {
      const x = (b as Writing).tap("x", [2, 5]);
      const [y] = b.forward({
        op: "Tan",
        domain: "",
        inputs: [b.scale(x, 2)],
        outputs: ["turned"],
        attributes: {},
      }, [{ dtype: "float32", dims: [2, 5] }]);
      return b.add(y!, x);
    });
    const mine = await executor.prepare(program),
      x = taps.get("x")!.data as Float32Array,
      found = (await mine.run(taps, given)).get(outputsOf(program)[0]!)!.data as Float32Array;
    expect([...mine.foreign]).toEqual([["Tan", 1]]);
    expect(mine.notes.join(" ")).toContain("Tan × 1");
    x.forEach((v, i) => expect(found[i]).toBeCloseTo(v + Math.tan(2 * v), 5));
    await mine.release();
  });

  test("keeps runs apart when they are asked for at once, of one program or of several that share their memory", async () => {
    const { program, taps, given } = programOf((b) => {
      const x = (b as Writing).tap("x", [2, 5]);
      const step = { op: "Tan", domain: "", inputs: [b.scale(x, 2)], outputs: ["turned"], attributes: {} };
      return b.add(b.forward(step, [{ dtype: "float32", dims: [2, 5] }])[0]!, x);
    });
    const mine = await executor.prepare(program),
      [output] = outputsOf(program),
      other = new Map([["x", fromShape([2, 5], random(99))]]);
    const alone = [await mine.run(taps, given), await mine.run(other, given)].map((found) => found.get(output!)!.data);
    const together = await Promise.all([mine.run(taps, given), mine.run(other, given)]);
    expect(together.map((found) => found.get(output!)!.data)).toEqual(alone);
    const twin = await executor.prepare(program),
      mixed = await Promise.all([mine.run(taps, given), twin.run(other, given), mine.run(other, given)]);
    expect(mixed.map((found) => found.get(output!)!.data)).toEqual([alone[0], alone[1], alone[1]]);
    await mine.release();
    await twin.release();
  });

  test("reads 8-bit and blocked 4-bit weights as they are, both ways, and as floats where an operator needs that", async () => {
    const { program, taps, given } = programOf((b, next) => {
      const x = (b as Writing).tap("x", [3, 64]), y = (b as Writing).tap("y", [3, 40]);
      const bytes = (count: number): Uint8Array =>
        Uint8Array.from({ length: count }, () => Math.floor((next() + 1) * 128));
      const dequantised = (
        name: string,
        inputs: string[],
        attributes: Record<string, number>,
        dims: number[],
      ): string =>
        b.forward({ op: "DequantizeLinear", domain: "", inputs, outputs: [name], attributes }, [{
          dtype: "float32",
          dims,
        }])[0]!;
      const w8 = dequantised(
        "w8",
        [
          b.constant(
            "w8 bytes",
            constant({ dtype: "int8", dims: [64, 40], data: Int8Array.from(bytes(64 * 40), (v) => v - 128) }),
          ),
          b.tensor(fromShape([40], next, 0.01)),
          b.constant(
            "w8 zeros",
            constant({ dtype: "int8", dims: [40], data: Int8Array.from(bytes(40), (v) => v % 9) }),
          ),
        ],
        { axis: 1 },
        [64, 40],
      );
      const w4 = dequantised(
        "w4",
        [
          b.constant("w4 bytes", constant({ dtype: "uint4", dims: [40, 64], data: bytes(40 * 32) })),
          b.tensor(fromShape([40, 2], next, 0.1)),
          b.constant("w4 zeros", constant({ dtype: "uint4", dims: [40, 2], data: bytes(40) })),
        ],
        { axis: 1, block_size: 32 },
        [40, 64],
      );
      return [
        b.matmul(x, w8),
        b.matmul(y, w8, { transB: true }),
        b.matmul(x, w4, { transB: true }),
        b.matmul(y, w4),
        b.relu(w8),
        b.relu(w4),
      ];
    });
    const [mine, theirs] = [await executor.prepare(program), await ort.prepare(program)];
    const [found, expected] = [await mine.run(taps, given), await theirs.run(taps, given)];
    for (const name of outputsOf(program)) {
      const e = expected.get(name)!.data as Float32Array,
        f = found.get(name)!.data as Float32Array,
        size = Math.max(...e.map(Math.abs));
      e.forEach((v, i) => expect(Math.abs(f[i]! - v)).toBeLessThan(1e-5 * size));
    }
  });

  test("gives its memory back on release", async () => {
    const sizes: number[] = [];
    for (let round = 0; round < 4; round++) {
      const { program, taps, given } = programOf((b) =>
        b.matmul((b as Writing).tap("x", [200, 300]), b.tensor(fromShape([300, 400], random(5), 1)))
      );
      const mine = await executor.prepare(program);
      await mine.run(taps, given);
      expect(mine.memory.weights).toBe(300 * 400 * 4);
      await mine.release();
      sizes.push(await executor.bytes());
    }
    expect(sizes[3]).toBe(sizes[1]);
  });
});
