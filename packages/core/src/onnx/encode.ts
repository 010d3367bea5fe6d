/**
 * `Graph` → ONNX file.
 *
 * @module
 */
import { create, toBinary } from "@bufbuild/protobuf";
import {
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";
import type { Graph, Node, Port } from "../graph/graph.ts";
import { attributeProto } from "./attributes.ts";
import { codeOf, tensorProto } from "./tensors.ts";

/** File format written: it has 4-bit integers, and every runtime of the last years reads it. */
const irVersion = 10n;

/** Serialises a model. */
export const encode = (model: ModelProto): Uint8Array => toBinary(ModelProtoSchema, model);

/**
 * A graph as an ONNX file. Constants that lie in other files stay there: open the result with the same external data.
 *
 * Outputs carry names alone (the runtime infers their types). A node's `origin` goes to its `metadata_props`.
 *
 * @example
 * ```ts
 * import { decode, encodeGraph, type Graph } from "@hyaline/core";
 * const x = { name: "x", dtype: "float32", dims: ["n"] } as const, y = { ...x, name: "y" };
 * const graph: Graph = {
 *   inputs: [x], outputs: [y], constants: new Map(), inFile: new Set(), opsets: new Map([["", 17]]),
 *   nodes: [{ op: "Relu", domain: "", name: "r", inputs: ["x"], outputs: ["y"], attributes: {} }],
 * };
 * console.assert(decode(encodeGraph(graph)).graph?.node[0]?.opType === "Relu");
 * ```
 */
export function encodeGraph(graph: Graph): Uint8Array {
  const used = new Set(graph.nodes.map(({ domain }) => domain));
  const opsets = [...graph.opsets].filter(([domain]) => domain === "" || used.has(domain));
  return encode(create(ModelProtoSchema, {
    irVersion,
    producerName: "hyaline",
    opsetImport: opsets.map(([domain, version]) => ({ domain, version: BigInt(version) })),
    graph: {
      name: "graph",
      node: graph.nodes.map(nodeProto),
      initializer: [...graph.constants].map(([name, constant]) => tensorProto(name, constant)),
      input: graph.inputs.map(portProto),
      output: graph.outputs.map(({ name }) => create(ValueInfoProtoSchema, { name })),
    },
  }));
}

function nodeProto({ op, domain, name, inputs, outputs, attributes, origin, closed }: Node): NodeProto {
  return create(NodeProtoSchema, {
    opType: op,
    domain,
    name,
    input: inputs.slice(0, closed?.arity),
    output: [...outputs],
    attribute: [
      ...Object.entries(attributes).map(([key, value]) => attributeProto(key, value)),
      ...(closed?.graphs ?? []),
    ],
    metadataProps: origin === undefined ? [] : [{ key: "origin", value: origin }],
  });
}

function portProto({ name, dtype, dims }: Port): ValueInfoProto {
  return create(ValueInfoProtoSchema, {
    name,
    type: {
      value: {
        case: "tensorType",
        value: {
          elemType: codeOf(dtype),
          shape: {
            dim: dims.map((d) => ({
              denotation: "",
              value: typeof d === "number"
                ? { case: "dimValue" as const, value: BigInt(d) }
                : { case: "dimParam" as const, value: d },
            })),
          },
        },
      },
    },
  });
}
