/**
 * Tensors of the Open Inference Protocol: in JSON, or (Triton's extension, the default of its clients) as bytes after the JSON.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { invalidRequest } from "@hyaline/core/errors";

const datatype = z.enum(["BOOL", "UINT8", "INT8", "INT16", "INT32", "INT64", "FP32", "FP64", "BYTES"]);
type Datatype = z.infer<typeof datatype>;

export const inputTensor = z.looseObject({
  name: z.string(),
  shape: z.array(z.int().nonnegative()),
  datatype,
  data: z.array(z.json()).optional().openapi({ type: "array", items: {} }),
  parameters: z.looseObject({ binary_data_size: z.int().nonnegative().optional() }).optional(),
}).openapi("InputTensor");

export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly datatype: Datatype;
  /** Row-major. */
  readonly data: readonly (string | number)[];
}

/** What the checkpoint's inputs call these types. */
export const dtypeOf: Readonly<Record<Exclude<Datatype, "BYTES">, string>> = {
  BOOL: "bool",
  UINT8: "uint8",
  INT8: "int8",
  INT16: "int16",
  INT32: "int32",
  INT64: "int64",
  FP32: "float32",
  FP64: "float64",
};

/** How numbers lie in the bytes: little-endian. */
const read: Readonly<Record<Exclude<Datatype, "BYTES">, readonly [number, (view: DataView, at: number) => number]>> = {
  BOOL: [1, (view, at) => view.getUint8(at)],
  UINT8: [1, (view, at) => view.getUint8(at)],
  INT8: [1, (view, at) => view.getInt8(at)],
  INT16: [2, (view, at) => view.getInt16(at, true)],
  INT32: [4, (view, at) => view.getInt32(at, true)],
  INT64: [8, (view, at) => Number(view.getBigInt64(at, true))],
  FP32: [4, (view, at) => view.getFloat32(at, true)],
  FP64: [8, (view, at) => view.getFloat64(at, true)],
};

/**
 * @param bytes what follows the JSON
 * @throws INVALID_REQUEST where shape, type and values disagree
 */
export function tensorsOf(inputs: readonly z.infer<typeof inputTensor>[], bytes: Uint8Array<ArrayBuffer>): Tensor[] {
  let at = 0;
  return inputs.map(({ name, shape, datatype, data, parameters }) => {
    const wrong = (why: string) => invalidRequest([`inputs.${name}: ${why}`]);
    const size = parameters?.binary_data_size;
    let values: (string | number)[];
    if (size !== undefined) {
      if (at + size > bytes.length) throw wrong(`${size} bytes are announced, ${bytes.length - at} follow`);
      const own = new DataView(bytes.buffer, bytes.byteOffset + at, size);
      at += size;
      values = datatype === "BYTES" ? stringsIn(own, wrong) : numbersIn(own, datatype, wrong);
    } else values = plain(data, datatype, wrong);
    const count = shape.reduce((product, side) => product * side, 1);
    if (values.length !== count) throw wrong(`the shape has ${count} elements, the data ${values.length}`);
    return { name, shape, datatype, data: values };
  });
}

type Wrong = (why: string) => Error;

function plain(data: readonly unknown[] | undefined, datatype: Datatype, wrong: Wrong): (string | number)[] {
  if (!data) throw wrong("there is no data");
  return (data.flat(Infinity) as unknown[]).map((value) => {
    if (datatype === "BYTES" ? typeof value === "string" : typeof value === "number") return value as string | number;
    if (datatype === "BOOL" && typeof value === "boolean") return Number(value);
    throw wrong(`${JSON.stringify(value)} is no ${datatype}`);
  });
}

function numbersIn(view: DataView, datatype: Exclude<Datatype, "BYTES">, wrong: Wrong): number[] {
  const [width, at] = read[datatype];
  if (view.byteLength % width) throw wrong(`${view.byteLength} bytes hold no whole ${datatype}`);
  return Array.from({ length: view.byteLength / width }, (_, i) => at(view, i * width));
}

/** Each string after its length in four bytes. */
function stringsIn(view: DataView, wrong: Wrong): string[] {
  const found: string[] = [], decoder = new TextDecoder("utf-8", { fatal: true });
  for (let at = 0; at < view.byteLength;) {
    const length = at + 4 <= view.byteLength ? view.getUint32(at, true) : Infinity;
    if (at + 4 + length > view.byteLength) throw wrong("a string is longer than its bytes");
    try {
      found.push(decoder.decode(new Uint8Array(view.buffer, view.byteOffset + at + 4, length)));
    } catch {
      throw wrong("a string is not UTF-8");
    }
    at += 4 + length;
  }
  return found;
}
