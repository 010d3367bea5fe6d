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
import { numbers, size } from "../graph/tensor.ts";
import type { AttentionInfo, LayerInfo } from "../plugin/evidence.ts";
import type { Source } from "./sources.ts";
import { type Sublayer, sublayersOf } from "./sublayers.ts";

/** An attention with the names of its tensors in the canonical graph. */
export interface Attention extends AttentionInfo {
  readonly weights: string;
  /** What the score product is multiplied by before the softmax. */
  readonly scale: number;
  readonly query?: { readonly tensor: string };
  readonly key?: { readonly tensor: string; readonly transposed: boolean };
  readonly value?: { readonly tensor: string };
}

export interface Structure {
  /** Hidden states of one source from what enters layer 1 to what the last layer hands on. */
  readonly hidden: readonly (LayerInfo & { readonly tensor: string })[];
  readonly attentions: readonly Attention[];
  readonly sublayers: readonly Sublayer[];
}

const RECURRENT = new Set(["LSTM", "GRU", "RNN", "DynamicQuantizeLSTM"]);
/** What may stand between a score product and its softmax. */
const BETWEEN = new Set([
  "Add",
  "Sub",
  "Mul",
  "Div",
  "Where",
  "Reshape",
  "Cast",
  "Identity",
  "Tanh",
  "Clip",
  "Transpose",
  "Squeeze",
  "Unsqueeze",
  "Max",
  "Min",
  "Concat", // a sink's logit beside the scores
]);

/** What leads from a source's tokens to the target: its nodes in order, and whether a tensor lies on it. */
export function onTheWay(
  shaped: ShapedGraph,
  { source, target }: { source: Source; target: string },
): { path: readonly Node[]; on: (tensor: string) => boolean } {
  const own = activity(shaped, source.tensors), upstream = ancestors(shaped.graph, target);
  const on = (tensor: string): boolean => own.has(tensor) && upstream.has(tensor);
  return { path: shaped.graph.nodes.filter((node) => node.inputs.some(on) && node.outputs.some(on)), on };
}

/** Tensors through which every path runs, in order. */
export function cuts(
  path: readonly Node[],
  from: readonly string[],
  on: (tensor: string) => boolean,
): { tensor: string; after: number }[] {
  const pending = new Map<string, number>();
  for (const node of path) {
    for (const input of new Set(node.inputs)) if (on(input)) pending.set(input, (pending.get(input) ?? 0) + 1);
  }
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

/** Walks back from a softmax to the product of two active tensors that made its scores, and to what they are multiplied by on the way. */
function scoreProduct(
  softmax: Node,
  shaped: ShapedGraph,
  { made, active }: { made: ReadonlyMap<string, Node>; active: ReadonlySet<string> },
): { node: Node; scale: number } | undefined {
  const queue = [{ tensor: softmax.inputs[0]!, scale: 1 }], seen = new Set<string>();
  for (let next = queue.shift(); next; next = queue.shift()) {
    const { tensor, scale } = next, node = made.get(tensor);
    if (!node || seen.has(tensor)) continue;
    seen.add(tensor);
    if (node.op === "MatMul" && node.inputs.slice(0, 2).every((input) => active.has(input))) return { node, scale };
    if (!BETWEEN.has(node.op)) continue;
    const factor = node.op === "Mul" || node.op === "Div"
      ? node.inputs.map((input) => scalar(input, shaped)).find((value) => value !== undefined) ?? 1
      : 1;
    queue.push(
      ...node.inputs.filter((input) => active.has(input)).map((input) => ({
        tensor: input,
        scale: node.op === "Div" ? scale / factor : scale * factor,
      })),
    );
  }
  return undefined;
}

/** A constant's one number. */
function scalar(name: string, { graph, known }: ShapedGraph): number | undefined {
  const tensor = known.get(name) ?? graph.constants.get(name);
  if (!tensor || size(tensor.dims) !== 1) return undefined;
  return numbers("read" in tensor ? tensor.read() : tensor)[0];
}

/** Follows attention weights to the product with the values. */
function valueProduct(
  weights: string,
  users: ReadonlyMap<string, readonly Node[]>,
): { node: Node; weights: string } | undefined {
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
  const { graph, types } = shaped,
    made = producers(graph.nodes),
    users = consumers(graph.nodes),
    { path, on } = onTheWay(shaped, { source, target });
  const reached = new Map(sources.map((s) => [s.name, activity(shaped, s.tensors)]));
  const all = activity(shaped, sources.flatMap((s) => s.tensors));

  const attentions: Attention[] = [];
  const anchors: number[] = [];
  path.forEach((node, at) => {
    if (node.op !== "Softmax" || (types.get(node.outputs[0]!)?.dims.length ?? 0) < 3) return;
    const found = scoreProduct(node, shaped, { made, active: all });
    if (!found) return;
    const { node: product, scale } = found,
      [query, key] = product.inputs as [string, string],
      read = valueProduct(node.outputs[0]!, users);
    const owner = (tensor: string): string =>
      [...reached].reverse().find(([, set]) => set.has(tensor))?.[0] ?? source.name;
    const from = owner(query), to = owner(key), kind = from === to ? "self" : "cross";
    if (kind === "self" && from === source.name) anchors.push(at);
    attentions.push({
      layer: attentions.filter((a) => a.kind === kind && a.from === from).length + 1,
      name: node.name,
      kind,
      from,
      to,
      weights: read?.weights ?? node.outputs[0]!,
      scale,
      query: { tensor: query },
      key: { tensor: key, transposed: product.attributes["transB"] !== 1 },
      ...(read ? { value: { tensor: read.node.inputs[1]! } } : {}),
    });
  });
  if (anchors.length === 0) path.forEach((node, at) => RECURRENT.has(node.op) && anchors.push(at));
  if (anchors.length === 0) path.forEach((node, at) => node.op === "Conv" && anchors.push(at));

  const rows = cuts(path, source.tensors, on).filter(({ tensor }) => {
    const dims = types.get(tensor)?.dims ?? [];
    return dims.length > 1 && size(dims.slice(0, -1)) === positions;
  });
  const states = rows.filter(({ tensor }) => {
    const dims = types.get(tensor)!.dims;
    return dims.length === 3 && dims[0] === 1;
  });
  const hidden: (LayerInfo & { tensor: string })[] = [];
  const push = (tensor: string | undefined): void => {
    if (tensor && hidden.at(-1)?.tensor !== tensor) {
      hidden.push({ index: hidden.length, name: made.get(tensor)?.name || tensor, tensor });
    }
  };
  anchors.forEach((at) =>
    push(
      states.filter(({ after }) => after < at).at(-1)?.tensor ?? (hidden.length === 0 ? source.tensors[0] : undefined),
    )
  );
  push(states.filter(({ after }) => after >= (anchors.at(-1) ?? -1)).at(-1)?.tensor);
  return { hidden, attentions, sublayers: sublayersOf({ source, path, on, rows, attentions, hidden }) };
}
