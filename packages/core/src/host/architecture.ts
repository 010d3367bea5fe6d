/**
 * A model as blocks, from the text to the answer: read off the canonical graph, never from an architecture's name.
 *
 * Between two cuts (tensors through which every path runs) lies a block. A layer with an attention is two: what reads other
 * positions, and what works on each position alone.
 *
 * @module
 */
import type { ShapedGraph } from "../compile/analysis.ts";
import { type Constant, type Graph, type Node, producers } from "../graph/graph.ts";
import { isFloat, numbers, size } from "../graph/tensor.ts";
import type { Source } from "./sources.ts";
import { cuts, onTheWay, structureOf } from "./structure.ts";

export interface Block {
  readonly kind: "embedding" | "attention" | "feed-forward" | "recurrent" | "convolution" | "layer" | "head";
  /** Counted from 1; 0 for the embedding, one more than the last for the head. */
  readonly layer: number;
  /** Numbers learnt in training, counted once where they are used several times. */
  readonly parameters: number;
  /** Numbers a position is described by when the block hands on; classes or vocabulary for the head. */
  readonly width: number;
  /** The widest that the block makes of one position on the way, where that is wider. */
  readonly inner?: number;
  /** Of an attention. */
  readonly heads?: number;
  readonly headWidth?: number;
  /** Operators that make the model more than one matrix, in order: "Softmax", "Gelu", "LayerNormalization". */
  readonly functions: readonly string[];
}

/** What one source goes through. */
export interface Architecture {
  readonly source: string;
  readonly layers: number;
  readonly blocks: readonly Block[];
  readonly parameters: number;
}

const FUNCTIONS =
  /^(.*Norm.*|Softmax|Gelu|FastGelu|Relu|LeakyRelu|Elu|Selu|Silu|Swish|HardSwish|Tanh|Sigmoid|Softplus|Mish|PRelu|LSTM|GRU|RNN|Conv|MaxPool|AveragePool|GlobalAveragePool)$/;
const PRODUCTS = new Set(["MatMul", "Gemm", "Conv", "LSTM", "GRU", "RNN"]);

/** Blocks of one source; a source without positions (a picture before it is cut into patches) is one block and a head. */
export function architectureOf(shaped: ShapedGraph, { file, source, sources, target, positions }: {
  /** The graph as the file has it. */
  file: Graph;
  source: Source;
  sources: readonly Source[];
  target: string;
  positions: number;
}): Architecture {
  const { graph, types } = shaped, { hidden, attentions } = structureOf(shaped, { source, sources, target, positions });
  const way = onTheWay(shaped, { source, target }), made = producers(graph.nodes), place = new Map<string, number>();
  way.path.forEach((node, i) => node.outputs.forEach((name) => place.set(name, i)));
  const layers = Math.max(0, hidden.length - 1);
  const states = cuts(way.path, source.tensors, way.on).filter(({ tensor }) => types.get(tensor)?.dims.length === 3);

  // Where blocks end, as places on the path: each hidden state, and after each layer's attention the last cut before a product.
  const ends: { at: number; layer: number; attention: boolean }[] = [];
  hidden.forEach(({ tensor }, k) => {
    const at = place.get(tensor) ?? -1, before = ends.at(-1)?.at ?? -1;
    const softmax = attentions.find(({ weights, from }) =>
      from === source.name && (place.get(weights) ?? -1) > before && place.get(weights)! <= at
    );
    const after = softmax && middle(states, way.path, { from: place.get(softmax.weights)!, to: at });
    if (k > 0 && after !== undefined) ends.push({ at: after, layer: k, attention: true });
    ends.push({ at, layer: k, attention: k > 0 && softmax !== undefined && after === undefined });
  });
  ends.push({ at: way.path.length - 1, layer: layers + 1, attention: false });

  const constants = constantsOf(shaped, { file, on: way.on });
  let from = 0;
  const blocks = ends.map(({ at, layer, attention }): Block => {
    const nodes = way.path.slice(from, at + 1), first = from === 0;
    const given = first ? source.tensors.flatMap((name) => made.get(name) ?? []) : [];
    from = at + 1;
    const own = attention
      ? attentions.find(({ weights }) => nodes.some((node) => node.outputs.includes(weights)))
      : undefined;
    const last = nodes.at(-1)?.outputs[0] ?? source.tensors[0]!, width = types.get(last)?.dims.at(-1) ?? 0;
    const inner = Math.max(
      ...nodes.filter(({ op }) => PRODUCTS.has(op)).map(({ outputs }) => types.get(outputs[0]!)?.dims.at(-1) ?? 0),
    );
    const functions = [...new Set(nodes.map(({ op }) => op).filter((op) => FUNCTIONS.test(op)))];
    const heads = own && types.get(own.weights)?.dims.at(-3),
      headWidth = own?.query && types.get(own.query.tensor)?.dims.at(-1);
    return {
      kind: layer === 0 ? "embedding" : layer > layers ? "head" : attention ? "attention" : kindOf(functions),
      layer,
      parameters: [...given, ...nodes].reduce((sum, node) => sum + constants(node), 0),
      width,
      ...(inner > width && !attention ? { inner } : {}),
      ...(heads ? { heads } : {}),
      ...(headWidth ? { headWidth } : {}),
      functions,
    };
  });
  return {
    source: source.name,
    layers,
    blocks,
    parameters: blocks.reduce((sum, { parameters }) => sum + parameters, 0),
  };
}

function kindOf(functions: readonly string[]): Block["kind"] {
  if (functions.some((op) => /^(LSTM|GRU|RNN)$/.test(op))) return "recurrent";
  if (functions.includes("Softmax")) return "layer";
  return functions.includes("Conv") ? "convolution" : "feed-forward";
}

/** The last cut after an attention's softmax before anything is multiplied again: norms belong to what they follow. */
function middle(
  states: readonly { after: number }[],
  path: readonly Node[],
  { from, to }: { from: number; to: number },
): number | undefined {
  const first = states.find(({ after }) => after > from)?.after;
  if (first === undefined || first >= to) return undefined;
  const next = path.findIndex((node, i) => i > first && PRODUCTS.has(node.op));
  return states.filter(({ after }) => after >= first && after < Math.min(to, next < 0 ? to : next)).at(-1)?.after;
}

/**
 * Counts the constants behind a node that were not counted yet: floats, and integers that a scale makes floats. What was folded
 * (a transposed copy of tied weights) is followed back to the file; ones that a canonicaliser put in for a norm are none.
 */
function constantsOf(
  { graph, types }: ShapedGraph,
  { file, on }: { file: Graph; on: (tensor: string) => boolean },
): (node: Node) => number {
  const made = producers(graph.nodes), written = producers(file.nodes), counted = new Set<string>();
  const behind = (name: string, scaled = false): number => {
    if (!name || on(name) || counted.has(name)) return 0;
    counted.add(name);
    const constant = graph.constants.get(name) ?? file.constants.get(name), folded = constant && written.get(name);
    if (folded) return folded.inputs.reduce((sum, input) => sum + behind(input, scaled), 0);
    if (constant) return size(constant.dims) > 1 && !isOnes(name, constant) ? size(constant.dims) : 0;
    const node = made.get(name);
    if (!node || !(scaled || isFloat(types.get(name)?.dtype ?? "int64"))) return 0; // positions and masks are no parameters
    if (node.op === "DequantizeLinear") return behind(node.inputs[0]!, true);
    return node.op === "Gather" ? behind(node.inputs[0]!, scaled) : of(node);
  };
  const isOnes = (name: string, constant: Constant): boolean =>
    !file.constants.has(name) && constant.dims.length === 1 && numbers(constant.read()).every((x) => x === 1);
  const of = (node: Node): number => node.inputs.reduce((sum, name) => sum + behind(name), 0);
  return (node) => (node.op === "DequantizeLinear" ? behind(node.inputs[0]!, true) : of(node));
}
