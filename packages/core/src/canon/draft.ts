/**
 * New nodes in the making. A draft writes canonical operators in the place of one node of the file.
 *
 * @module
 */
import { type Attribute, type Constant, constant, type Node } from "../graph/graph.ts";
import { fromNumbers } from "../graph/fold.ts";
import { type DType, int64s, type Tensor } from "../graph/tensor.ts";
import type { Scene } from "./scene.ts";

export interface DraftOptions {
  /** Marks every node that touches activations as computed with integers in the file. */
  readonly quantised?: boolean;
}

/** Transposes of the last two axes, and a factor, that a canonical `MatMul` takes. */
export interface MatMulOptions {
  readonly transA?: boolean;
  readonly transB?: boolean;
  readonly alpha?: number;
}

export class Draft {
  readonly constants = new Map<string, Constant>();
  readonly #nodes: Node[] = [];
  readonly #ends = new Map<string, string>();
  readonly #replaced: Node;
  readonly #scene: Scene;
  readonly #quantised: boolean;

  constructor(replaced: Node, scene: Scene, { quantised = false }: DraftOptions = {}) {
    this.#replaced = replaced;
    this.#scene = scene;
    this.#quantised = quantised;
  }

  /** Writes one operator and returns the name of its output. `"domain.Op"` names another domain. */
  op(op: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    return this.ops(op, inputs, { outputs: 1, attributes })[0]!;
  }
  /** Writes one operator with several outputs. */
  ops(
    name: string,
    inputs: readonly string[],
    { outputs, attributes = {} }: { outputs: number; attributes?: Readonly<Record<string, Attribute>> },
  ): string[] {
    const dot = name.lastIndexOf("."), op = name.slice(dot + 1), domain = dot < 0 ? "" : name.slice(0, dot);
    const made = Array.from({ length: outputs }, () => this.#fresh(op));
    const base = this.#replaced.name || this.#replaced.outputs.find(Boolean)!, origin = this.#replaced.origin ?? base;
    const before = this.#nodes.filter((node) => node.op === op).length;
    this.#nodes.push({
      op,
      domain,
      name: `${base}/${op}${before ? `_${before}` : ""}`,
      inputs: [...inputs],
      outputs: made,
      attributes,
      origin,
      ...(this.#quantised && { quantised: true }),
    });
    return made;
  }

  constant(tensor: Tensor, stem = "constant"): string {
    return this.lazy(constant(tensor), stem);
  }
  /** A constant whose elements are read later. */
  lazy(value: Constant, stem = "constant"): string {
    const name = this.#fresh(stem);
    this.constants.set(name, value);
    return name;
  }
  /** A scalar of the type of a tensor it will meet. */
  scalar(value: number, dtype: DType): string {
    return this.constant(fromNumbers(dtype, [], [value]), "scalar");
  }
  vector(dtype: DType, values: readonly number[]): string {
    return this.constant(fromNumbers(dtype, [values.length], values), "vector");
  }

  add = (a: string, b: string): string => this.op("Add", [a, b]);
  mul = (a: string, b: string): string => this.op("Mul", [a, b]);
  reshape = (x: string, dims: readonly number[]): string =>
    this.op("Reshape", [x, this.constant(int64s(dims), "dims")]);
  transpose = (x: string, perm: readonly number[]): string => this.op("Transpose", [x], { perm });
  expand = (x: string, dims: readonly number[]): string => this.op("Expand", [x, this.constant(int64s(dims), "dims")]);
  concat = (
    parts: readonly string[],
    axis: number,
  ): string => (parts.length === 1 ? parts[0]! : this.op("Concat", parts, { axis }));
  split = (x: string, axis: number, sizes: readonly number[]): string[] =>
    this.ops("Split", [x, this.constant(int64s(sizes), "sizes")], { outputs: sizes.length, attributes: { axis } });
  /** One index along an axis; the axis goes. */
  pick = (x: string, axis: number, index: number): string =>
    this.op("Gather", [x, this.constant(fromNumbers("int64", [], [index]), "index")], { axis });
  gather = (table: string, indices: string, axis = 0): string => this.op("Gather", [table, indices], { axis });
  matmul = (a: string, b: string, { transA, transB, alpha = 1 }: MatMulOptions = {}): string =>
    this.op("MatMul", [a, b], {
      ...(transA && { transA: 1 }),
      ...(transB && { transB: 1 }),
      ...(alpha !== 1 && { alpha }),
    });

  /** Gives a tensor the name of the replaced node's output `i`; outputs nobody reads may be left out. */
  ends(tensor: string, i = 0): this {
    const output = this.#replaced.outputs[i];
    if (!output) return this;
    // A tensor from elsewhere, or one that ends twice, keeps its own name beside.
    const own = this.#nodes.some((node) => node.outputs.includes(tensor));
    this.#ends.set(own && !this.#ends.has(tensor) ? tensor : this.op("Identity", [tensor]), output);
    return this;
  }

  /** The nodes, last names in place. */
  finished(): readonly Node[] {
    const renamed = (name: string): string => this.#ends.get(name) ?? name;
    return this.#nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map(renamed),
      outputs: node.outputs.map(renamed),
    }));
  }

  #fresh = (stem: string): string => this.#scene.fresh(`${this.#replaced.outputs.find(Boolean)}/${stem}`);
}
