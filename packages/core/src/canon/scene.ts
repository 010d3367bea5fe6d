/**
 * The graph as canonicalisers see it while they rewrite it: who makes a tensor, who reads it, what is known of it.
 *
 * @module
 */
import { type Constant, type Graph, type Node, operator, topological } from "../graph/graph.ts";
import { FOLD_LIMIT, folds } from "../graph/fold.ts";
import { numbers, size, type Tensor, type TensorType } from "../graph/tensor.ts";
import type { Draft } from "./draft.ts";

/** What `infer` told of the graph. */
export interface Knowledge {
  readonly types: ReadonlyMap<string, TensorType>;
  readonly known: ReadonlyMap<string, Tensor>;
}

export class Scene {
  readonly #graph: Graph;
  readonly #types: Map<string, TensorType>;
  readonly #known: ReadonlyMap<string, Tensor>;
  readonly #constants: Map<string, Constant>;
  readonly #made = new Map<string, Node>();
  readonly #users = new Map<string, Set<Node>>();
  readonly #outputs: ReadonlySet<string>;
  #nodes: Set<Node>;
  readonly #fixed = new Map<string, boolean>();
  #count = 0;

  constructor(graph: Graph, { types, known }: Knowledge) {
    this.#graph = graph;
    this.#types = new Map(types);
    this.#known = known;
    this.#constants = new Map(graph.constants);
    this.#outputs = new Set(graph.outputs.map(({ name }) => name));
    this.#nodes = new Set();
    for (const node of graph.nodes) this.#add(node);
  }

  /** Nodes in topological order. */
  get nodes(): readonly Node[] {
    return [...this.#nodes];
  }
  has(node: Node): boolean {
    return this.#nodes.has(node);
  }
  opset(domain: string): number {
    return this.#graph.opsets.get(domain) ?? 1;
  }

  /** The node that makes a tensor, if it is one of these operators. */
  made(tensor: string | undefined, ...ops: readonly string[]): Node | undefined {
    const node = tensor ? this.#made.get(tensor) : undefined;
    return node && (ops.length === 0 || ops.includes(operator(node))) ? node : undefined;
  }
  users(tensor: string): readonly Node[] {
    return [...(this.#users.get(tensor) ?? [])];
  }
  /** Whether somebody reads a tensor, or the graph gives it. */
  isUsed(tensor: string | undefined): boolean {
    return !!tensor && (this.#outputs.has(tensor) || (this.#users.get(tensor)?.size ?? 0) > 0);
  }

  type(tensor: string | undefined): TensorType | undefined {
    return tensor ? this.#types.get(tensor) : undefined;
  }
  dims(tensor: string | undefined): readonly number[] | undefined {
    return this.type(tensor)?.dims;
  }
  constant(tensor: string | undefined): Constant | undefined {
    return tensor ? this.#constants.get(tensor) : undefined;
  }
  /** Elements of a small tensor that depends on shapes and constants alone. */
  values(tensor: string | undefined): readonly number[] | undefined {
    if (!tensor) return undefined;
    const passed = this.made(tensor, "Identity");
    if (passed) return this.values(passed.inputs[0]);
    const folded = this.#known.get(tensor);
    if (folded) return numbers(folded);
    const constant = this.#constants.get(tensor);
    return constant && size(constant.dims) <= FOLD_LIMIT && folds(constant.dtype)
      ? numbers(constant.read())
      : undefined;
  }
  /** The one element of a known tensor. */
  scalar(tensor: string | undefined): number | undefined {
    const type = this.type(tensor);
    return type && size(type.dims) === 1 ? this.values(tensor)?.[0] : undefined;
  }
  /** True where a tensor depends on constants alone: a weight, however it is stored. */
  isFixed(tensor: string): boolean {
    if (this.#constants.has(tensor) || this.#known.has(tensor)) return true;
    const before = this.#fixed.get(tensor);
    if (before !== undefined) return before;
    const node = this.#made.get(tensor),
      fixed = node !== undefined && node.inputs.every((input) => !input || this.isFixed(input));
    this.#fixed.set(tensor, fixed);
    return fixed;
  }

  /** A name nothing has yet. */
  fresh(stem: string): string {
    let name: string;
    do name = `${stem}~${++this.#count}`; while (
      this.#made.has(name) || this.#constants.has(name) || this.#types.has(name)
    );
    return name;
  }

  /** Puts a draft's nodes in place of a node, and drops what nobody reads any more. */
  replace(node: Node, draft: Draft): void {
    for (const [name, constant] of draft.constants) {
      this.#constants.set(name, constant);
      this.#types.set(name, { dtype: constant.dtype, dims: constant.dims });
    }
    const nodes = draft.finished();
    for (const made of nodes) this.#add(made);
    this.#drop(node);
  }

  /** Restores topological order after replacements. */
  sort(): void {
    this.#nodes = new Set(topological([...this.#nodes]));
  }

  /** The graph as it is now. Constants nobody reads are left out. */
  graph(): Graph {
    const opsets = new Map(this.#graph.opsets);
    for (const { domain } of this.#nodes) if (!opsets.has(domain)) opsets.set(domain, 1);
    return {
      ...this.#graph,
      nodes: [...this.#nodes],
      constants: new Map([...this.#constants].filter(([name]) => this.isUsed(name))),
      opsets,
    };
  }

  #add(node: Node): void {
    this.#nodes.add(node);
    for (const output of node.outputs) if (output) this.#made.set(output, node);
    for (const input of node.inputs) {
      if (!input) continue;
      const users = this.#users.get(input);
      if (users) users.add(node);
      else this.#users.set(input, new Set([node]));
    }
  }

  #drop(node: Node): void {
    if (!this.#nodes.delete(node)) return;
    for (const output of node.outputs) if (this.#made.get(output) === node) this.#made.delete(output);
    for (const input of new Set(node.inputs)) {
      this.#users.get(input)?.delete(node);
      const before = this.#made.get(input);
      if (before && before.outputs.every((output) => !this.isUsed(output))) this.#drop(before);
    }
  }
}
