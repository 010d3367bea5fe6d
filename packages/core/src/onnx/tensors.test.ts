import { create } from "@bufbuild/protobuf";
import { TensorProto_DataType as Type, TensorProtoSchema } from "onnx-buf";
import { expect, test } from "vitest";
import { type DType, numbers } from "../graph/tensor.ts";
import { constantOf, tensorProto } from "./tensors.ts";
import type { TensorInit } from "./sample.ts";

const read = (fields: TensorInit) => constantOf(create(TensorProtoSchema, fields)).read();
const raw = (array: { buffer: ArrayBufferLike }) => new Uint8Array(array.buffer as ArrayBuffer);

const cases: [DType, TensorInit, TensorInit, number[]][] = [
  ["float32", { dataType: Type.FLOAT, floatData: [1.5, -2] }, {
    dataType: Type.FLOAT,
    rawData: raw(Float32Array.of(1.5, -2)),
  }, [1.5, -2]],
  ["float64", { dataType: Type.DOUBLE, doubleData: [0.1, -2] }, {
    dataType: Type.DOUBLE,
    rawData: raw(Float64Array.of(0.1, -2)),
  }, [0.1, -2]],
  ["float16", { dataType: Type.FLOAT16, int32Data: [0x3c00, 0xc100] }, {
    dataType: Type.FLOAT16,
    rawData: raw(Uint16Array.of(0x3c00, 0xc100)),
  }, [1, -2.5]],
  ["bfloat16", { dataType: Type.BFLOAT16, int32Data: [0x3f80, 0xc020] }, {
    dataType: Type.BFLOAT16,
    rawData: raw(Uint16Array.of(0x3f80, 0xc020)),
  }, [1, -2.5]],
  ["int64", { dataType: Type.INT64, int64Data: [7n, -8n] }, {
    dataType: Type.INT64,
    rawData: raw(BigInt64Array.of(7n, -8n)),
  }, [7, -8]],
  ["uint64", { dataType: Type.UINT64, uint64Data: [7n, 8n] }, {
    dataType: Type.UINT64,
    rawData: raw(BigUint64Array.of(7n, 8n)),
  }, [7, 8]],
  [
    "int32",
    { dataType: Type.INT32, int32Data: [7, -8] },
    { dataType: Type.INT32, rawData: raw(Int32Array.of(7, -8)) },
    [7, -8],
  ],
  ["uint32", { dataType: Type.UINT32, uint64Data: [7n, 4294967295n] }, {
    dataType: Type.UINT32,
    rawData: raw(Uint32Array.of(7, 4294967295)),
  }, [7, 4294967295]],
  [
    "int16",
    { dataType: Type.INT16, int32Data: [7, -8] },
    { dataType: Type.INT16, rawData: raw(Int16Array.of(7, -8)) },
    [7, -8],
  ],
  ["uint16", { dataType: Type.UINT16, int32Data: [7, 65535] }, {
    dataType: Type.UINT16,
    rawData: raw(Uint16Array.of(7, 65535)),
  }, [7, 65535]],
  ["int8", { dataType: Type.INT8, int32Data: [7, -8] }, { dataType: Type.INT8, rawData: raw(Int8Array.of(7, -8)) }, [
    7,
    -8,
  ]],
  ["uint8", { dataType: Type.UINT8, int32Data: [7, 255] }, {
    dataType: Type.UINT8,
    rawData: raw(Uint8Array.of(7, 255)),
  }, [7, 255]],
  ["bool", { dataType: Type.BOOL, int32Data: [1, 0] }, { dataType: Type.BOOL, rawData: Uint8Array.of(1, 0) }, [1, 0]],
  ["int4", { dataType: Type.INT4, int32Data: [0x8f] }, { dataType: Type.INT4, rawData: Uint8Array.of(0x8f) }, [0x8f]],
  ["uint4", { dataType: Type.UINT4, int32Data: [0x8f] }, { dataType: Type.UINT4, rawData: Uint8Array.of(0x8f) }, [
    0x8f,
  ]],
];

test.each(cases)(
  "%s is read alike from its typed field, from raw bytes and from bytes that are not aligned",
  (dtype, typed, bytes, values) => {
    const odd = new Uint8Array(bytes.rawData!.length + 1).subarray(1);
    odd.set(bytes.rawData!);
    for (const fields of [typed, bytes, { ...bytes, rawData: odd }]) {
      const tensor = read({ ...fields, dims: [2n] });
      expect(tensor.dtype).toBe(dtype);
      expect(numbers(tensor)).toEqual(values);
    }
  },
);

test.each(cases)("%s survives the way out and back", (_, __, bytes) => {
  const constant = constantOf(create(TensorProtoSchema, { ...bytes, dims: [2n] }));
  const again = constantOf(tensorProto("t", constant));
  expect(again.read()).toEqual(constant.read());
});

test("aligned raw bytes are not copied", () => {
  const bytes = raw(Float32Array.of(1, 2));
  expect((read({ dataType: Type.FLOAT, dims: [2n], rawData: bytes }).data as Float32Array).buffer).toBe(bytes.buffer);
});

test("text is decoded", () => {
  expect(read({ dataType: Type.STRING, dims: [1n], stringData: [new TextEncoder().encode("ß漢")] }).data).toEqual([
    "ß漢",
  ]);
});

test("a tensor without elements has none, a scalar has one", () => {
  expect(read({ dataType: Type.FLOAT, dims: [0n, 4n] }).data).toEqual(new Float32Array());
  expect(read({ dataType: Type.FLOAT, dims: [], floatData: [3] })).toEqual({
    dtype: "float32",
    dims: [],
    data: Float32Array.of(3),
  });
});
