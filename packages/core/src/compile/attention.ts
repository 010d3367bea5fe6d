/**
 * Finds softmax(s·Q Kᵀ + masks) V. The message crosses the whole of it at once, so that nothing of the size queries × keys is
 * tapped or kept: the executor computes probabilities again, a tile of rows at a time.
 *
 * @module
 */
import { type Node, number, operator, producers } from "../graph/graph.ts";
import { size } from "../graph/tensor.ts";
import type { ShapedGraph } from "./analysis.ts";
import { NOTHING, only } from "./visibility.ts";

/** A term of the scores that no token reaches. */
export type Mask =
  /** Added, times a factor. */
  | { readonly node: Node; readonly add: string; readonly times: number }
  /** The scores stand where the condition is `keeps`, a number so low that its probability is nothing elsewhere. */
  | { readonly node: Node; readonly where: string; readonly keeps: boolean };

/** One attention: the product with the values, and all that leads from the score product to it. */
export interface Attention {
  readonly score: Node;
  readonly softmax: Node;
  readonly value: Node;
  /** Everything between the score product and the product with the values, both left out. */
  readonly between: readonly Node[];
  /** What Q Kᵀ is multiplied by, the factor of the score product among it. */
  readonly scale: number;
  readonly masks: readonly Mask[];
  /** Leading axes of the scores where the masks join. */
  readonly lead: readonly number[];
}

/** Every attention of a graph, by the node of its product with the values. */
export function attentionsOf(shaped: ShapedGraph, isActive: (tensor: string) => boolean): Map<Node, Attention> {
  const made = producers(shaped.graph.nodes), found = new Map<Node, Attention>();
  for (const value of shaped.graph.nodes) {
    const attention = value.op === "MatMul" && value.domain === ""
      ? walked(value, { shaped, made, isActive })
      : undefined;
    if (attention) found.set(value, attention);
  }
  return found;
}

interface Surroundings {
  readonly shaped: ShapedGraph;
  readonly made: ReadonlyMap<string, Node>;
  isActive(tensor: string): boolean;
}

/** Walks up from a product with values; `undefined` where something on the way is not understood. */
function walked(value: Node, { shaped, made, isActive }: Surroundings): Attention | undefined {
  const { types } = shaped, dimsOf = (name: string) => types.get(name)?.dims ?? [];
  const between: Node[] = [], masks: Mask[] = [];
  let softmax: Node | undefined, scale = 1, lead: readonly number[] | undefined;
  if (value.quantised || number(value, "transA", 0) === 1 || dimsOf(value.inputs[1]!).length < 2) return undefined;
  for (let tensor = value.inputs[0]!;;) {
    const node = made.get(tensor), dims = dimsOf(tensor);
    if (!node || node.quantised || dims.length < 2) return undefined;
    if (node.op === "MatMul" && node.domain === "") {
      const [q, k] = node.inputs.map(dimsOf) as [readonly number[], readonly number[]];
      if (!softmax || q.length < 2 || k.length < 2 || !node.inputs.some(isActive)) return undefined;
      scale *= number(node, "alpha", 1);
      return {
        score: node,
        softmax,
        value,
        between,
        scale,
        masks,
        lead: lead ?? dimsOf(softmax.inputs[0]!).slice(0, -2),
      };
    }
    const next = softmax
      ? towardsScores(node, { shaped, isActive, scale })
      : towardsSoftmax(node, { shaped, made, dims });
    if (!next || !keepsRows(dims, dimsOf(next.tensor))) return undefined;
    if (next.mask) {
      if (lead && String(lead) !== String(dims.slice(0, -2))) return undefined; // masks of two layouts
      lead = dims.slice(0, -2);
      masks.push(next.mask);
    }
    if (node.op === "Softmax") softmax = node;
    scale *= next.times ?? 1;
    between.push(node);
    tensor = next.tensor;
  }
}

/** A step up the chain: where it goes on, and what it does to the scores. */
interface Next {
  readonly tensor: string;
  readonly times?: number;
  readonly mask?: Mask;
}

/** Between probabilities and their product: what moves leading axes, and the guard against rows that see nothing. */
function towardsSoftmax(
  node: Node,
  { shaped, made, dims }: { shaped: ShapedGraph; made: ReadonlyMap<string, Node>; dims: readonly number[] },
): Next | undefined {
  if (PASSES.has(operator(node))) return { tensor: node.inputs[0]! };
  if (node.op === "Softmax") {
    const axis = number(node, "axis", -1);
    return axis === -1 || axis === dims.length - 1 ? { tensor: node.inputs[0]! } : undefined;
  }
  if (node.op !== "Where") return undefined;
  const [condition, zero, kept] = node.inputs as [string, string, string], guard = made.get(condition);
  return guard?.op === "IsNaN" && guard.inputs[0] === kept && only(zero, shaped) === 0 ? { tensor: kept } : undefined;
}

/** Between the score product and the softmax: factors and masks. `scale` is what stands behind this node. */
function towardsScores(
  node: Node,
  { shaped, isActive, scale }: {
    shaped: ShapedGraph;
    isActive(tensor: string): boolean;
    scale: number;
  },
): Next | undefined {
  const [a = "", b = "", c = ""] = node.inputs;
  if (PASSES.has(operator(node))) return { tensor: a };
  if (isActive(a) && isActive(b)) return undefined; // two kinds of scores
  const [scores, other] = isActive(a) ? [a, b] : [b, a];
  switch (operator(node)) {
    case "Add":
      return { tensor: scores, mask: { node, add: other, times: scale } };
    case "Mul":
    case "Div": {
      const factor = only(other, shaped);
      if (!factor || (node.op === "Div" && scores !== a)) return undefined;
      return { tensor: scores, times: node.op === "Div" ? 1 / factor : factor };
    }
    case "Where": {
      const keeps = isActive(b), filling = only(keeps ? c : b, shaped);
      if (isActive(b) === isActive(c) || filling === undefined || scale <= 0 || filling * scale > NOTHING) {
        return undefined;
      }
      return { tensor: keeps ? b : c, mask: { node, where: a, keeps } };
    }
    default:
      return undefined;
  }
}

/** Operators that leave rows of scores as they are. Types are changed between floats only: what is active is a float. */
const PASSES = new Set(["Cast", "Identity", "Reshape", "Squeeze", "Unsqueeze"]);

/** Whether the last two axes stay what they are and no element is added. */
const keepsRows = (to: readonly number[], from: readonly number[]): boolean =>
  from.length >= 2 && size(to) === size(from) && to.at(-1) === from.at(-1) && to.at(-2) === from.at(-2);
