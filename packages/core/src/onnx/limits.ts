/**
 * Bounds on what a file may ask for, checked on the decoded protobuf before any runtime sees a byte.
 *
 * A 69-byte file whose `ConstantOfShape` has a constant shape makes ONNX Runtime take gigabytes that it does not give back;
 * negative or overflowing sizes have been memory errors in several readers (CVE-2024-27318, CVE-2026-27489 and kin).
 *
 * @module
 */
import {
  AttributeProto_AttributeType as Kind,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  TensorProto_DataType as Type,
} from "onnx-buf";
import { malformedModel, modelTooLarge, typeUnsupported } from "../errors.ts";
import { tensorBytes, typedLength } from "./tensors.ts";

/** What a model may hold. */
export interface Limits {
  /** Bytes of one constant, or of a tensor made from a constant shape. */
  readonly tensorBytes: number;
  /** Bytes of all constants together, external ones included. */
  readonly totalBytes: number;
  /** Nodes, counting those in sub-graphs and functions once. */
  readonly nodes: number;
  /** Sizes of a tensor. */
  readonly rank: number;
  /** Sub-graphs within sub-graphs. */
  readonly depth: number;
}

/** Room for an 8-billion-parameter model at 4 bits; a node count ten times that of the largest exports. */
export const defaultLimits: Limits = {
  tensorBytes: 4 * 2 ** 30,
  totalBytes: 16 * 2 ** 30,
  nodes: 200_000,
  rank: 32,
  depth: 16,
};

/**
 * Checks a decoded model against limits.
 *
 * @throws MODEL_TOO_LARGE, MODEL_MALFORMED, TYPE_UNSUPPORTED
 */
export function checkLimits(model: ModelProto, limits: Limits = defaultLimits): void {
  const count = { nodes: 0, bytes: 0 };
  if (model.graph) checkGraph(model.graph, { limits, count, depth: 0, shapes: new Map() });
  for (const { node } of model.functions) checkNodes(node, { limits, count, depth: 0, shapes: new Map() });
}

interface Walk {
  readonly limits: Limits;
  readonly count: { nodes: number; bytes: number };
  readonly depth: number;
  /** Small integer constants by name: what a shape input may be. */
  readonly shapes: Map<string, TensorProto>;
}

function checkGraph(graph: GraphProto, walk: Walk): void {
  if (walk.depth > walk.limits.depth) {
    throw modelTooLarge(`nesting of sub-graphs, ${walk.depth} deep,`, walk.limits.depth);
  }
  for (const { values } of graph.sparseInitializer) throw typeUnsupported("sparse tensor", values?.name ?? "");
  for (const tensor of graph.initializer) checkTensor(tensor, walk);
  for (const { name, type } of [...graph.input, ...graph.output, ...graph.valueInfo]) {
    if (type?.value.case !== "tensorType") continue;
    const dims = (type.value.value.shape?.dim ?? []).flatMap(({ value }) =>
      value.case === "dimValue" ? [value.value] : []
    );
    // Exporters write −1 for a size they do not know; a negative size elsewhere is an error of the file.
    checkDims(name, dims.map((d) => (d < 0n ? 0n : d)), walk.limits);
  }
  checkNodes(graph.node, walk);
}

function checkNodes(nodes: readonly NodeProto[], walk: Walk): void {
  walk.count.nodes += nodes.length;
  if (walk.count.nodes > walk.limits.nodes) throw modelTooLarge("the number of nodes", walk.limits.nodes);
  for (const node of nodes) {
    for (const attribute of node.attribute) {
      if (attribute.t) checkTensor(attribute.t, walk, node.opType === "Constant" ? node.output[0] : undefined);
      for (const tensor of attribute.tensors) checkTensor(tensor, walk);
      if (attribute.type === Kind.SPARSE_TENSOR || attribute.sparseTensor) {
        throw typeUnsupported("sparse tensor", node.name);
      }
      for (const graph of attribute.g ? [attribute.g, ...attribute.graphs] : attribute.graphs) {
        checkGraph(graph, { ...walk, depth: walk.depth + 1, shapes: new Map(walk.shapes) });
      }
    }
    checkMade(node, walk);
  }
}

/** What an operator is asked to make, where constants alone say it: the sizes, at least. */
function asked(node: NodeProto, walk: Walk): readonly bigint[] | undefined {
  const constant = (i: number) => int64Values(walk.shapes.get(node.input[i] ?? ""));
  switch (node.opType) {
    case "ConstantOfShape":
      return constant(0);
    case "Expand":
    case "Tile":
      return constant(1)?.map((d) => (d < 0n ? 1n : d));
    case "RandomNormal":
    case "RandomUniform":
      return node.attribute.find(({ name }) => name === "shape")?.ints;
    case "Range": {
      const [start, limit, delta] = [0, 1, 2].map((i) => constant(i)?.[0]);
      if (start === undefined || limit === undefined || !delta) return undefined;
      const steps = (limit - start) / delta;
      return [steps < 0n ? 0n : steps];
    }
    default:
      return undefined;
  }
}

function checkMade(node: NodeProto, walk: Walk): void {
  const sizes = asked(node, walk);
  if (!sizes) return;
  const elements = checkDims(node.name || node.output[0] || node.opType, sizes, walk.limits);
  if (elements * 4 > walk.limits.tensorBytes) {
    throw modelTooLarge(`what node "${node.name}" makes, ${elements} elements,`, walk.limits.tensorBytes);
  }
}

function checkTensor(tensor: TensorProto, walk: Walk, name = tensor.name): void {
  checkDims(name, tensor.dims, walk.limits);
  const bytes = tensorBytes(tensor, name);
  if (bytes > walk.limits.tensorBytes) {
    throw modelTooLarge(`constant "${name}", ${bytes} bytes,`, walk.limits.tensorBytes);
  }
  walk.count.bytes += bytes;
  if (walk.count.bytes > walk.limits.totalBytes) throw modelTooLarge("all constants together", walk.limits.totalBytes);
  typedLength(tensor, name);
  if (tensor.dataType === Type.INT64 && tensor.dims.length <= 1 && bytes <= 8 * walk.limits.rank) {
    walk.shapes.set(name, tensor);
  }
}

/** Checks one shape and gives its number of elements. */
function checkDims(name: string, dims: readonly bigint[], limits: Limits): number {
  if (dims.length > limits.rank) throw modelTooLarge(`the rank of "${name}", ${dims.length},`, limits.rank);
  let product = 1n;
  for (const d of dims) {
    if (d < 0n) throw malformedModel(`"${name}" has the negative size ${d}`);
    product *= d;
  }
  // Zero elsewhere must not hide a size no machine has.
  if (product > BigInt(Number.MAX_SAFE_INTEGER) || dims.some((d) => d > BigInt(Number.MAX_SAFE_INTEGER))) {
    throw modelTooLarge(`the shape [${dims.join(", ")}] of "${name}"`, Number.MAX_SAFE_INTEGER);
  }
  return Number(product);
}

function int64Values(tensor: TensorProto | undefined): bigint[] | undefined {
  if (!tensor || tensor.externalData.length) return undefined;
  if (!tensor.rawData.length) return tensor.int64Data;
  const view = new DataView(tensor.rawData.buffer, tensor.rawData.byteOffset, tensor.rawData.byteLength);
  return Array.from({ length: view.byteLength >> 3 }, (_, i) => view.getBigInt64(i * 8, true));
}
