/**
 * How many nodes a graph has once its local functions are expanded, counted before one is.
 *
 * Functions that each call the next one twice reach 2ⁿ nodes from n lines; counted per function and not per call, that
 * costs n steps.
 *
 * @module
 */
import type { FunctionProto, NodeProto } from "onnx-buf";
import { malformedModel, modelTooLarge } from "../errors.ts";

/**
 * Bounds the expansion of a graph.
 *
 * @param called the function a node calls, if it calls one
 * @throws MODEL_TOO_LARGE; MODEL_MALFORMED where a function calls itself
 */
export function checkExpansion(
  nodes: readonly NodeProto[],
  called: (node: NodeProto) => FunctionProto | undefined,
  limit: number,
): void {
  const sizes = new Map<FunctionProto, number>(), open = new Set<FunctionProto>();
  const count = (list: readonly NodeProto[]): number =>
    list.reduce((sum, node) => {
      const body = called(node);
      const inner = node.attribute.flatMap(({ g, graphs }) => (g ? [g, ...graphs] : graphs));
      return sum + (body ? size(body) : 1) + inner.reduce((total, graph) => total + count(graph.node), 0);
    }, 0);
  const size = (body: FunctionProto): number => {
    const known = sizes.get(body);
    if (known !== undefined) return known;
    if (open.has(body)) throw malformedModel(`function "${body.name}" calls itself`);
    open.add(body);
    const counted = count(body.node) + body.output.length;
    open.delete(body);
    sizes.set(body, counted);
    return counted;
  };
  const total = count(nodes);
  if (total > limit) throw modelTooLarge(`the number of nodes with functions expanded, ${total},`, limit);
}
