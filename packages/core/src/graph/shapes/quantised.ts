/**
 * Quantised operators: Q/DQ, integer products, blocked 4- and 8-bit weights.
 *
 * @module
 */
import { type DType, isFloat, type TensorType } from "../tensor.ts";
import { elementType, halfToEven } from "./elementwise.ts";
import { broadcast, each } from "./layout.ts";
import { product, productOf } from "./linear.ts";
import { likeFirst, type ShapeRule, type Site } from "./site.ts";

/** Ranges that rounded values are held within. */
const RANGE: Partial<Record<DType, readonly [number, number]>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
  int32: [-(2 ** 31), 2 ** 31 - 1],
};

/** round(x / s) + z within the range of the type, ties to even; folded for a single scale. */
const quantize = (op: string): ShapeRule => ({
  op,
  types: (s) => [{ dtype: s.has(2) ? s.dtype(2) : elementType(s, "output_dtype", "uint8"), dims: s.dims(0) }],
  values: (s, [y]) => {
    const range = RANGE[y!.dtype];
    if (!range || s.read(1).length !== 1) return [];
    const scale = s.scalar(1), zero = s.scalar(2, 0);
    return [s.read(0).map((x) => Math.min(Math.max(halfToEven(x / scale) + zero, range[0]), range[1]))];
  },
});

/** s (q − z) with one scale, or one for each index along `axis`. */
const dequantize = (op: string): ShapeRule => ({
  op,
  types: (s) => [{ dtype: elementType(s, "output_dtype", s.dtype(1)), dims: s.dims(0) }],
  values: (s, [y]) => {
    const q = s.read(0), scale = s.read(1), zero = s.has(2) ? s.read(2) : [0];
    if (s.rank(1) > 1) return [];
    const axis = scale.length > 1 ? s.axis(s.number("axis", 1), s.rank(0)) : 0;
    let i = 0;
    return [each(y!.dims, (at) => {
      const k = scale.length > 1 ? at[axis]! : 0;
      return scale[k]! * (q[i++]! - zero[zero.length > 1 ? k : 0]!);
    })];
  },
});

/** Embedding rows of packed 4-bit (or 8-bit) blocks: a uint8 table holds `8 / bits` elements a byte along its last axis. */
function gatheredBlocks(s: Site): TensorType[] {
  const packed = s.dtype(0) === "uint8" ? 8 / s.number("bits", 4) : 1, table = [...s.dims(0)];
  table[table.length - 1]! *= packed;
  const axis = s.axis(s.number("gather_axis", 0), table.length);
  return [{ dtype: s.dtype(2), dims: [...table.slice(0, axis), ...s.dims(1), ...table.slice(axis + 1)] }];
}

const blockedProduct = (op: string): ShapeRule => ({
  op,
  types: (s) => [{ dtype: s.dtype(0), dims: [...s.dims(0).slice(0, -1), s.number("N")] }],
});

/** QLinear operators with two operands: (a, a_scale, a_zero_point, b, …). */
const qlinearBinary = (op: string): ShapeRule => ({
  op,
  types: (s) => [{ dtype: s.dtype(0), dims: broadcast(s, s.dims(0), s.dims(3)) }],
});

/** Operators of both domains that compute with integers or unpack them. */
export const quantised: readonly ShapeRule[] = [
  quantize("QuantizeLinear"),
  quantize("com.microsoft.QuantizeLinear"),
  dequantize("DequantizeLinear"),
  dequantize("com.microsoft.DequantizeLinear"),
  {
    op: "DynamicQuantizeLinear",
    types: (s) => [{ dtype: "uint8", dims: s.dims(0) }, { dtype: "float32", dims: [] }, { dtype: "uint8", dims: [] }],
  },
  productOf("MatMulInteger", () => "int32"),
  productOf("QLinearMatMul", (s) => s.dtype(7), 3),
  productOf("com.microsoft.MatMulIntegerToFloat", (s) => s.dtype(2)),
  productOf("com.microsoft.DynamicQuantizeMatMul", (s) => s.dtype(0)),
  {
    op: "com.microsoft.QGemm",
    types: (s) => {
      const flip = (dims: readonly number[], on: number) => (on ? [...dims].reverse() : dims);
      const dims = product(s, flip(s.dims(0), s.number("transA", 0)), flip(s.dims(3), s.number("transB", 0)));
      return [{ dtype: s.has(8) ? s.dtype(8) : "float32", dims }];
    },
  },
  blockedProduct("com.microsoft.MatMulNBits"),
  blockedProduct("com.microsoft.MatMulBnb4"),
  { op: "com.microsoft.GatherBlockQuantized", types: gatheredBlocks },
  qlinearBinary("com.microsoft.QLinearAdd"),
  qlinearBinary("com.microsoft.QLinearMul"),
  ...["QLinearSigmoid", "QLinearLeakyRelu", "QLinearSoftmax"].map((op) => likeFirst(`com.microsoft.${op}`)),
  {
    op: "com.microsoft.QLinearWhere",
    types: (s) => [{ dtype: s.dtype(1), dims: broadcast(s, s.dims(0), broadcast(s, s.dims(1), s.dims(4))) }],
  },
  {
    op: "com.microsoft.QLinearConcat",
    types: (s) => {
      const axis = s.axis(s.number("axis"), s.rank(2)), count = (s.node.inputs.length - 2) / 3;
      const length = Array.from({ length: count }, (_, i) => s.dims(2 + 3 * i)[axis]!).reduce((a, b) => a + b, 0);
      return [{ dtype: s.dtype(2), dims: s.dims(2).map((d, i) => (i === axis ? length : d)) }];
    },
  },
  {
    op: "com.microsoft.QEmbedLayerNormalization",
    types: (s) => {
      const [batch, length] = s.dims(0) as [number, number];
      return [{ dtype: isFloat(s.dtype(8)) ? s.dtype(8) : "float32", dims: [batch, length, s.dims(2)[1]!] }, {
        dtype: "int32",
        dims: [batch],
      }];
    },
  },
];
