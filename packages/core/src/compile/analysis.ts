/**
 * Which operators the message must cross, and how: activity, reach and the modifier of each node.
 *
 * @module
 */
import { consumers, type Graph, type Node, operator } from "../graph/graph.ts";
import { isFloat, type Tensor, type TensorType } from "../graph/tensor.ts";
import type { Composite, CompositeEntry } from "../lrp/composite.ts";
import { plays } from "../lrp/roles.ts";

/** A graph with what is known of its tensors at one input shape. */
export interface ShapedGraph {
  readonly graph: Graph;
  readonly types: ReadonlyMap<string, TensorType>;
  /** Small tensors that depend on shapes and constants alone. */
  readonly known: ReadonlyMap<string, Tensor>;
}

/** Operators whose output varies with the shape of their input alone, or in steps: their derivative is zero wherever there is one. */
const FLAT = new Set(["Shape", "Size", "ConstantOfShape", "EyeLike", "Sign", "Floor", "Ceil", "Round", "Hardmax"]);

/** Tensors the sources reach through floats. `detached` says where a node's outputs count as constants. */
export function activity(
  shaped: ShapedGraph,
  sources: Iterable<string>,
  detached: (node: Node) => boolean = () => false,
): Set<string> {
  const { graph, types, known } = shaped, active = new Set(sources);
  for (const node of graph.nodes) {
    if (FLAT.has(node.op) || !node.inputs.some((input) => active.has(input)) || detached(node)) continue;
    for (const output of node.outputs) {
      const type = types.get(output);
      if (output && type && isFloat(type.dtype) && !known.has(output)) active.add(output);
    }
  }
  return active;
}

/** Tensors from which a target can be reached, the targets included. */
export function ancestors(graph: Graph, ...targets: readonly string[]): Set<string> {
  const reach = new Set(targets);
  for (const node of [...graph.nodes].reverse()) {
    if (node.outputs.some((output) => reach.has(output))) node.inputs.forEach((input) => input && reach.add(input));
  }
  return reach;
}

/** The first entry of a composite that fits each node; none means the plain derivative. */
export function matched(
  shaped: ShapedGraph,
  sources: Iterable<string>,
  composite: Composite,
): Map<Node, CompositeEntry> {
  const plain = activity(shaped, sources),
    around = { consumers: consumers(shaped.graph.nodes), isActive: (t: string) => plain.has(t) };
  const found = new Map<Node, CompositeEntry>();
  if (composite.rules.length === 0) return found;
  const named = composite.rules.map((entry) => ({
    entry,
    ops: entry.match.op === undefined ? undefined : new Set([entry.match.op].flat()),
  }));
  for (const node of shaped.graph.nodes) {
    if (!node.inputs.some((input) => plain.has(input))) continue;
    const hit = named.find(({ entry: { match }, ops }) =>
      (!ops || ops.has(operator(node))) && (match.name === undefined || node.name.includes(match.name)) &&
      (match.role === undefined || plays(match.role, node, around))
    );
    if (hit) found.set(node, hit.entry);
  }
  return found;
}
