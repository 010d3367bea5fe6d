/**
 * What a rule is shown of a node. Values are materialised in the program when a rule reads them, not before.
 *
 * @module
 */
import { broken } from "../errors.ts";
import type { Node } from "../graph/graph.ts";
import type { Builder } from "../program/builder.ts";
import type { RuleContext } from "../rules/rule.ts";
import type { ShapedGraph } from "./analysis.ts";
import type { ForwardValues } from "./forward_values.ts";

export interface ContextRequest {
  readonly b: Builder;
  readonly forward: ForwardValues;
  readonly shaped: ShapedGraph;
  readonly node: Node;
  readonly gs: readonly (string | undefined)[];
  isActive(tensor: string): boolean;
}

/** An array whose entries are computed when read. */
function lazily<T>(length: number, read: (index: number) => T): readonly T[] {
  const list: T[] = [];
  for (let i = 0; i < length; i++) Object.defineProperty(list, i, { enumerable: true, get: () => read(i) });
  list.length = length;
  return list;
}

export function contextOf({ b, forward, shaped, node, gs, isActive }: ContextRequest): RuleContext {
  const { types, known, graph } = shaped;
  const dimsOf = (name: string): readonly number[] => types.get(name)?.dims ?? [];
  const constantAt = (index: number) =>
    known.get(node.inputs[index]!) ?? graph.constants.get(node.inputs[index]!)?.read();
  return {
    b,
    node,
    gs,
    g: gs.find((g) => g !== undefined)!,
    x: lazily(node.inputs.length, (i) => forward.value(node.inputs[i]!)),
    y: lazily(node.outputs.length, (i) => forward.value(node.outputs[i]!)),
    dims: node.inputs.map(dimsOf),
    outDims: node.outputs.map(dimsOf),
    active: node.inputs.map((input) => input !== "" && isActive(input)),
    has: (index) => Boolean(node.inputs[index]),
    isKnown: (index) =>
      Boolean(node.inputs[index]) && (known.has(node.inputs[index]!) || graph.constants.has(node.inputs[index]!)),
    known(index) {
      const tensor = constantAt(index);
      if (!tensor) throw broken(`input ${index} of "${node.name}" (${node.op}) is a constant`);
      return tensor;
    },
  };
}
