/**
 * One application of every operator the shape table knows, to be compared with ONNX Runtime.
 *
 * @module
 */
import type { Attribute } from "../graph.ts";
import { fromNumbers } from "../fold.ts";
import { type DType, size, type Tensor } from "../tensor.ts";

/** An input: fed at run time, or a constant of the file. */
export interface Given {
  readonly tensor: Tensor;
  readonly fixed: boolean;
}
export interface Case {
  readonly op: string;
  readonly inputs: readonly (Given | undefined)[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly outputs: number;
  readonly opset: number;
}

/** Numbers between −2 and 2 that no operator rounds at a tie. */
export const wave = (n: number): number[] =>
  Array.from({ length: n }, (_, i) => Math.round(2000 * Math.sin(1 + 1.7 * i)) / 1000 + 0.0004);
const given = (dtype: DType, fixed: boolean, dims: readonly number[], values: readonly number[]): Given => ({
  tensor: fromNumbers(dtype, dims, values),
  fixed,
});
/** A float input that a run feeds. */
const f = (...dims: number[]): Given => given("float32", false, dims, wave(size(dims)));
/** A positive one. */
const p = (...dims: number[]): Given => given("float32", false, dims, wave(size(dims)).map((v) => Math.abs(v) + 0.1));
const b = (...dims: number[]): Given => given("bool", false, dims, wave(size(dims)).map((v) => Number(v > 0)));
const i = (...dims: number[]): Given => given("int64", false, dims, wave(size(dims)).map((v) => Math.round(3 * v)));
/** Constants of the file. */
const c = (...values: number[]): Given => given("int64", true, [values.length], values);
const c0 = (value: number): Given => given("int64", true, [], [value]);
const w = (dims: number[], dtype: DType = "float32", values = wave(size(dims))): Given =>
  given(dtype, true, dims, values);
const bytes = (dtype: DType, ...dims: number[]): Given =>
  given(dtype, true, dims, wave(size(dims)).map((v) => Math.round(30 * v) + (dtype === "uint8" ? 100 : 0)));

interface More {
  readonly outputs?: number;
  readonly opset?: number;
}
const of = (
  op: string,
  inputs: readonly (Given | undefined)[],
  attributes: Readonly<Record<string, Attribute>> = {},
  { outputs = 1, opset = 21 }: More = {},
): Case => ({
  op,
  inputs,
  attributes,
  outputs,
  opset,
});
const ms = (
  op: string,
  inputs: readonly (Given | undefined)[],
  attributes: Readonly<Record<string, Attribute>> = {},
  more: More = {},
): Case => of(`com.microsoft.${op}`, inputs, attributes, more);

const unary =
  "Abs Neg Sign Ceil Floor Round Sqrt Exp Log Reciprocal Relu Sigmoid Tanh Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh Erf Gelu Elu Celu Selu LeakyRelu ThresholdedRelu HardSigmoid HardSwish Mish Softplus Softsign Identity IsNaN IsInf"
    .split(" ").map((op) => of(op, [/Sqrt|Log|Acosh/.test(op) ? p(2, 3) : f(2, 3)]));
const binary = "Add Sub Mul Div Less LessOrEqual Greater GreaterOrEqual Equal".split(" ").flatMap((
  op,
) => [of(op, [f(2, 3), f(3)]), of(op, [i(2, 1, 2), w([3, 1], "int64", [2, -3, 5])])]);

const elementwise: Case[] = [
  ...unary,
  ...binary,
  of("Pow", [p(2, 3), w([], "float32", [3])]),
  of("Pow", [i(2, 3), c0(2)]),
  of("PRelu", [f(2, 3), f(3)]),
  of("Mod", [i(2, 3), c(3, -2, 4)]),
  of("Mod", [f(2, 3), w([3], "float32", [0.7, -1.3, 2])], { fmod: 1 }),
  ...["And", "Or", "Xor"].map((op) => of(op, [b(2, 3), b(3)])),
  of("Not", [b(2, 3)]),
  ...["Max", "Min", "Sum", "Mean"].map((op) => of(op, [f(2, 1), f(3), f(1, 3)])),
  of("Where", [b(2, 3), f(3), f(2, 1)]),
  of("Clip", [f(2, 3), w([], "float32", [-0.5]), w([], "float32", [0.5])]),
  of("Clip", [f(2, 3), undefined, w([], "float32", [0.5])]),
  of("Clip", [f(2, 3)], { min: -0.5, max: 0.25 }, { opset: 10 }),
  of("Cast", [f(2, 3)], { to: 7 }),
  of("Cast", [f(2, 3)], { to: 10 }),
  of("Cast", [f(2, 3)], { to: 9 }),
  of("Cast", [i(2, 3)], { to: 1 }),
  of("CastLike", [f(2, 3), c(1)]),
  of("Dropout", [f(2, 3)]),
];

const movement: Case[] = [
  of("Reshape", [f(2, 3, 4), c(0, -1, 2)]),
  of("Reshape", [f(2, 3, 4), c(6, 4)]),
  of("Flatten", [f(2, 3, 4)], { axis: 2 }),
  of("Flatten", [f(2, 3, 4)], { axis: -1 }),
  of("Unsqueeze", [f(2, 3), c(0, -1)]),
  of("Unsqueeze", [f(2, 3)], { axes: [1, 2] }, { opset: 11 }),
  of("Squeeze", [f(1, 2, 1, 3), c(0, -2)]),
  of("Squeeze", [f(1, 2, 1, 3)]),
  of("Squeeze", [f(1, 2, 1, 3)], { axes: [2] }, { opset: 11 }),
  of("Transpose", [f(2, 3, 4)], { perm: [1, 2, 0] }),
  of("Transpose", [f(2, 3, 4)]),
  of("Slice", [f(4, 5), c(1, -4), c(2 ** 62, -1), c(0, 1), c(2, 1)]),
  of("Slice", [f(4, 5), c(-1), c(-(2 ** 62)), c(1), c(-2)]),
  of("Slice", [f(4, 5)], { starts: [1], ends: [9], axes: [1] }, { opset: 9 }),
  of("Tile", [f(2, 3), c(2, 2)]),
  of("Expand", [f(3, 1), c(2, 1, 4)]),
  of("Concat", [f(2, 3), f(2, 1), f(2, 2)], { axis: 1 }),
  of("Concat", [f(2, 3), f(1, 3)], { axis: -2 }),
  of("Split", [f(2, 7)], { axis: 1, num_outputs: 3 }, { outputs: 3 }),
  of("Split", [f(2, 7), c(3, 4)], { axis: -1 }, { outputs: 2 }),
  of("Split", [f(2, 6)], { axis: 1, split: [1, 5] }, { outputs: 2, opset: 11 }),
  of("Split", [f(2, 6)], { axis: 1 }, { outputs: 3, opset: 11 }),
  of("Pad", [f(2, 3), c(1, 0, 0, 2)]),
  of("Pad", [f(2, 3), c(1, 2), w([], "float32", [7]), c(1)]),
  of("Pad", [f(2, 3)], { pads: [0, 1, 1, 0], value: 3.5 }, { opset: 10 }),
  of("DepthToSpace", [f(1, 8, 2, 3)], { blocksize: 2 }),
  of("SpaceToDepth", [f(1, 2, 4, 6)], { blocksize: 2 }),
  of("Resize", [f(1, 1, 2, 3), undefined, w([4], "float32", [1, 1, 2, 2.5])]),
  of("Resize", [f(1, 1, 2, 3), undefined, undefined, c(1, 1, 4, 5)]),
];

const indexing: Case[] = [
  of("Gather", [f(4, 3), given("int64", false, [2, 2], [0, -1, 2, 3])]),
  of("Gather", [f(4, 3), c0(-2)], { axis: 1 }),
  of("GatherElements", [f(3, 3), given("int64", false, [2, 3], [0, 1, 2, -1, 0, 1])]),
  of("GatherND", [f(2, 3, 4), given("int64", false, [2, 2], [0, 1, 1, 2])]),
  of("GatherND", [f(2, 3, 4), given("int64", false, [2, 1], [2, 0])], { batch_dims: 1 }),
  of("ScatterND", [f(4, 3), given("int64", false, [2, 1], [3, 1]), f(2, 3)]),
  of("ScatterND", [f(4, 3), given("int64", false, [2, 2], [3, 1, 3, 1]), f(2)], { reduction: "add" }),
  of("ScatterElements", [f(3, 3), given("int64", false, [1, 3], [2, 0, -1]), f(1, 3)], { axis: 0 }),
  of("OneHot", [i(2, 2), c0(4), w([2], "float32", [0, 1])], { axis: 1 }),
  of("TopK", [f(2, 5), c(3)], {}, { outputs: 2 }),
  of("TopK", [f(5, 2), c(2)], { axis: 0, largest: 0 }, { outputs: 2 }),
  of("ReverseSequence", [f(3, 2), c(2, 3)]),
  of("NonZero", [w([2, 3], "float32", [0, 1, 0, 0, 2, 3])]),
];

const creation: Case[] = [
  of("Shape", [f(2, 3, 4)]),
  of("Shape", [f(2, 3, 4)], { start: -2, end: 3 }),
  of("Size", [f(2, 3, 4)]),
  of("ConstantOfShape", [c(2, 3)]),
  of("ConstantOfShape", [c(2)], { value: fromNumbers("int64", [1], [7]) }),
  of("Range", [c0(1), c0(8), c0(3)]),
  of("Range", [w([], "float32", [1]), w([], "float32", [0]), w([], "float32", [-0.3])]),
  of("EyeLike", [f(3, 4)], { k: 1 }),
  of("Trilu", [f(2, 3, 4)]),
  of("Trilu", [f(3, 4), c0(1)], { upper: 0 }),
];

const reductions: Case[] = [
  ...["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare"]
    .flatMap((op) => [
      of(op, [f(2, 3, 4), c(-1, 0)]),
      of(op, [f(2, 3)], { keepdims: 0 }),
    ]),
  of("ReduceLogSumExp", [f(2, 3), c(1)]),
  of("ReduceLogSum", [p(2, 3), c(1)]),
  of("ReduceMean", [f(2, 3)], { axes: [-1] }, { opset: 13 }),
  of("ReduceSum", [f(2, 3), undefined], { noop_with_empty_axes: 1 }),
  of("ArgMax", [f(2, 3)], { axis: 1 }),
  of("ArgMin", [f(2, 3)], { axis: 0, keepdims: 0 }),
  of("CumSum", [f(2, 4), c0(1)]),
  of("CumSum", [f(2, 4), c0(-1)], { exclusive: 1, reverse: 1 }),
];

const products: Case[] = [
  of("MatMul", [f(2, 1, 3, 4), f(5, 4, 2)]),
  of("MatMul", [f(4), f(2, 4, 3)]),
  of("MatMul", [f(2, 3, 4), f(4)]),
  of("Gemm", [f(4, 3), f(5, 4), f(5)], { transA: 1, transB: 1, alpha: 0.5 }),
  of("Einsum", [f(2, 3, 4), f(2, 4, 5)], { equation: "bij,bjk->bik" }),
  of("Einsum", [f(2, 3, 4), f(4, 5)], { equation: "...j,jk" }),
  ms("FusedMatMul", [f(2, 4, 3), f(2, 5, 4)], { transA: 1, transB: 1, alpha: 0.5 }),
  ms("FusedMatMul", [f(3, 2, 4), f(2, 4, 5)], { transBatchA: 1 }),
  ms("FusedGemm", [f(3, 4), f(5, 4), f(5)], { transB: 1, activation: "Relu" }),
  of("Conv", [f(1, 4, 9), f(6, 2, 3), f(6)], { group: 2, pads: [1, 0], strides: [2], dilations: [2] }),
  of("Conv", [f(1, 1, 8, 8), f(2, 1, 3, 3)], { auto_pad: "SAME_UPPER", strides: [2, 2] }),
  ms("FusedConv", [f(1, 1, 8), f(2, 1, 3)], { activation: "Relu" }),
  of("ConvTranspose", [f(1, 2, 5), f(2, 3, 3)], { strides: [2], output_padding: [1] }),
  of("MaxPool", [f(1, 2, 8)], { kernel_shape: [3], strides: [2], ceil_mode: 1 }),
  of("AveragePool", [f(1, 2, 7)], { kernel_shape: [2], strides: [2], pads: [1, 0] }),
  of("GlobalAveragePool", [f(1, 2, 3, 4)]),
  of("GlobalMaxPool", [f(1, 2, 3)]),
];

const norms: Case[] = [
  of("LayerNormalization", [f(2, 3, 4), f(4), f(4)], {}, { outputs: 3 }),
  of("LayerNormalization", [f(2, 3, 4), f(3, 4)], { axis: 1 }),
  of("SimplifiedLayerNormalization", [f(2, 3, 4), f(4)], { epsilon: 1e-5, stash_type: 1 }),
  of("RMSNormalization", [f(2, 3, 4), f(4)], {}, { opset: 23 }),
  of("BatchNormalization", [f(2, 3, 4), p(3), f(3), f(3), p(3)]),
  of("InstanceNormalization", [f(2, 3, 4), f(3), f(3)]),
  of("GroupNormalization", [f(2, 4, 3), f(4), f(4)], { num_groups: 2 }),
  ...["Softmax", "LogSoftmax", "Hardmax"].map((op) => of(op, [f(2, 3, 4)], { axis: -1 })),
  ms("SkipLayerNormalization", [f(2, 3, 4), f(2, 3, 4), f(4), f(4), f(4)], {}, { outputs: 4 }),
  ms("SkipSimplifiedLayerNormalization", [f(2, 3, 4), f(2, 3, 4), f(4)], {}, { outputs: 4 }),
  ms(
    "EmbedLayerNormalization",
    [
      ...[given("int32", false, [1, 3], [1, 0, 2]), given("int32", false, [1, 3], [0, 0, 1])],
      ...[w([4, 8]), w([5, 8]), w([2, 8]), w([8]), w([8]), given("int32", false, [1, 3], [1, 1, 0])],
    ],
    {},
    { outputs: 2 },
  ),
];

const scale = w([], "float32", [0.05]), zero = w([], "uint8", [100]);
const quantised: Case[] = [
  of("QuantizeLinear", [f(2, 3), scale, zero]),
  of("QuantizeLinear", [f(2, 3), scale]),
  of("DequantizeLinear", [bytes("uint8", 2, 3), scale, zero]),
  of("DequantizeLinear", [bytes("int8", 2, 3), w([3], "float32", [0.1, 0.2, 0.3])], { axis: 1 }),
  of("DequantizeLinear", [bytes("int8", 2, 4), w([2, 2], "float32", [0.1, 0.2, 0.3, 0.4])], { axis: 1, block_size: 2 }),
  of("DynamicQuantizeLinear", [f(2, 3)], {}, { outputs: 3 }),
  of("MatMulInteger", [bytes("uint8", 2, 3), bytes("int8", 3, 4)]),
  of("ConvInteger", [bytes("uint8", 1, 2, 5), bytes("uint8", 3, 2, 2)]),
  of("QLinearMatMul", [bytes("uint8", 2, 3), scale, zero, bytes("uint8", 3, 4), scale, zero, scale, zero]),
  of("QLinearConv", [bytes("uint8", 1, 2, 5), scale, zero, bytes("uint8", 3, 2, 2), scale, zero, scale, zero]),
  ms("DynamicQuantizeMatMul", [f(2, 3), bytes("int8", 3, 4), scale, w([], "int8", [0]), f(4)]),
  ms("MatMulIntegerToFloat", [bytes("uint8", 2, 3), bytes("int8", 3, 4), scale, scale, zero]),
  ms("MatMulNBits", [f(2, 5, 32), w([6, 1, 16], "uint8", Array(96).fill(0x5a)), w([6])], {
    K: 32,
    N: 6,
    bits: 4,
    block_size: 32,
  }),
  ms("MatMulBnb4", [f(2, 5, 32), w([96], "uint8", Array(96).fill(0x5a)), p(12)], {
    K: 32,
    N: 6,
    block_size: 16,
    quant_type: 1,
  }),
  ms("GatherBlockQuantized", [
    w([5, 16], "uint8", Array(80).fill(0x5a)),
    given("int64", false, [1, 3], [4, 0, 2]),
    w([5, 2]),
  ], { bits: 4, block_size: 16, gather_axis: 0, quantize_axis: 1 }),
  ms("QLinearAdd", [bytes("uint8", 2, 3), scale, zero, bytes("uint8", 3), scale, zero, scale, zero]),
  ...["QLinearSigmoid", "QLinearLeakyRelu", "QLinearGlobalAveragePool"].map((op) =>
    ms(op, [bytes("uint8", 1, 2, 3, 4), scale, zero, scale, zero])
  ),
  ms("QLinearSoftmax", [bytes("uint8", 2, 3), scale, zero, scale, zero], { opset: 13 }),
  ms("QLinearAveragePool", [bytes("uint8", 1, 2, 5, 4), scale, zero, scale, zero], {
    kernel_shape: [2, 3],
    strides: [2, 1],
  }),
  ms("QLinearConcat", [scale, zero, bytes("uint8", 2, 3), scale, zero, bytes("uint8", 2, 1), scale, zero], { axis: 1 }),
  ms("QLinearWhere", [b(2, 1), bytes("uint8", 3), scale, zero, bytes("uint8", 2, 3), scale, zero, scale, zero]),
  ms("QGemm", [
    bytes("uint8", 2, 3),
    scale,
    zero,
    bytes("int8", 4, 3),
    scale,
    w([], "int8", [0]),
    undefined,
    scale,
    zero,
  ], { transB: 1 }),
];

const sequences: Case[] = [
  of("LSTM", [f(5, 2, 3), f(2, 16, 3), f(2, 16, 4), f(2, 32)], { hidden_size: 4, direction: "bidirectional" }, {
    outputs: 3,
  }),
  of("GRU", [f(5, 2, 3), f(1, 12, 3), f(1, 12, 4)], { hidden_size: 4 }, { outputs: 2 }),
  of("RNN", [f(5, 2, 3), f(1, 4, 3), f(1, 4, 4)], { hidden_size: 4 }, { outputs: 2 }),
  ms(
    "DynamicQuantizeLSTM",
    [
      ...[
        f(5, 2, 3),
        bytes("uint8", 1, 3, 16),
        bytes("uint8", 1, 4, 16),
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
      ],
      ...[w([1], "float32", [0.01]), w([1], "uint8", [100]), w([1], "float32", [0.01]), w([1], "uint8", [100])],
    ],
    { hidden_size: 4 },
    { outputs: 3 },
  ),
];

const lengths = given("int32", false, [1], [4]), total = given("int32", true, [], [5]);
const attention: Case[] = [
  ms("Attention", [f(1, 3, 8), w([8, 24]), w([24])], { num_heads: 2 }, { outputs: 2 }),
  ms("MultiHeadAttention", [f(1, 3, 8), f(1, 5, 8), f(1, 5, 6)], { num_heads: 2 }, { outputs: 3 }),
  ms(
    "MultiHeadAttention",
    [f(1, 3, 8), f(1, 3, 8), f(1, 3, 8), undefined, undefined, undefined, f(1, 2, 2, 4), f(1, 2, 2, 4)],
    { num_heads: 2 },
    { outputs: 3 },
  ),
  ms("GroupQueryAttention", [f(1, 5, 32), f(1, 5, 16), f(1, 5, 16), undefined, undefined, lengths, total], {
    num_heads: 4,
    kv_num_heads: 2,
  }, { outputs: 3 }),
  ms("GroupQueryAttention", [f(1, 5, 64), undefined, undefined, undefined, undefined, lengths, total], {
    num_heads: 4,
    kv_num_heads: 2,
  }, { outputs: 3 }),
  of("Attention", [f(1, 4, 3, 8), f(1, 2, 5, 8), f(1, 2, 5, 6)], {}, { outputs: 3, opset: 23 }),
  of("Attention", [f(1, 3, 32), f(1, 5, 16), f(1, 5, 16)], { q_num_heads: 4, kv_num_heads: 2 }, { opset: 23 }),
  of("RotaryEmbedding", [f(1, 2, 3, 8), f(1, 3, 4), f(1, 3, 4)], {}, { opset: 23 }),
  ms("RotaryEmbedding", [f(1, 3, 16), given("int64", false, [1, 3], [0, 1, 2]), w([5, 4]), w([5, 4])], {
    num_heads: 2,
  }),
  ...["Gelu", "QuickGelu"].map((op) => ms(op, [f(2, 3)])),
  ms("FastGelu", [f(2, 3), f(3)]),
  ms("BiasGelu", [f(2, 3), f(3)]),
];

export const cases: readonly Case[] = [
  elementwise,
  movement,
  indexing,
  creation,
  reductions,
  products,
  norms,
  quantised,
  sequences,
  attention,
].flat();
