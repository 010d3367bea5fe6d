/**
 * Sub-layers: y = x + f(x). A layer adds to what passes it by what an attention or a feed-forward net made of it (He et al. 2016,
 * Vaswani et al. 2017). Found where an addition makes a cut of an earlier cut and of what was made from that one.
 *
 * Where such a sum hands its message on unchanged to what it adds up, R(y) = R(f) + R past it. So the share of each sub-layer is read
 * off two messages, and nothing is guessed.
 *
 * @module
 */
import { type Node, producers } from "../graph/graph.ts";
import type { SublayerPoint } from "../plugin/evidence.ts";
import type { Source } from "./sources.ts";
import type { Attention } from "./structure.ts";

export interface Sublayer {
  /** Counted from 1. */
  readonly layer: number;
  readonly kind: SublayerPoint["kinds"][number];
  /** x, f(x) and y. Sub-layers that work side by side have x and y in common. */
  readonly enters: string;
  readonly output: string;
  readonly sum: string;
}

/** A point with its tensors: relevance is that of the first less that of the others. */
export type PlacedPoint = Omit<SublayerPoint, "source"> & { readonly of: readonly [string, ...string[]] };

interface Found {
  readonly source: Source;
  readonly path: readonly Node[];
  readonly on: (tensor: string) => boolean;
  /** Cuts with one row a token, in order. */
  readonly rows: readonly { readonly tensor: string; readonly after: number }[];
  readonly attentions: readonly Attention[];
  readonly hidden: readonly { readonly tensor: string }[];
}

/** What x may pass on its way into the sum: it stays the same numbers, but for a constant factor. */
const PASSES = new Set(["Identity", "Cast", "Reshape", "Dropout", "Mul", "Div"]);

/** Sub-layers of one source, from the first layer to the last. */
export function sublayersOf({ source, path, on, rows, attentions, hidden }: Found): Sublayer[] {
  const made = producers(path), found: Sublayer[] = [];
  /** Where each cut is made; what the look-up gives is one too, where it is the only one. */
  const cut = new Map(source.tensors.length === 1 ? [[source.tensors[0]!, -1]] : []);
  for (const { tensor, after } of rows) if (!cut.has(tensor)) cut.set(tensor, after);
  const actives = (node: Node): string[] => node.inputs.filter((input) => on(input));
  /** What an addition adds up, where a sum is itself added to. */
  const terms = (node: Node): string[] =>
    actives(node).flatMap((input) => {
      const before = made.get(input);
      return before?.op === "Add" && !cut.has(input) && actives(before).length > 1 ? terms(before) : [input];
    });
  const origin = (tensor: string): string => {
    for (let node = made.get(tensor); !cut.has(tensor) && node; node = made.get(tensor)) {
      const inputs = actives(node);
      if (!PASSES.has(node.op) || inputs.length !== 1) break;
      tensor = inputs[0]!;
    }
    return tensor;
  };
  const ends = hidden.slice(1).map(({ tensor }) => cut.get(tensor) ?? Infinity);
  path.forEach((node, at) => {
    const sum = node.outputs[0]!;
    if (node.op !== "Add" || !cut.has(sum) || actives(node).length < 2) return;
    const parts = terms(node).map((tensor) => ({ tensor, from: origin(tensor) })),
      by = parts.filter(({ from }) => (cut.get(from) ?? Infinity) < at);
    if (by.length !== 1 || parts.length < 2) return;
    const enters = by[0]!.from, layer = 1 + ends.filter((end) => end < at).length;
    for (const { tensor: output } of parts.filter((part) => part !== by[0])) {
      found.push({ layer, kind: kindOf(between(enters, output, { made, actives }), attentions), enters, output, sum });
    }
  });
  return found;
}

/** Nodes that make a tensor out of an earlier one. */
function between(
  from: string,
  to: string,
  { made, actives }: { made: ReadonlyMap<string, Node>; actives: (node: Node) => string[] },
): Set<Node> {
  const nodes = new Set<Node>(), queue = [to];
  for (let tensor = queue.pop(); tensor !== undefined; tensor = queue.pop()) {
    const node = made.get(tensor);
    if (tensor === from || !node || nodes.has(node)) continue;
    nodes.add(node);
    queue.push(...actives(node));
  }
  return nodes;
}

function kindOf(nodes: ReadonlySet<Node>, attentions: readonly Attention[]): Sublayer["kind"] {
  const outputs = new Set([...nodes].flatMap((node) => node.outputs)),
    has = (pattern: RegExp): boolean => [...nodes].some(({ op }) => pattern.test(op));
  const attention = attentions.find(({ weights }) => outputs.has(weights));
  if (attention) return attention.kind === "cross" ? "cross-attention" : "attention";
  return has(/^(LSTM|GRU|RNN)$/) ? "recurrent" : has(/^Conv$/) ? "convolution" : "feed-forward";
}

/** Every point of one source, from the text on: what enters the first layer, then ways through, past and after each sub-layer. */
export function pointsOf({ hidden, sublayers }: {
  hidden: readonly { readonly tensor: string }[];
  sublayers: readonly Sublayer[];
}): PlacedPoint[] {
  const points: PlacedPoint[] = hidden.slice(0, 1).map(({ tensor }) => ({
    layer: 0,
    way: "after",
    kinds: [],
    of: [tensor],
  }));
  hidden.slice(1).forEach(({ tensor: end }, k) => {
    const layer = k + 1,
      own = sublayers.filter((sublayer) => sublayer.layer === layer),
      groups = [...Map.groupBy(own, ({ sum }) => sum)];
    groups.forEach(([sum, together], i) => {
      const kinds = together.map(({ kind }) => kind), outputs = together.map(({ output }) => output);
      const next = groups[i + 1]?.[1][0]?.enters;
      points.push(
        ...together.map(({ kind, output }) => ({ layer, way: "through", kinds: [kind], of: [output] }) as const),
        { layer, way: "past", kinds, of: [sum, ...outputs] },
        { layer, way: "after", kinds, of: [next ?? end] },
      );
    });
    if (groups.length === 0) points.push({ layer, way: "after", kinds: [], of: [end] });
  });
  return points;
}
