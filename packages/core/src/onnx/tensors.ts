/**
 * `TensorProto` ↔ {@link Tensor}: every place an ONNX file may keep a tensor's elements in.
 *
 * A tensor's bytes lie in `raw_data` (little endian), in a typed field (`float_data`, `int32_data`, …), or in another
 * file. Where the bytes are aligned, elements are views, not copies.
 *
 * @module
 */
import { create } from "@bufbuild/protobuf";
import {
  type TensorProto,
  TensorProto_DataLocation as Location,
  TensorProto_DataType as Type,
  TensorProtoSchema,
} from "onnx-buf";
import { externalMissing, malformedModel, typeUnsupported } from "../errors.ts";
import { type Constant, constant, type ExternalSlice } from "../graph/graph.ts";
import { bits, byteLength, type Data, type DType, size, type Tensor } from "../graph/tensor.ts";
import type { Backing } from "./backing.ts";
import { type ExternalData, externalSlice } from "./external.ts";

const types: Readonly<Record<number, DType>> = {
  [Type.FLOAT]: "float32",
  [Type.FLOAT16]: "float16",
  [Type.DOUBLE]: "float64",
  [Type.BFLOAT16]: "bfloat16",
  [Type.INT64]: "int64",
  [Type.INT32]: "int32",
  [Type.INT16]: "int16",
  [Type.INT8]: "int8",
  [Type.INT4]: "int4",
  [Type.UINT64]: "uint64",
  [Type.UINT32]: "uint32",
  [Type.UINT16]: "uint16",
  [Type.UINT8]: "uint8",
  [Type.UINT4]: "uint4",
  [Type.BOOL]: "bool",
  [Type.STRING]: "string",
};
const codes = new Map(Object.entries(types).map(([code, dtype]) => [dtype, Number(code)]));

/** Element type by ONNX's number. @throws TYPE_UNSUPPORTED (complex, float8, float4, int2) */
export function dtypeOf(code: number, where: string): DType {
  const dtype = types[code];
  if (!dtype) throw typeUnsupported(Type[code] ?? String(code), where);
  return dtype;
}

/** ONNX's number of an element type. */
export const codeOf = (dtype: DType): number => codes.get(dtype)!;

const typeOf = (tensor: TensorProto, name: string) => ({
  dtype: dtypeOf(tensor.dataType, name),
  dims: tensor.dims.map(Number),
});

/** Bytes the elements take; text counts its own length. */
export function tensorBytes(tensor: TensorProto, name = tensor.name): number {
  const type = typeOf(tensor, name);
  return type.dtype === "string" ? tensor.stringData.reduce((sum, { length }) => sum + length, 0) : byteLength(type);
}

/** Checks that the file holds as many elements as the shape says. @throws MODEL_MALFORMED */
export function typedLength(tensor: TensorProto, name = tensor.name): void {
  if (tensor.dataLocation === Location.EXTERNAL) return;
  const type = typeOf(tensor, name), elements = size(type.dims);
  if (tensor.rawData.length) {
    if (type.dtype === "string") throw malformedModel(`text "${name}" lies in raw_data`);
    if (tensor.rawData.length !== byteLength(type)) {
      throw malformedModel(`"${name}" has ${tensor.rawData.length} bytes where its shape needs ${byteLength(type)}`);
    }
    return;
  }
  const found = typedField(tensor, type.dtype).length,
    needed = bits(type.dtype) === 4 ? Math.ceil(elements / 2) : elements;
  if (found !== needed) throw malformedModel(`"${name}" has ${found} elements where its shape needs ${needed}`);
}

/** The typed field that the ONNX specification assigns to an element type. */
function typedField(tensor: TensorProto, dtype: DType): readonly (number | bigint | Uint8Array)[] {
  switch (dtype) {
    case "float32":
      return tensor.floatData;
    case "float64":
      return tensor.doubleData;
    case "int64":
      return tensor.int64Data;
    case "uint64":
    case "uint32":
      return tensor.uint64Data;
    case "string":
      return tensor.stringData;
    default:
      return tensor.int32Data; // every type of 16 bits or fewer, bool and int32
  }
}

/** Where elements are read from that are not kept in memory. */
export interface Elsewhere {
  /** The file's external data. */
  readonly external?: ExternalData | undefined;
  /** The file itself. Constants then keep nothing of the bytes it was decoded from, which start their buffer. */
  readonly backing?: Backing | undefined;
}

/** Larger constants are read again when they are wanted. */
const AGAIN = 4096;

/**
 * A tensor of the file as a constant: the elements are read on demand.
 *
 * @throws TYPE_UNSUPPORTED at once; EXTERNAL_PATH, EXTERNAL_MISSING on `read` or at once
 */
export function constantOf(
  tensor: TensorProto,
  options: Elsewhere & { name?: string } = {},
): Constant {
  const name = options.name ?? tensor.name, type = typeOf(tensor, name), { backing } = options;
  if (tensor.dataLocation !== Location.EXTERNAL) {
    if (backing && tensor.rawData.length > AGAIN) {
      const { byteOffset: start, length } = tensor.rawData;
      const copy = (to: Uint8Array, from = 0): void => backing.read(to, start + from);
      const read = (): Tensor => {
        const bytes = new Uint8Array(length);
        copy(bytes);
        return { ...type, data: view(type.dtype, bytes) };
      };
      return { ...type, copy, read };
    }
    if (backing) {
      const data = inlineData(tensor, type);
      return constant({ ...type, data: Array.isArray(data) ? data : data.slice() });
    }
    return {
      ...type,
      read: () => ({ ...type, data: inlineData(tensor, type) }),
      ...(tensor.rawData.length
        ? { copy: (to, from = 0) => to.set(tensor.rawData.subarray(from, from + to.length)) }
        : {}),
    };
  }
  const slice = externalSlice(tensor, byteLength(type));
  const bytes = (from = 0, length = slice.length): Uint8Array => {
    if (!options.external) throw externalMissing(slice.location, "was not given");
    return options.external.read({ ...slice, offset: slice.offset + from, length });
  };
  return {
    ...type,
    external: slice,
    copy: (to, from) => to.set(bytes(from, to.length)),
    read: () => ({ ...type, data: view(type.dtype, bytes()) }),
  };
}

/** Elements kept in the file itself. */
function inlineData(tensor: TensorProto, { dtype, dims }: { dtype: DType; dims: readonly number[] }): Data {
  if (dtype === "string") return tensor.stringData.map((bytes) => new TextDecoder().decode(bytes));
  if (tensor.rawData.length || size(dims) === 0) return view(dtype, tensor.rawData);
  const field = typedField(tensor, dtype);
  const Elements = storage(dtype);
  return Elements === BigInt64Array || Elements === BigUint64Array
    ? Elements.from(field as bigint[])
    : (Elements as typeof Float32Array).from(field as number[], Number) as Data;
}

/** Elements of a type over bytes; copies only where the bytes are not aligned. */
export function view(dtype: DType, bytes: Uint8Array): Data {
  const Elements = storage(dtype), step = Elements.BYTES_PER_ELEMENT;
  const aligned = bytes.byteOffset % step === 0 ? bytes : new Uint8Array(bytes); // not slice(): a Buffer's is no copy
  return new Elements(aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.byteLength / step);
}

function storage(dtype: DType) {
  switch (dtype) {
    case "float32":
      return Float32Array;
    case "float64":
      return Float64Array;
    case "int64":
      return BigInt64Array;
    case "uint64":
      return BigUint64Array;
    case "int32":
      return Int32Array;
    case "uint32":
      return Uint32Array;
    case "int16":
      return Int16Array;
    case "uint16":
    case "float16":
    case "bfloat16":
      return Uint16Array;
    case "int8":
      return Int8Array;
    default:
      return Uint8Array; // uint8, bool, packed 4-bit
  }
}

/** A constant as a `TensorProto`: raw bytes, or the slice of another file where they lie already. */
export function tensorProto(name: string, constant: Constant): TensorProto {
  const head = { name, dataType: codeOf(constant.dtype), dims: constant.dims.map(BigInt) };
  if (constant.external) return create(TensorProtoSchema, { ...head, ...externalFields(constant.external) });
  const { data } = constant.read();
  if (Array.isArray(data)) {
    return create(TensorProtoSchema, {
      ...head,
      stringData: data.map((s) => new TextEncoder().encode(s)),
    });
  }
  return create(TensorProtoSchema, {
    ...head,
    rawData: new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength),
  });
}

const externalFields = ({ location, offset, length }: ExternalSlice) => ({
  dataLocation: Location.EXTERNAL,
  externalData: Object.entries({ location, offset, length }).map(([key, value]) => ({ key, value: String(value) })),
});

/** A tensor with its elements, for attributes. */
export const tensorOf = (
  tensor: TensorProto,
  options: Elsewhere & { name?: string } = {},
): Tensor => constantOf(tensor, options).read();
