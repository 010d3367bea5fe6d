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
  test("goes through a split of integers", async () => {
    const s = new Sketch(),
      [scale, zero] = [s.c(0.01), s.c(single("uint8", 128))],
      parts = s.ops("Split", [s.op("QuantizeLinear", [s.feed(hundredths(2, 8)), scale, zero]), s.ints(3, 5)], 2, {
        axis: 1,
      });
    const { ops, error } = await compare(s, parts.map((part) => s.op("DequantizeLinear", [part, scale, zero])));
    expect(ops).toEqual(["Split", "Identity", "Split", "Identity"]);
    expect(error).toBeLessThan(EXACT);
  });
  test("sees a ReLU where rounding cuts off what is negative, and none behind what is positive", async () => {
    const s = new Sketch(), [scale, zero] = [s.c(0.01), s.c(single("uint8", 0))];
    const [cut, free] = [s.feed(hundredths(2, 8)), s.op("Sigmoid", [s.input(2, 8)])].map((x) =>
      s.op("DequantizeLinear", [s.op("QuantizeLinear", [x, scale, zero]), scale, zero])
    ) as [string, string];
    const { ops, error } = await compare(s, [cut]);
    expect(ops.filter((op) => op !== "Sigmoid" && op !== "Identity")).toEqual(["Relu"]);
    expect(error).toBeLessThan(EXACT);
    expect((await compare(s, [free])).error).toBeLessThan(0.01);
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

describe("qlinear", () => {
  const step = 0.01;
  /** Integers of an activation between −1 and 1, with their scale and zero point. */
  const rounded = (s: Sketch, ...dims: number[]): string[] => {
    const [scale, zero] = [s.c(step), s.c(single("uint8", 128))];
    return [s.op("QuantizeLinear", [s.feed(hundredths(...dims)), scale, zero]), scale, zero];
  };
  const weight = (s: Sketch, ...dims: number[]): string[] => [
    s.c(integers("int8", dims)),
    s.c(step),
    s.c(single("int8", 3)),
  ];
  const result = (s: Sketch, scale: number): string[] => [s.c(scale), s.c(single("uint8", 128))];
  /** Half a step of the result, and what a second rounding adds to that. */
  const written = async (s: Sketch, y: string, [scale, zero]: string[], ops: string[]): Promise<void> => {
    const found = await compare(s, [s.op("DequantizeLinear", [y, scale!, zero!])]);
    expect(found.report.refused).toEqual([]);
    expect(found.ops).toEqual(ops);
    expect(found.nodes.filter(({ op }) => op === ops[0]).every(({ quantised }) => quantised)).toBe(true);
    expect(found.error).toBeLessThan(0.02);
  };
  test("reads a product between integers", async () => {
    const s = new Sketch(), to = result(s, 0.003);
    await written(s, s.op("QLinearMatMul", [...rounded(s, 2, 8), ...weight(s, 8, 3), ...to]), to, [
      "Identity",
      "MatMul",
      "Identity",
    ]);
  });
  test.each(["QLinearAdd", "QLinearMul"])("reads %s of two activations", async (op) => {
    const s = new Sketch(), to = result(s, 0.016);
    await written(s, s.op(`com.microsoft.${op}`, [...rounded(s, 2, 8), ...rounded(s, 8), ...to]), to, [
      "Identity",
      "Identity",
      op.slice("QLinear".length),
      "Identity",
    ]);
  });
  test("reads one operator behind another, each once", async () => {
    const s = new Sketch(),
      to = result(s, 0.015),
      twice = s.op("com.microsoft.QLinearAdd", [...rounded(s, 2, 8), ...rounded(s, 2, 8), ...to]);
    const y = s.op("com.microsoft.QLinearMul", [twice, ...to, twice, ...to, ...to]),
      found = await compare(s, [
        s.op("DequantizeLinear", [y, ...to]),
      ]);
    expect(found.ops.filter((op) => op !== "Identity")).toEqual(["Add", "Mul"]);
  });
  test("reads a convolution and QGemm with a bias in the units of both scales", async () => {
    const s = new Sketch(),
      to = result(s, 0.03),
      bias = s.c(fromNumbers("int32", [3], [5000, -7000, 0])),
      x = rounded(s, 2, 8);
    await written(s, s.op("com.microsoft.QGemm", [...x, ...weight(s, 8, 3), bias, ...to]), to, [
      "Identity",
      "Gemm",
      "Identity",
    ]);
    const c = new Sketch(), out = result(c, 0.03), more = c.c(fromNumbers("int32", [3], [5000, -7000, 0]));
    await written(c, c.op("QLinearConv", [...rounded(c, 1, 2, 9), ...weight(c, 3, 2, 3), ...out, more]), out, [
      "Identity",
      "Conv",
      "Identity",
    ]);
  });
  test("reads a QGemm whose result is a float", async () => {
    const s = new Sketch(), y = s.op("com.microsoft.QGemm", [...rounded(s, 2, 8), ...weight(s, 8, 3)]);
    const { ops, error } = await compare(s, [y]);
    expect(ops).toEqual(["Identity", "Gemm"]);
    expect(error).toBeLessThan(EXACT);
  });
  test.each([
    ["QLinearSigmoid", "Sigmoid", {}],
    ["QLinearLeakyRelu", "LeakyRelu", { alpha: 0.3 }],
    ["QLinearSoftmax", "Softmax", { axis: -1, opset: 13 }],
    ["QLinearGlobalAveragePool", "GlobalAveragePool", {}],
    ["QLinearAveragePool", "AveragePool", { kernel_shape: [2], strides: [2] }],
  ])("reads %s", async (op, plain, attributes) => {
    const s = new Sketch(), to = result(s, op === "QLinearSoftmax" ? 0.002 : 0.008);
    await written(s, s.op(`com.microsoft.${op}`, [...rounded(s, 1, 2, 8), ...to], attributes), to, [
      "Identity",
      plain,
      "Identity",
    ]);
  });
  test("reads QLinearConcat and QLinearWhere", async () => {
    const s = new Sketch(), to = result(s, step);
    await written(
      s,
      s.op("com.microsoft.QLinearConcat", [...to, ...rounded(s, 2, 3), ...rounded(s, 2, 5)], { axis: 1 }),
      to,
      [
        "Identity",
        "Identity",
        "Concat",
        "Identity",
      ],
    );
    const c = new Sketch(), out = result(c, step), condition = c.feed(fromNumbers("bool", [2, 1], [1, 0]));
    await written(
      c,
      c.op("com.microsoft.QLinearWhere", [condition, ...rounded(c, 2, 3), ...rounded(c, 3), ...out]),
      out,
      [
        "Identity",
        "Identity",
        "Where",
        "Identity",
      ],
    );
  });
  test("refuses pools whose channels come last", async () => {
    const s = new Sketch(), to = result(s, step);
    const y = s.op("com.microsoft.QLinearGlobalAveragePool", [...rounded(s, 1, 8, 2), ...to], { channels_last: 1 });
    const { report } = await compare(s, [s.op("DequantizeLinear", [y, ...to])]);
    expect(report.refused.map(({ because }) => because)).toContain("its channels come last");
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

describe("bnb4", () => {
  const write = (s: Sketch, { n, k, b, quant_type }: { n: number; k: number; b: string; quant_type: number }): string =>
    s.op("com.microsoft.MatMulBnb4", [
      s.input(2, k),
      b,
      s.c(fromNumbers("float32", [(n * k) / 16], noise((n * k) / 16).map(Math.abs))),
    ], {
      ...{ K: k, N: n, block_size: 16, quant_type },
    });
  const bytes = (count: number) =>
    fromNumbers("uint8", [count], Array.from({ length: count }, (_, i) => (37 * i + 11) % 256));
  test.each([["FP4", 0], ["NF4", 1]])("reads %s, blocks that run across rows", async (_, quant_type) => {
    const s = new Sketch(), y = write(s, { n: 6, k: 24, b: s.c(bytes(72)), quant_type });
    const { ops, error } = await compare(s, [y]);
    expect(ops).toEqual(["MatMul"]);
    expect(error).toBeLessThan(1e-5);
  });
  test("refuses weights that a run makes", async () => {
    const s = new Sketch(), y = write(s, { n: 6, k: 24, b: s.feed(bytes(72)), quant_type: 1 });
    expect((await compare(s, [y])).report.refused.map(({ because }) => because)).toEqual([
      "its weights are not constants",
    ]);
  });
});
