/**
 * Bench for canonicalisers: a graph is sketched, rewritten, and both run on ONNX Runtime.
 *
 * @module
 */
import { encodeGraph } from "../onnx/encode.ts";
import { openSession } from "../runtime/session.ts";
import {
  type Attribute,
  type Constant,
  constant,
  type Graph,
  type Node,
  number,
  operator,
  type Port,
} from "../graph/graph.ts";
import { fromNumbers } from "../graph/fold.ts";
import { infer } from "../graph/infer.ts";
import { type DType, int64s, numbers, size, type Tensor } from "../graph/tensor.ts";
import { canonicalise } from "./canonicalise.ts";
import type { Report } from "./canonicaliser.ts";

/** Numbers between −1 and 1, without pattern. */
export const noise = (n: number, seed = 1): number[] =>
  Array.from({ length: n }, (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * seed) % 1);

/** Writes a graph line by line, as an exporter would. */
export class Sketch {
  readonly inputs: Port[] = [];
  readonly feeds = new Map<string, Tensor>();
  readonly constants = new Map<string, Constant>();
  readonly nodes: Node[] = [];
  #count = 0;

  /** A float input, fed with noise. */
  input(...dims: number[]): string {
    return this.feed(fromNumbers("float32", dims, noise(size(dims), this.#count + 1)));
  }
  feed(tensor: Tensor): string {
    const name = `in${this.#count++}`;
    this.inputs.push({ name, dtype: tensor.dtype, dims: tensor.dims });
    this.feeds.set(name, tensor);
    return name;
  }
  /** A constant: a scalar, noise of a shape, or a tensor. */
  c(value: number | readonly number[] | Tensor): string {
    const name = `c${this.#count++}`;
    const tensor = typeof value === "number"
      ? fromNumbers("float32", [], [value])
      : "dims" in value
      ? value
      : fromNumbers("float32", value, noise(size(value), this.#count));
    this.constants.set(name, constant(tensor));
    return name;
  }
  ints(...values: number[]): string {
    return this.c(int64s(values));
  }
  op(op: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    return this.ops(op, inputs, 1, attributes)[0]!;
  }
  ops(
    name: string,
    inputs: readonly string[],
    outputs: number,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string[] {
    const dot = name.lastIndexOf("."), made = Array.from({ length: outputs }, () => `t${this.#count++}`);
    this.nodes.push({
      op: name.slice(dot + 1),
      domain: dot < 0 ? "" : name.slice(0, dot),
      name: `n${this.#count++}`,
      inputs,
      outputs: made,
      attributes,
    });
    return made;
  }
  graph(outputs: readonly string[], opset = 21): Graph {
    return {
      inputs: this.inputs,
      outputs: outputs.map((name) => ({ name, dtype: "float32", dims: [] })),
      nodes: this.nodes,
      constants: this.constants,
      inFile: new Set(this.nodes.flatMap((node) => node.outputs)),
      opsets: new Map([["", opset], ["com.microsoft", 1]]),
    };
  }
}

export interface Compared {
  /** Operators left, in order, without those that depend on constants alone. */
  readonly ops: readonly string[];
  readonly nodes: readonly Node[];
  readonly report: Report;
  /** Largest difference of an output, relative to its largest entry. */
  readonly error: number;
}

/** Rewrites a sketched graph and runs it before and after. */
export async function compare(
  sketch: Sketch,
  outputs: readonly string[],
  { opset = 21 }: { opset?: number } = {},
): Promise<Compared> {
  const graph = sketch.graph(outputs, opset),
    inputs = new Map([...sketch.feeds].map(([name, { dtype, dims }]) => [name, { dtype, dims }]));
  const { graph: canonical, report } = canonicalise(graph, infer(graph, inputs)),
    { types, known } = infer(canonical, inputs);
  const before = await run(graph, sketch.feeds),
    after = await run(runnable(canonical, (tensor) => types.get(tensor)!.dtype), sketch.feeds);
  const active = canonical.nodes.filter((node) => !known.has(node.outputs[0]!) && node.op !== "DequantizeLinear");
  return {
    ops: active.map(operator),
    nodes: canonical.nodes,
    report,
    error: Math.max(...outputs.map((name) => difference(before.get(name)!, after.get(name)!))),
  };
}

/** Runs a graph. ONNX Runtime 1.30 refuses some files of halves at level "disabled": it types its own casts wrongly. */
export async function run(graph: Graph, feeds: ReadonlyMap<string, Tensor>): Promise<Map<string, Tensor>> {
  const session = await openSession(encodeGraph(graph), { backend: "wasm", threads: 1, level: "basic" });
  try {
    return await session.run(new Map(graph.inputs.map(({ name }) => [name, feeds.get(name)!])));
  } finally {
    await session.release();
  }
}

/** Largest difference relative to the largest entry; infinite where a shape or a type differs. */
export function difference(wanted: Tensor, found: Tensor): number {
  if (wanted.dtype !== found.dtype || wanted.dims.join() !== found.dims.join()) return Infinity;
  const [a, b] = [numbers(wanted), numbers(found)], scale = Math.max(1e-9, ...a.map(Math.abs));
  return a.reduce((most, v, i) => (Math.abs(v - b[i]!) / scale <= most ? most : Math.abs(v - b[i]!) / scale), 0);
}

/** Spells canonical operators that are no ONNX operators out again. */
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
      [alpha, scaled, gate] = [`${y}:alpha`, `${y}:scaled`, `${y}:gate`];
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
