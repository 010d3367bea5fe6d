import { describe, expect, test } from "vitest";
import { fromNumbers } from "../../graph/fold.ts";
import type { DType } from "../../graph/tensor.ts";
import { compare, noise, Sketch } from "../testing.ts";

const integers = (dtype: DType, dims: number[]) =>
  fromNumbers(
    dtype,
    dims,
    noise(dims.reduce((a, b) => a * b, 1)).map((v) => Math.round(100 * v) + (dtype === "uint8" ? 120 : 0)),
  );
const vector = (dtype: DType, ...values: number[]) => fromNumbers(dtype, [values.length], values);
const single = (dtype: DType, value: number) => fromNumbers(dtype, [], [value]);
/** Whole numbers that span 255 steps of 1: dynamic quantisation to 8 bits loses nothing of them. */
const grid = (...dims: number[]) => {
  const values = noise(dims.reduce((a, b) => a * b, 1)).map((v) => Math.round(120 * v));
  return fromNumbers("float32", dims, [-127, 128, ...values.slice(2)]);
};
/** Multiples of 0.01: lossless with a step of 0.01. */
const hundredths = (...dims: number[]) =>
  fromNumbers("float32", dims, noise(dims.reduce((a, b) => a * b, 1)).map((v) => Math.round(100 * v) / 100));
const EXACT = 1e-5;

describe("dynamic-quantise", () => {
  const product = (s: Sketch, x: string, { scale, zero }: { scale: string; zero: string }): string => {
    const [q, step, z] = s.ops("DynamicQuantizeLinear", [x], 3) as [string, string, string];
    const integer = s.op("MatMulInteger", [q, s.c(integers("int8", [8, 3])), z, zero]);
    return s.op("Mul", [s.op("Cast", [integer], { to: 1 }), s.op("Mul", [step, scale])]);
  };
  test("reads an integer product with one scale", async () => {
    const s = new Sketch(), y = product(s, s.feed(grid(2, 8)), { scale: s.c(0.02), zero: s.c(single("int8", 5)) });
    const { ops, error, nodes } = await compare(s, [y]);
    expect(ops).toEqual(["MatMul"]);
    expect(nodes.find(({ op }) => op === "MatMul")!.quantised).toBe(true);
    expect(error).toBeLessThan(EXACT);
  });
  test("leaves a factor behind the product alone: it may be an activation's", async () => {
    const s = new Sketch(),
      x = product(s, s.feed(grid(2, 8)), { scale: s.c(0.0002), zero: s.c(single("int8", 5)) }),
      half = s.op("Mul", [x, s.c(0.5)]);
    const { ops, error } = await compare(s, [
      s.op("Mul", [half, s.op("Add", [s.op("Erf", [s.op("Div", [x, s.c(Math.SQRT2)])]), s.c(1)])]),
    ]);
    expect(ops).toEqual(["MatMul", "Gelu"]);
    expect(error).toBeLessThan(EXACT);
  });
  test("reads a scale for each column", async () => {
    const s = new Sketch(),
      scale = s.c(vector("float32", 0.01, 0.03, 0.002)),
      y = product(s, s.feed(grid(2, 8)), { scale, zero: s.c(vector("int8", 0, 7, -3)) });
    const { ops, error } = await compare(s, [y]);
    expect(ops).toEqual(["MatMul"]);
    expect(error).toBeLessThan(EXACT);
  });
  test("reads a product of two activations", async () => {
    const s = new Sketch(), [a, b] = [s.feed(grid(2, 4, 8)), s.feed(grid(2, 8, 4))];
    const [p, sp, zp] = s.ops("DynamicQuantizeLinear", [a], 3) as [string, string, string],
      [q, sq, zq] = s.ops("DynamicQuantizeLinear", [b], 3) as [string, string, string];
    const y = s.op("Mul", [s.op("Cast", [s.op("MatMulInteger", [p, q, zp, zq])], { to: 1 }), s.op("Mul", [sp, sq])]);
    const { ops, error } = await compare(s, [y]);
    expect(ops).toEqual(["MatMul"]);
    expect(error).toBeLessThan(EXACT);
  });
  test("reads an integer convolution", async () => {
    const s = new Sketch(),
      [q, step, z] = s.ops("DynamicQuantizeLinear", [s.feed(grid(1, 2, 9))], 3) as [string, string, string];
    const integer = s.op("ConvInteger", [q, s.c(integers("uint8", [3, 2, 3])), z, s.c(single("uint8", 120))], {
      pads: [1, 1],
    });
    const { ops, error } = await compare(s, [
      s.op("Mul", [s.op("Cast", [integer], { to: 1 }), s.op("Mul", [step, s.c(0.02)])]),
    ]);
    expect(ops).toEqual(["Conv"]);
    expect(error).toBeLessThan(EXACT);
  });
  test("takes the bias of an integer convolution in", async () => {
    const s = new Sketch(),
      [q, step, z] = s.ops("DynamicQuantizeLinear", [s.feed(grid(1, 2, 9))], 3) as [string, string, string];
    const integer = s.op("ConvInteger", [q, s.c(integers("uint8", [3, 2, 3])), z, s.c(single("uint8", 120))]);
    const scaled = s.op("Mul", [s.op("Cast", [integer], { to: 1 }), s.op("Mul", [step, s.c(0.02)])]);
    const { ops, error } = await compare(s, [s.op("Add", [scaled, s.op("Reshape", [s.c([3]), s.ints(1, -1, 1)])])]);
    expect(ops).toEqual(["Conv"]);
    expect(error).toBeLessThan(EXACT);
  });
  test("reads rows of an integer table that go into two products, as one look-up", async () => {
    const s = new Sketch(),
      zero = s.c(single("uint8", 120)),
      scale = s.c(0.02),
      ids = s.feed(fromNumbers("int64", [1, 9], [4, 0, 2, 1, 3, 4, 0, 1, 2]));
    const rows = s.op("Transpose", [s.op("Gather", [s.c(integers("uint8", [5, 2])), ids])], { perm: [0, 2, 1] });
    const outputs = [2, 3].map((width) => {
      const integer = s.op("ConvInteger", [rows, s.c(integers("int8", [3, 2, width])), zero]);
      return s.op("Mul", [s.op("Cast", [integer], { to: 1 }), s.op("Mul", [scale, s.c(0.03)])]);
    });
    const { ops, error } = await compare(s, outputs);
    expect(ops).toEqual(["Gather", "Transpose", "Conv", "Transpose", "Conv"]);
    expect(error).toBeLessThan(EXACT);
  });
  test("refuses a product that is not scaled by the step of its activation", async () => {
    const s = new Sketch(), [q, , z] = s.ops("DynamicQuantizeLinear", [s.input(2, 8)], 3) as [string, string, string];
    const y = s.op("Mul", [
      s.op("Cast", [s.op("MatMulInteger", [q, s.c(integers("int8", [8, 3])), z])], { to: 1 }),
      s.c(0.02),
    ]);
    const { report } = await compare(s, [y]);
    expect(report.refused.map(({ because }) => because)).toEqual([
      expect.stringMatching(/^the product is not scaled by the step of/),
    ]);
  });
  test("reads the forms ONNX Runtime fuses", async () => {
    const s = new Sketch(),
      x = s.feed(grid(2, 8)),
      [q, step, z] = s.ops("DynamicQuantizeLinear", [x], 3) as [string, string, string];
    const scale = s.c(vector("float32", 0.01, 0.03, 0.002)),
      w = s.c(integers("int8", [8, 3])),
      zero = s.c(vector("int8", 1, 2, 3));
    const outputs = [
      s.op("com.microsoft.MatMulIntegerToFloat", [q, w, step, scale, z, zero, s.c([3])]),
      s.op("com.microsoft.DynamicQuantizeMatMul", [x, w, scale, zero, s.c([3])]),
    ];
    const { ops, error } = await compare(s, outputs);
    expect(ops).toEqual(["MatMul", "Add", "MatMul", "Add"]);
    expect(error).toBeLessThan(EXACT);
  });
  test("reads a quantised LSTM", async () => {
    const s = new Sketch(),
      weight = (rows: number) => s.c(integers("uint8", [1, rows, 16])),
      part = [s.c(vector("float32", 0.01)), s.c(vector("uint8", 120))];
    const [y] = s.ops(
      "com.microsoft.DynamicQuantizeLSTM",
      [s.feed(grid(5, 1, 3)), weight(3), weight(4), s.c([1, 32]), "", "", "", "", ...part, ...part],
      3,
      { hidden_size: 4 },
    );
    const { ops, error } = await compare(s, [y!]);
    expect(ops).toEqual(["LSTM"]);
    // Hidden states are rounded at every step.
    expect(error).toBeLessThan(2e-3);
  });
});

describe("qdq", () => {
  const pair = (s: Sketch, x: string): string => {
    const [scale, zero] = [s.c(0.01), s.c(single("uint8", 128))];
    return s.op("DequantizeLinear", [s.op("QuantizeLinear", [x, scale, zero]), scale, zero]);
  };
  test("goes straight through a pair, and says that integers lie between", async () => {
    const s = new Sketch(), { nodes, error } = await compare(s, [s.op("Relu", [pair(s, s.feed(hundredths(2, 8)))])]);
    expect(nodes.map(({ op, quantised }) => [op, quantised ?? false])).toEqual([["Identity", true], ["Relu", false]]);
    expect(error).toBeLessThan(EXACT);
  });
  test("goes through operators that move integers", async () => {
    const s = new Sketch(),
      [scale, zero] = [s.c(0.01), s.c(single("uint8", 128))],
      q = s.op("QuantizeLinear", [s.feed(hundredths(2, 8)), scale, zero]);
    const { ops, error } = await compare(s, [
      s.op("DequantizeLinear", [s.op("Transpose", [q], { perm: [1, 0] }), scale, zero]),
    ]);
    expect(ops).toEqual(["Transpose", "Identity"]);
    expect(error).toBeLessThan(EXACT);
  });
  test("dequantises a table before the look-up, which loses nothing", async () => {
    const s = new Sketch(), ids = s.feed(fromNumbers("int64", [1, 3], [4, 0, 2]));
    const rows = s.op("Gather", [s.c(integers("uint8", [5, 8])), ids]);
    const { ops, nodes, error } = await compare(s, [
      s.op("DequantizeLinear", [rows, s.c(0.01), s.c(single("uint8", 120))]),
    ]);
    expect(ops).toEqual(["Gather"]);
    expect(nodes.at(-1)!.quantised).toBeUndefined();
    expect(error).toBe(0);
  });
  test("sees an activation through pairs on every edge", async () => {
    const s = new Sketch(),
      x = pair(s, s.input(2, 8)),
      h = pair(s, s.op("Erf", [pair(s, s.op("Div", [x, s.c(Math.SQRT2)]))]));
    const { ops, nodes } = await compare(s, [
      s.op("Mul", [pair(s, s.op("Mul", [x, pair(s, s.op("Add", [h, s.c(1)]))])), s.c(0.5)]),
    ]);
    expect(ops).toEqual(["Gelu"]);
    expect(nodes.at(-1)!.quantised).toBe(true);
  });
  test("reads QLinearMatMul between integers", async () => {
    const s = new Sketch(),
      [scale, zero] = [s.c(0.01), s.c(single("uint8", 128))],
      q = s.op("QuantizeLinear", [s.feed(hundredths(2, 8)), scale, zero]);
    const y = s.op("QLinearMatMul", [
      q,
      scale,
      zero,
      s.c(integers("uint8", [8, 3])),
      scale,
      s.c(single("uint8", 120)),
      s.c(0.0025),
      zero,
    ]);
    const { ops, error } = await compare(s, [s.op("DequantizeLinear", [y, s.c(0.0025), zero])]);
    expect(ops).toEqual(["MatMul"]);
    // The result is rounded too, to steps of 0.0025.
    expect(error).toBeLessThan(0.02);
  });
  test("refuses integers of unknown origin", async () => {
    const s = new Sketch(),
      { report } = await compare(s, [s.op("DequantizeLinear", [s.feed(integers("uint8", [2, 3])), s.c(0.01)])]);
    expect(report.refused).toEqual([{
      name: "qdq",
      node: expect.any(String),
      because: 'it is not known what "in0" was rounded from',
    }]);
  });
});

describe("nbits", () => {
  const packed = (rows: number, bytes: number) =>
    fromNumbers("uint8", [rows, 1, bytes], Array.from({ length: rows * bytes }, (_, i) => (37 * i + 11) % 256));
  const blocks = (rows: number, count: number, bytes: number) =>
    fromNumbers("uint8", [rows, count, bytes], packed(rows, count * bytes).data as unknown as number[]);
  test.each([
    { bits: 4, k: 32, zeros: false },
    { bits: 4, k: 32, zeros: true },
    { bits: 4, k: 24, zeros: true }, // the last block is cut, rows of zero points end within a byte
    { bits: 8, k: 32, zeros: false },
    { bits: 8, k: 24, zeros: true },
  ])("reads $bits-bit blocks of 16 over $k columns, zero points $zeros", async ({ bits, k, zeros }) => {
    const s = new Sketch(),
      n = 6,
      count = Math.ceil(k / 16),
      zero = zeros
        ? s.c({ ...packed(n, Math.ceil((count * bits) / 8)), dims: [n, Math.ceil((count * bits) / 8)] })
        : "";
    const weights = [s.c(blocks(n, count, 2 * bits)), s.c([n, count]), ...(zero ? [zero] : [])];
    const { ops, nodes, error } = await compare(s, [
      s.op("com.microsoft.MatMulNBits", [s.input(2, k), ...weights], { K: k, N: n, bits, block_size: 16 }),
    ]);
    expect(ops).toEqual(["MatMul"]);
    expect(nodes.find(({ op }) => op === "MatMul")!.attributes).toEqual({ transB: 1 });
    expect(nodes.find(({ op }) => op === "DequantizeLinear")!.attributes).toEqual({ axis: 1, block_size: 16 });
    expect(error).toBeLessThan(1e-5);
  });
  test("reads a table of packed rows", async () => {
    const s = new Sketch(),
      ids = s.feed(fromNumbers("int64", [1, 3], [4, 0, 2])),
      table = s.c(fromNumbers("uint8", [5, 16], packed(5, 16).data as unknown as number[]));
    const { ops, error } = await compare(s, [
      s.op("com.microsoft.GatherBlockQuantized", [table, ids, s.c([5, 2])], {
        bits: 4,
        block_size: 16,
        gather_axis: 0,
        quantize_axis: 1,
      }),
    ]);
    expect(ops).toEqual(["Gather"]);
    expect(error).toBeLessThan(1e-6);
  });
  test("refuses weights that a run makes", async () => {
    const s = new Sketch(), w = s.feed(blocks(6, 2, 8));
    const { report } = await compare(s, [
      s.op("com.microsoft.MatMulNBits", [s.input(2, 32), w, s.c([6, 2])], { K: 32, N: 6, bits: 4, block_size: 16 }),
    ]);
    expect(report.refused.map(({ because }) => because)).toEqual(["its weights are not constants"]);
  });
});
