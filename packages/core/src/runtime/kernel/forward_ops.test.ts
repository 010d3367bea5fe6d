import { afterAll, describe, expect, test } from "vitest";
import { constant } from "../../graph/graph.ts";
import { type DType, int64s, size, type Tensor } from "../../graph/tensor.ts";
import { Builder } from "../../program/builder.ts";
import type { Program, Step } from "../../program/program.ts";
import { ortExecutor } from "../ort/executor.ts";
import { kernelExecutor } from "./executor.ts";
import { fromShape, random } from "./testing.ts";

const executors = [kernelExecutor({ threads: 1 }), kernelExecutor({ threads: 2, build: "simd" })];
const ort = ortExecutor({ backend: "wasm", threads: 1 });
afterAll(() => Promise.all(executors.map((executor) => executor.stop())));

/** One operator of the forward pass: its operands are given, unless `fixed`. */
interface Case {
  readonly op: string;
  readonly operands: readonly (Tensor | undefined)[];
  /** Which operands are constants of the file. */
  readonly fixed?: readonly number[];
  readonly attributes?: Step["attributes"];
  readonly results: readonly { dtype: DType; dims: readonly number[] }[];
}

const next = random(31), floats = (dims: readonly number[], scale = 1) => fromShape(dims, next, scale);
const bytes = (dtype: "int8" | "uint8", dims: readonly number[]): Tensor => {
  const all = Array.from({ length: size(dims) }, () => Math.floor((next() + 1) * 128) - (dtype === "int8" ? 128 : 0));
  return { dtype, dims, data: dtype === "int8" ? Int8Array.from(all) : Uint8Array.from(all) };
};
const one = (dtype: "int8" | "uint8", value: number): Tensor => ({
  dtype,
  dims: [],
  data: dtype === "int8" ? Int8Array.of(value) : Uint8Array.of(value),
});
const f32 = (dims: readonly number[]) => ({ dtype: "float32" as const, dims });
const shifted = (x: Tensor, by: number): Tensor => ({ ...x, data: (x.data as Float32Array).map((v) => v + by) });
const scalar = (value: number): Tensor => ({ dtype: "float32", dims: [], data: Float32Array.of(value) });
const dynamic = (x: Tensor): Case => ({
  op: "DynamicQuantizeLinear",
  operands: [x],
  results: [{ dtype: "uint8", dims: x.dims }, f32([]), { dtype: "uint8", dims: [] }],
});
const summed = (attributes: Step["attributes"]): Case => ({
  op: "CumSum",
  operands: [floats([3, 6]), int64s([1])],
  fixed: [1],
  attributes,
  results: [f32([3, 6])],
});

const CASES: Record<string, Case> = {
  "dynamic rounding": dynamic(floats([5, 33], 3)),
  "dynamic rounding of positive numbers": dynamic(shifted(floats([40]), 4)),
  "dynamic rounding of negative numbers": dynamic(shifted(floats([2, 2, 9]), -4)),
  "dynamic rounding of nothing but zeros": dynamic({ ...floats([7]), data: new Float32Array(7) }),
  "rounding to uint8": {
    op: "QuantizeLinear",
    operands: [floats([4, 50], 9), scalar(0.05), one("uint8", 117)],
    fixed: [1, 2],
    results: [{ dtype: "uint8", dims: [4, 50] }],
  },
  "rounding to int8, halves to even": {
    op: "QuantizeLinear",
    operands: [
      { dtype: "float32", dims: [8], data: Float32Array.of(0.5, 1.5, 2.5, -0.5, -1.5, 200, -200, 3) },
      scalar(1),
      one("int8", -3),
    ],
    fixed: [1, 2],
    results: [{ dtype: "int8", dims: [8] }],
  },
  "a product of integers": {
    op: "MatMulInteger",
    operands: [bytes("uint8", [2, 9, 70]), bytes("int8", [70, 31]), one("uint8", 101)],
    fixed: [1],
    results: [{ dtype: "int32", dims: [2, 9, 31] }],
  },
  "a product of integers, one zero a column": {
    op: "MatMulInteger",
    operands: [bytes("uint8", [9, 70]), bytes("uint8", [70, 31]), one("uint8", 7), bytes("uint8", [31])],
    fixed: [1, 3],
    results: [{ dtype: "int32", dims: [9, 31] }],
  },
  "a product of integers, signed ones, large enough to share": {
    op: "MatMulInteger",
    operands: [bytes("int8", [40, 130]), bytes("uint8", [130, 60]), one("int8", -77), one("uint8", 201)],
    fixed: [1, 3],
    results: [{ dtype: "int32", dims: [40, 60] }],
  },
  "Gemm of turned matrices": {
    op: "Gemm",
    operands: [floats([6, 11]), floats([9, 6]), floats([9])],
    fixed: [1, 2],
    attributes: { transA: 1, transB: 1, alpha: 0.5, beta: -2 },
    results: [f32([11, 9])],
  },
  "Gemm without a bias": { op: "Gemm", operands: [floats([3, 4]), floats([4, 5])], results: [f32([3, 5])] },
  "slices by constant places": {
    op: "GatherND",
    operands: [floats([3, 4, 5]), {
      dtype: "int64",
      dims: [2, 3, 2],
      data: BigInt64Array.of(0n, 1n, 2n, -1n, -3n, 0n, 1n, 1n, 2n, 3n, 0n, 0n),
    }],
    fixed: [1],
    results: [f32([2, 3, 5])],
  },
  "running sums": summed({}),
  "running sums from the end, without the element itself": summed({ reverse: 1, exclusive: 1 }),
  "what is no number": {
    op: "IsNaN",
    operands: [{ dtype: "float32", dims: [5], data: Float32Array.of(1, NaN, Infinity, 0, -NaN) }],
    results: [{ dtype: "bool", dims: [5] }],
  },
  "rows of a large table": {
    op: "Gather",
    operands: [floats([3000, 100]), int64s([2, -1, 2999, 0, -3000])],
    fixed: [0],
    results: [f32([5, 100])],
  },
  "rows of a large table of bytes": {
    op: "Gather",
    operands: [bytes("int8", [3000, 400]), int64s([2, -1, 2999])],
    fixed: [0],
    results: [{ dtype: "int8", dims: [3, 400] }],
  },
};

/** A constant as a file has it: its bytes at an odd address. */
function inFile(tensor: Tensor) {
  const data = tensor.data as Uint8Array, file = new Uint8Array(data.byteLength + 1);
  file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 1);
  return { ...constant(tensor), bytes: () => file.subarray(1) };
}

describe.each(executors.map((executor, i) => [i + 1, executor] as const))(
  "with %i threads the kernel's own",
  (_, executor) => {
    test.each(Object.entries(CASES))(
      "%s equals ONNX Runtime's",
      async (_, { op, operands, fixed = [], attributes = {}, results }) => {
        const b = new Builder(), given = new Map<string, Tensor>();
        const inputs = operands.map((tensor, i) => {
          if (!tensor) return "";
          if (fixed.includes(i)) return b.constant(`c${i}`, inFile(tensor));
          given.set(`x${i}`, tensor);
          return b.input(`x${i}`, tensor);
        });
        const outputs = b.forward(
          { op, domain: "", inputs, outputs: results.map((_, i) => `y${i}`), attributes },
          results,
        );
        const program: Program = {
          ...{
            taps: [...given.keys()],
            seed: "seed",
            seeds: 1,
            constants: b.constants,
            types: b.types,
            steps: b.steps,
          },
          ...{ cotangents: new Map(), values: new Map(outputs.map((name) => [name, name])), ledger: [] },
        };
        const mine = await executor.prepare(program), theirs = await ort.prepare(program);
        expect([...mine.foreign]).toEqual([]);
        const found = await mine.run(given), expected = await theirs.run(given);
        for (const name of outputs) {
          const e = Array.from(expected.get(name)!.data as ArrayLike<number | bigint>, Number),
            f = Array.from(found.get(name)!.data as ArrayLike<number | bigint>, Number);
          // Integers are exact; floats are summed in another order.
          const bar = program.types.get(name)!.dtype === "float32" ? 1e-5 : 0;
          e.forEach((v, i) =>
            expect(Math.abs(f[i]! - v), `${name}[${i}] = ${f[i]}, not ${v}`).toBeLessThanOrEqual(bar)
          );
        }
        await mine.release();
        await theirs.release();
      },
    );
  },
);
