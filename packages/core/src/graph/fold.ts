/**
 * Numbers ↔ tensors: how the elements that constant folding computes are stored.
 *
 * @module
 */
import { type Data, type DType, numberToHalf, size, type Tensor } from "./tensor.ts";
import { broken } from "../errors.ts";

/** Above this many elements nothing is folded: shapes, axes, positions and masks of short texts are what folding is for. */
export const FOLD_LIMIT = 4096;

const INT64 = { least: -(2n ** 63n), most: 2n ** 63n - 1n };
/** Saturates: exporters write "to the end" as 2⁶³ − 1, which a double cannot hold. */
const wide = (x: number): bigint =>
  x >= 2 ** 63 ? INT64.most : x <= -(2 ** 63) || Number.isNaN(x) ? INT64.least : BigInt(Math.trunc(x));

const word = new Float32Array(1), bits = new Uint32Array(word.buffer);
/** Upper half of a float32, rounded to nearest even. */
const brain = (x: number): number => {
  word[0] = x;
  const b = bits[0]!;
  return Number.isNaN(x) ? 0x7fc0 : ((b + 0x7fff + ((b >>> 16) & 1)) >>> 16) & 0xffff;
};

const store: Partial<Record<DType, (x: readonly number[]) => Data>> = {
  float32: (x) => Float32Array.from(x),
  float64: (x) => Float64Array.from(x),
  float16: (x) => Uint16Array.from(x, numberToHalf),
  bfloat16: (x) => Uint16Array.from(x, brain),
  int64: (x) => BigInt64Array.from(x, wide),
  uint64: (x) => BigUint64Array.from(x, (v) => BigInt.asUintN(64, wide(v))),
  int32: (x) => Int32Array.from(x),
  uint32: (x) => Uint32Array.from(x),
  int16: (x) => Int16Array.from(x),
  uint16: (x) => Uint16Array.from(x),
  int8: (x) => Int8Array.from(x),
  uint8: (x) => Uint8Array.from(x),
  bool: (x) => Uint8Array.from(x, (v) => Number(v !== 0)),
};

/**
 * Stores numbers (row-major) as a tensor of a data type, rounding as the type demands.
 *
 * @example
 * ```ts
 * import { fromNumbers } from "@hyaline/core";
 * console.assert(fromNumbers("int64", [2], [3, 4]).data[1] === 4n);
 * ```
 */
export function fromNumbers(dtype: DType, dims: readonly number[], values: readonly number[]): Tensor {
  const make = store[dtype];
  if (!make || values.length !== size(dims)) {
    throw broken(`${values.length} numbers do not make a ${dtype} tensor of [${dims}]`);
  }
  return { dtype, dims, data: make(values) };
}

/** Whether elements of this type can be folded: strings and packed 4-bit integers cannot. */
export const folds = (dtype: DType): boolean => dtype in store;
