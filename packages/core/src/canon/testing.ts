/**
 * Spells the canonical operators that are no ONNX operators out again, so that a canonical graph can run beside the file.
 *
 * @module
 */
import { type Graph, type Node, number } from "../graph/graph.ts";
import { constant } from "../graph/graph.ts";
import { fromNumbers } from "../graph/fold.ts";
import type { DType } from "../graph/tensor.ts";

/** A graph of ONNX Runtime's operators that computes the same. `typeOf` tells a tensor's element type. */
export function runnable(graph: Graph, typeOf: (tensor: string) => DType): Graph {
  const constants = new Map(graph.constants);
  const nodes = graph.nodes.flatMap((node): Node[] => {
    if (node.op === "MatMul" && Object.keys(node.attributes).length) {
      return [{ ...node, op: "FusedMatMul", domain: "com.microsoft" }];
    }
    if (node.op === "RMSNormalization") return [{ ...node, op: "SimplifiedLayerNormalization" }];
    if (node.op !== "Silu") return [node];
    const [x] = node.inputs as [string],
      [y] = node.outputs as [string],
      alpha = `${y}:alpha`,
      scaled = `${y}:scaled`,
      gate = `${y}:gate`;
    constants.set(alpha, constant(fromNumbers(typeOf(x), [], [number(node, "alpha", 1)])));
    const plain = { domain: "", attributes: {} };
    return [
      { ...plain, op: "Mul", name: scaled, inputs: [x, alpha], outputs: [scaled] },
      { ...plain, op: "Sigmoid", name: gate, inputs: [scaled], outputs: [gate] },
      { ...plain, op: "Mul", name: y, inputs: [x, gate], outputs: [y] },
    ];
  });
  return { ...graph, nodes, constants, opsets: new Map([...graph.opsets, ["com.microsoft", 1]]) };
}
