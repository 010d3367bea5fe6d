/**
 * Small models for tests of this folder, written as data, and the runtime to run them with.
 *
 * @module
 */
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProtoSchema,
  type TensorProtoSchema,
  type ValueInfoProtoSchema,
} from "onnx-buf";
import { InferenceSession, type Tensor as OrtTensor } from "onnxruntime-web";

export type NodeInit = MessageInitShape<typeof NodeProtoSchema>;
export type TensorInit = MessageInitShape<typeof TensorProtoSchema>;

/** A float port, or one of another element type. */
export const info = (
  name: string,
  dims: readonly (number | string)[],
  elemType = 1,
): MessageInitShape<typeof ValueInfoProtoSchema> => ({
  name,
  type: {
    value: {
      case: "tensorType",
      value: {
        elemType,
        shape: {
          dim: dims.map((d) => ({
            value: typeof d === "number"
              ? { case: "dimValue" as const, value: BigInt(d) }
              : { case: "dimParam" as const, value: d },
          })),
        },
      },
    },
  },
});

/** A float initializer. */
export const floats = (name: string, dims: readonly number[], values: readonly number[]): TensorInit => ({
  name,
  dataType: 1,
  dims: dims.map(BigInt),
  rawData: new Uint8Array(Float32Array.from(values).buffer),
});

/** An int64 initializer. */
export const longs = (name: string, dims: readonly number[], values: readonly bigint[]): TensorInit => ({
  name,
  dataType: 7,
  dims: dims.map(BigInt),
  rawData: new Uint8Array(BigInt64Array.from(values).buffer),
});

export const graphOf = (graph: MessageInitShape<typeof GraphProtoSchema>): GraphProto =>
  "$typeName" in graph && graph.$typeName
    ? (graph as GraphProto)
    : create(GraphProtoSchema, { name: "g", ...(graph as object) });

/** A model for operator set 17, unless `rest` says otherwise. */
export const modelOf = (
  graph: MessageInitShape<typeof GraphProtoSchema>,
  rest: MessageInitShape<typeof ModelProtoSchema> = {},
): ModelProto =>
  create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [{ domain: "", version: 17n }],
    ...rest,
    graph: graphOf(graph),
  });

/** A model's file. */
export const fileOf = (
  graph: MessageInitShape<typeof GraphProtoSchema>,
  rest: MessageInitShape<typeof ModelProtoSchema> = {},
): Uint8Array => toBinary(ModelProtoSchema, modelOf(graph, rest));

/** x (2×3) → y = relu(x · W + b), the hidden sum under the name "sum". */
export const dense = (): Uint8Array =>
  fileOf({
    input: [info("x", ["n", 3])],
    output: [info("y", ["n", 2])],
    initializer: [floats("W", [3, 2], [1, -2, 3, 4, -5, 6]), floats("b", [2], [0.5, -0.25])],
    node: [
      { name: "matmul", opType: "MatMul", input: ["x", "W"], output: ["product"] },
      { name: "add", opType: "Add", input: ["product", "b"], output: ["sum"] },
      { name: "relu", opType: "Relu", input: ["sum"], output: ["y"] },
    ],
  });

/** Runs a model once on onnxruntime-web at a fixed optimisation level. */
export async function runModel(
  bytes: Uint8Array,
  feeds: Record<string, OrtTensor>,
  options: InferenceSession.SessionOptions = {},
): Promise<Record<string, OrtTensor>> {
  const session = await InferenceSession.create(bytes, {
    graphOptimizationLevel: "basic",
    logSeverityLevel: 3,
    ...options,
  });
  try {
    return { ...await session.run(feeds) };
  } finally {
    await session.release();
  }
}
