/**
 * A model's layers and attentions, read off the graph.
 *
 * A hidden state is a *cut*: a tensor through which every path from the tokens to the target runs. In the order of a topological
 * sort a tensor is a cut exactly when, right after it is made, it is the only one still waited for. The cut before each
 * attention (or recurrent cell, or convolution) is what enters that layer.
 *
 * @module
 */
import { activity, ancestors, type ShapedGraph } from "../compile/analysis.ts";
import { consumers, type Node, producers } from "../graph/graph.ts";
import type { AttentionInfo, LayerInfo } from "../plugin/evidence.ts";
import type { Source } from "./sources.ts";

/** An attention with the names of its tensors in the canonical graph. */
export interface Attention extends AttentionInfo {
  readonly weights: string;
  readonly query?: { readonly tensor: string };
  readonly key?: { readonly tensor: string; readonly transposed: boolean };
  readonly value?: { readonly tensor: string };
}

export interface Structure {
  /** Hidden states of one source from what enters layer 1 to what the last layer hands on. */
  readonly hidden: readonly (LayerInfo & { readonly tensor: string })[];
  readonly attentions: readonly Attention[];
}

const RECURRENT = new Set(["LSTM", "GRU", "RNN", "DynamicQuantizeLSTM"]);
/** What may stand between a score product and its softmax. */
const BETWEEN = new Set(["Add", "Sub", "Mul", "Div", "Where", "Reshape", "Cast", "Identity", "Tanh", "Clip", "Transpose", "Squeeze", "Unsqueeze", "Max", "Min"]);

/** Tensors through which every path runs, in order. */
function cuts(path: readonly Node[], from: readonly string[], on: (tensor: string) => boolean): { tensor: string; after: number }[] {
  const pending = new Map<string, number>();
  for (const node of path) for (const input of new Set(node.inputs)) if (on(input)) pending.set(input, (pending.get(input) ?? 0) + 1);
  const live = new Set(from.filter((tensor) => pending.has(tensor))), found: { tensor: string; after: number }[] = [];
  path.forEach((node, at) => {
    for (const input of new Set(node.inputs)) {
      if (!on(input)) continue;
      const left = pending.get(input)! - 1;
      pending.set(input, left);
      if (left === 0) live.delete(input);
    }
    for (const output of node.outputs) if (output && on(output) && pending.has(output)) live.add(output);
    if (live.size === 1) found.push({ tensor: [...live][0]!, after: at });
  });
  return found;
}

/** Walks back from a softmax to the product of two active tensors that made its scores. */
function scoreProduct(softmax: Node, made: ReadonlyMap<string, Node>, active: ReadonlySet<string>): Node | undefined {
  const queue = [softmax.inputs[0]!], seen = new Set<string>();
  for (let tensor = queue.shift(); tensor; tensor = queue.shift()) {
    const node = made.get(tensor);
    if (!node || seen.has(tensor)) continue;
    seen.add(tensor);
    if (node.op === "MatMul" && node.inputs.slice(0, 2).every((input) => active.has(input))) return node;
    if (BETWEEN.has(node.op)) queue.push(...node.inputs.filter((input) => active.has(input)));
  }
  return undefined;
}

/** Follows attention weights to the product with the values. */
function valueProduct(weights: string, users: ReadonlyMap<string, readonly Node[]>): { node: Node; weights: string } | undefined {
  const queue = [weights], seen = new Set<string>();
  for (let tensor = queue.shift(); tensor; tensor = queue.shift()) {
    if (seen.has(tensor)) continue;
    seen.add(tensor);
    for (const node of users.get(tensor) ?? []) {
      if (node.op === "MatMul" && node.inputs[0] === tensor) return { node, weights: tensor };
      if (["Cast", "Identity", "Where", "Dropout", "Reshape", "Slice"].includes(node.op)) queue.push(node.outputs[0]!);
    }
  }
  return undefined;
}

/**
 * Reads layers and attentions of one source off the graph.
 *
 * @param positions number of tokens of the source: a hidden state has shape `[1, positions, width]`
 */
export function structureOf(shaped: ShapedGraph, { source, sources, target, positions }: {
  source: Source;
  sources: readonly Source[];
  target: string;
  positions: number;
}): Structure {
  const { graph, types } = shaped, made = producers(graph.nodes), users = consumers(graph.nodes), upstream = ancestors(graph, target);
  const reached = new Map(sources.map((s) => [s.name, activity(shaped, s.tensors)])), own = reached.get(source.name)!;
  const all = activity(shaped, sources.flatMap((s) => s.tensors));
  const on = (tensor: string): boolean => own.has(tensor) && upstream.has(tensor);
  const path = graph.nodes.filter((node) => node.inputs.some(on) && node.outputs.some(on));

  const attentions: Attention[] = [];
  const anchors: number[] = [];
  path.forEach((node, at) => {
    if (node.op !== "Softmax" || (types.get(node.outputs[0]!)?.dims.length ?? 0) < 3) return;
    const product = scoreProduct(node, made, all);
    if (!product) return;
    const [query, key] = product.inputs as [string, string], read = valueProduct(node.outputs[0]!, users);
    const owner = (tensor: string): string => [...reached].reverse().find(([, set]) => set.has(tensor))?.[0] ?? source.name;
    const from = owner(query), to = owner(key), kind = from === to ? "self" : "cross";
    if (kind === "self" && from === source.name) anchors.push(at);
    attentions.push({
      layer: attentions.filter((a) => a.kind === kind && a.from === from).length + 1,
      name: node.name,
      kind,
      from,
      to,
      weights: read?.weights ?? node.outputs[0]!,
      query: { tensor: query },
      key: { tensor: key, transposed: product.attributes["transB"] !== 1 },
      ...(read ? { value: { tensor: read.node.inputs[1]! } } : {}),
    });
  });
  if (anchors.length === 0) path.forEach((node, at) => RECURRENT.has(node.op) && anchors.push(at));
  if (anchors.length === 0) path.forEach((node, at) => node.op === "Conv" && anchors.push(at));

  const states = cuts(path, source.tensors, on).filter(({ tensor }) => {
    const dims = types.get(tensor)?.dims ?? [];
    return dims.length === 3 && dims[1] === positions && dims[0] === 1;
  });
  const hidden: (LayerInfo & { tensor: string })[] = [];
  const push = (tensor: string | undefined): void => {
    if (tensor && hidden.at(-1)?.tensor !== tensor) hidden.push({ index: hidden.length, name: made.get(tensor)?.name || tensor, tensor });
  };
  anchors.forEach((at) => push(states.filter(({ after }) => after < at).at(-1)?.tensor ?? (hidden.length === 0 ? source.tensors[0] : undefined)));
  push(states.filter(({ after }) => after >= (anchors.at(-1) ?? -1)).at(-1)?.tensor);
  return { hidden, attentions };
}
