/**
 * Data types and constant tensors, the leaves of every graph.
 *
 * @module
 */

/** Element types an ONNX file may hold. `uint4` and `int4` are packed two to a byte, low nibble first. */
export type DType =
  | "float32"
  | "float16"
  | "float64"
  | "bfloat16"
  | "int64"
  | "int32"
  | "int16"
  | "int8"
  | "int4"
  | "uint64"
  | "uint32"
  | "uint16"
  | "uint8"
  | "uint4"
  | "bool"
  | "string";

/** ONNX's number for each element type: what `Cast` calls `to`. */
export const ELEMENT_TYPE: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
  uint4: 21,
  int4: 22,
};

/** Storage of a tensor's elements: `Uint16Array` holds the bits of float16 and bfloat16. */
export type Data =
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array
  | string[];

/** A tensor whose elements are at hand. */
export interface Tensor {
  readonly dtype: DType;
  /** Non-negative sizes; `[]` is a scalar. */
  readonly dims: readonly number[];
  readonly data: Data;
}

/** What is known of a tensor before a run. */
export interface TensorType {
  readonly dtype: DType;
  readonly dims: readonly number[];
}

/** Number of elements of a shape. @example size([2, 3]) === 6 */
export const size = (dims: readonly number[]): number => dims.reduce((product, d) => product * d, 1);

/** Whether a type can carry a derivative. */
export const isFloat = (dtype: DType): boolean =>
  dtype === "float32" || dtype === "float16" || dtype === "float64" || dtype === "bfloat16";

/** Bits one element takes in a file. */
export const bits = (dtype: DType): number => {
  switch (dtype) {
    case "int64":
    case "uint64":
    case "float64":
      return 64;
    case "float32":
    case "int32":
    case "uint32":
      return 32;
    case "float16":
    case "bfloat16":
    case "int16":
    case "uint16":
      return 16;
    case "int4":
    case "uint4":
      return 4;
    default:
      return 8;
  }
};

/** Bytes a shape takes in a data type. */
export const byteLength = ({ dtype, dims }: TensorType): number => Math.ceil((size(dims) * bits(dtype)) / 8);

/** An `int64` vector, ONNX's form of shapes and axes. */
export const int64s = (values: readonly number[]): Tensor => ({
  dtype: "int64",
  dims: [values.length],
  data: BigInt64Array.from(values.map(BigInt)),
});

/** A `float32` scalar. */
export const scalar = (value: number): Tensor => ({ dtype: "float32", dims: [], data: Float32Array.of(value) });

/** Elements as plain numbers; meant for small tensors (axes, shapes, scales). Halves are widened. */
export function numbers({ dtype, data }: Tensor): number[] {
  if (dtype === "float16") return Array.from(data as Uint16Array, halfToNumber);
  if (dtype === "bfloat16") return Array.from(data as Uint16Array, bfloatToNumber);
  return Array.from(data as ArrayLike<number | bigint>, Number);
}

/** IEEE 754 binary16 bits → number. */
export function halfToNumber(h: number): number {
  const sign = h & 0x8000 ? -1 : 1, exponent = (h >> 10) & 31, fraction = h & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const word = new Uint32Array(1);
const single = new Float32Array(word.buffer);
const bfloatToNumber = (b: number): number => (word[0] = b << 16, single[0]!);
/** number → IEEE 754 binary16 bits, round to nearest even. */
export function numberToHalf(value: number): number {
  single[0] = value;
  const x = word[0]!, sign = (x >>> 16) & 0x8000, rest = x & 0x7fffffff;
  if (rest > 0x7f800000) return sign | 0x7e00;
  if (rest >= 0x47800000) return sign | 0x7c00;
  if (rest < 0x38800000) { // subnormal: 2^-24 is one unit
    const units = (rest < 0x33000000) ? 0 : Math.abs(value) * 2 ** 24, floor = Math.floor(units), tail = units - floor;
    return sign | (tail > 0.5 || (tail === 0.5 && floor % 2 === 1) ? floor + 1 : floor);
  }
  return sign | ((rest - 0x38000000 + 0xfff + ((rest >>> 13) & 1)) >>> 13);
}
