/**
 * The graph: a decoded ONNX file in the only form canonicalisers, rules and the compiler see.
 *
 * Tensors are named; a name is produced by one node, an initializer or an input. Control flow is inlined and local
 * functions are expanded before a graph is made, so a graph is a list of nodes in topological order.
 *
 * @module
 */
import type { AttributeProto } from "onnx-buf";
import type { DType, Tensor } from "./tensor.ts";

/** An ONNX attribute's value. Sub-graphs never reach a graph. */
export type Attribute = number | string | readonly number[] | readonly string[] | Tensor;

/** One operator application. `""` stands for an input or output left out. */
export interface Node {
  readonly op: string;
  /** `""` is the standard ONNX domain. */
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** Name of the node in the file that a canonicaliser made this one from. */
  readonly origin?: string;
  /** True where the file computes with integers what this node says in floats: its ledger line is measured, not derived. */
  readonly quantised?: boolean;
  /** Control flow left as the file has it (`Loop`, `Scan`, an `If` whose condition is open): opaque to all but the encoder. */
  readonly closed?: Closed;
}

/** The sub-graphs of a node that was left closed. Its `inputs` from `arity` on are the outer tensors they capture. */
export interface Closed {
  readonly arity: number;
  readonly graphs: readonly AttributeProto[];
}

/** An input or output of the file; a symbolic size keeps its name. */
export interface Port {
  readonly name: string;
  readonly dtype: DType;
  readonly dims: readonly (number | string)[];
}

/** A constant: its type is known at once, its elements are read when asked for (they may lie in another file). */
export interface Constant {
  readonly dtype: DType;
  readonly dims: readonly number[];
  read(): Tensor;
  /** Fills `to` with the elements' bytes as the file has them (little-endian), from one of them on. */
  copy?(to: Uint8Array, from?: number): void;
  /** Where the elements lie, when in another file. */
  readonly external?: ExternalSlice;
}

/** Bytes of a file that a model names by a path relative to its own directory. */
export interface ExternalSlice {
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

export interface Graph {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<string, Constant>;
  /** Tensors the file itself computes: what may be tapped. A canonicaliser's new names are not among them. */
  readonly inFile: ReadonlySet<string>;
  /** Version of each operator set in use, by domain. */
  readonly opsets: ReadonlyMap<string, number>;
}

/** Wraps a tensor as a constant. */
export const constant = (tensor: Tensor): Constant => ({ dtype: tensor.dtype, dims: tensor.dims, read: () => tensor });

/** `domain.Op`, or `Op` for the standard domain: the name rules are filed under. */
export const operator = (
  { domain, op }: { domain: string; op: string },
): string => (domain === "" || domain === "ai.onnx" ? op : `${domain}.${op}`);

/** The node that makes each tensor. */
export function producers<T extends Pick<Node, "outputs">>(nodes: readonly T[]): Map<string, T> {
  const made = new Map<string, T>();
  for (const node of nodes) for (const output of node.outputs) if (output) made.set(output, node);
  return made;
}

/** The nodes that read each tensor, in order; a node that reads it twice is listed once. */
export function consumers(nodes: readonly Node[]): Map<string, Node[]> {
  const users = new Map<string, Node[]>();
  for (const node of nodes) {
    for (const input of new Set(node.inputs)) {
      if (!input) continue;
      const list = users.get(input);
      if (list) list.push(node);
      else users.set(input, [node]);
    }
  }
  return users;
}

/** An attribute that is a number. @throws nothing; the fallback stands where the attribute is absent. */
export const number = (node: Node, name: string, fallback: number): number =>
  (node.attributes[name] as number | undefined) ?? fallback;
/** An attribute that is a list of numbers, if present. */
export const ints = (node: Node, name: string): readonly number[] | undefined =>
  node.attributes[name] as readonly number[] | undefined;
/** An attribute that is text. */
export const text = (node: Node, name: string, fallback: string): string =>
  (node.attributes[name] as string | undefined) ?? fallback;

/** Orders nodes so that each comes after what it reads; names nobody makes count as given. Stable otherwise. */
export function topological<T extends Pick<Node, "inputs" | "outputs">>(nodes: readonly T[]): T[] {
  const made = producers(nodes), done = new Set<T>(), ordered: T[] = [];
  for (const root of nodes) {
    const stack: [T, number][] = done.has(root) ? [] : [[root, 0]];
    while (stack.length) {
      const frame = stack[stack.length - 1]!, [node, next] = frame;
      if (done.has(node)) {
        stack.pop();
        continue;
      }
      if (next < node.inputs.length) {
        frame[1]++;
        const before = made.get(node.inputs[next]!);
        if (before && !done.has(before)) stack.push([before, 0]);
      } else {
        done.add(node);
        ordered.push(node);
        stack.pop();
      }
    }
  }
  return ordered;
}
