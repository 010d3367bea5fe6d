/**
 * One spelling per operator. Older opsets give axes, shapes and bounds as attributes where newer ones take inputs; after this
 * pass every graph is opset 21, so shape rules, canonicalisers and relevance rules know one form.
 *
 * @module
 */
import { type Attribute, type Constant, constant, type Graph, ints, type Node, number } from "./graph.ts";
import { int64s, scalar, type Tensor } from "./tensor.ts";

/** The opset every graph has after {@link modernise}. */
export const MODERN_OPSET = 21;

/** An attribute that later became the input at `at`. */
interface Moved {
  readonly attribute: string;
  readonly at: number;
  /** `scalar` for bounds that are single floats. */
  readonly as?: "scalar" | "int";
}

const AXES: readonly Moved[] = [{ attribute: "axes", at: 1 }];
const MOVED: Readonly<Record<string, readonly Moved[]>> = {
  ReduceSum: AXES,
  ReduceMean: AXES,
  ReduceMax: AXES,
  ReduceMin: AXES,
  ReduceProd: AXES,
  ReduceL1: AXES,
  ReduceL2: AXES,
  ReduceLogSum: AXES,
  ReduceLogSumExp: AXES,
  ReduceSumSquare: AXES,
  Squeeze: AXES,
  Unsqueeze: AXES,
  Split: [{ attribute: "split", at: 1 }],
  Slice: [{ attribute: "starts", at: 1 }, { attribute: "ends", at: 2 }, { attribute: "axes", at: 3 }],
  Pad: [{ attribute: "pads", at: 1 }, { attribute: "value", at: 2, as: "scalar" }],
  Clip: [{ attribute: "min", at: 1, as: "scalar" }, { attribute: "max", at: 2, as: "scalar" }],
  TopK: [{ attribute: "k", at: 1, as: "int" }],
  Tile: [{ attribute: "repeats", at: 1 }],
  Reshape: [{ attribute: "shape", at: 1 }],
};

/** Before opset 13 these saw their input as a matrix cut at `axis`; on the last axis that is the same. */
const FLATTENING = new Set(["Softmax", "LogSoftmax", "Hardmax"]);

const asTensor = (value: Attribute, as: Moved["as"]): Tensor => {
  if (as === "scalar") return scalar(value as number);
  return as === "int" ? int64s([value as number]) : int64s(value as readonly number[]);
};

/**
 * Rewrites a graph to opset {@link MODERN_OPSET}. Names of tensors and nodes stay.
 *
 * @example
 * ```ts
 * import { type Graph, modernise } from "@hyaline/core";
 * const mean = { op: "ReduceMean", domain: "", name: "m", inputs: ["x"], outputs: ["y"], attributes: { axes: [-1] } };
 * const graph: Graph = { inputs: [], outputs: [], nodes: [mean], constants: new Map(), inFile: new Set(), opsets: new Map([["", 13]]) };
 * console.assert(modernise(graph).nodes[0]!.inputs.length === 2);
 * ```
 */
export function modernise(graph: Graph): Graph {
  const version = graph.opsets.get("") ?? MODERN_OPSET, constants = new Map<string, Constant>(graph.constants);
  const nodes = graph.nodes.map((node): Node => {
    if (node.domain !== "") return node;
    const inputs = [...node.inputs], attributes = { ...node.attributes };
    for (const { attribute, at, as } of MOVED[node.op] ?? []) {
      const value = attributes[attribute];
      delete attributes[attribute];
      if (value === undefined || inputs[at]) continue;
      while (inputs.length < at) inputs.push("");
      const name = `${node.outputs.find(Boolean)}/${attribute}`;
      constants.set(name, constant(asTensor(value, as)));
      inputs[at] = name;
    }
    if (FLATTENING.has(node.op) && version < 13 && attributes["axis"] === undefined) {
      attributes["axis"] = number(node, "axis", 1);
    }
    if (node.op === "Squeeze" && ints(node, "axes") === undefined && !inputs[1]) inputs.length = 1;
    return { ...node, inputs, attributes };
  });
  return { ...graph, nodes, constants, opsets: new Map(graph.opsets).set("", Math.max(MODERN_OPSET, version)) };
}
