/**
 * Small graphs, written down in a line or two.
 *
 * @module
 */
import { fromNumbers } from "../graph/fold.ts";
import { type Attribute, constant, type Graph, type Node, producers } from "../graph/graph.ts";
import { type DType, size, type Tensor } from "../graph/tensor.ts";

/** Operator (`Op` or `domain.Op`), inputs, outputs and attributes; names are separated by spaces, `_` leaves one out. */
export type SketchNode = readonly [
  op: string,
  inputs: string,
  outputs: string,
  attributes?: Readonly<Record<string, Attribute>>,
];

export interface Sketch {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly constants?: Readonly<Record<string, Tensor>>;
  readonly nodes: readonly SketchNode[];
  readonly opset?: number;
}

/** A tensor from numbers; float32 unless said otherwise. */
export const tensor = (
  dims: readonly number[],
  values: readonly number[] | (() => number),
  dtype: DType = "float32",
): Tensor =>
  fromNumbers(dtype, dims, typeof values === "function" ? Array.from({ length: size(dims) }, values) : values);

const names = (text: string): string[] => text.split(" ").filter(Boolean).map((name) => (name === "_" ? "" : name));

/**
 * A graph whose every tensor can be looked at; its outputs are the tensors nobody reads.
 *
 * @example
 * ```ts
 * import { sketch, tensor } from "@hyaline/core/testing";
 * const { graph } = sketch({ inputs: { x: tensor([2], [1, -1]) }, nodes: [["Tanh", "x", "y"]] });
 * console.assert(graph.outputs[0]?.name === "y");
 * ```
 */
export function sketch(
  { inputs, constants = {}, nodes, opset = 21 }: Sketch,
): { graph: Graph; inputs: Map<string, Tensor> } {
  const written = nodes.map(([spelled, from, to, attributes = {}], i): Node => {
    const dot = spelled.lastIndexOf("."), op = spelled.slice(dot + 1);
    return {
      op,
      domain: dot < 0 ? "" : spelled.slice(0, dot),
      name: `${op}_${i}`,
      inputs: names(from),
      outputs: names(to),
      attributes,
    };
  });
  const read = new Set(written.flatMap((node) => node.inputs)), made = [...producers(written).keys()];
  const graph: Graph = {
    inputs: Object.entries(inputs).map(([name, { dtype, dims }]) => ({ name, dtype, dims })),
    outputs: made.filter((name) => !read.has(name)).map((name) => ({ name, dtype: "float32", dims: [] })),
    nodes: written,
    constants: new Map(Object.entries(constants).map(([name, value]) => [name, constant(value)])),
    inFile: new Set(made),
    opsets: new Map([["", opset], ["com.microsoft", 1]]),
  };
  return { graph, inputs: new Map(Object.entries(inputs)) };
}
