/**
 * What a mask hides, read off the graph instead of off its matrix: an exporter writes `Where(causal & padding, 0, −∞)` of the size
 * queries × keys, but its conditions are vectors, or comparisons of positions that are known once the shape is.
 *
 * @module
 */
import { broadcast } from "../program/builder.ts";
import { type Graph, type Node, operator } from "../graph/graph.ts";
import { isFloat, numbers, size, type Tensor } from "../graph/tensor.ts";
import type { ShapedGraph } from "./analysis.ts";

/** A filling at or below this leaves no probability behind a softmax. */
export const NOTHING = -1e4;

/** Whether a key is seen: where every condition holds, and for row i from `span[2i]` up to `span[2i + 1]`. */
export interface Visibility {
  readonly conditions: readonly { readonly tensor: string; readonly holds: boolean }[];
  /** Left out where every row sees every key. */
  readonly span?: Int32Array;
}

interface Scene {
  readonly shaped: ShapedGraph;
  readonly made: ReadonlyMap<string, Node>;
  /** The scores' last two sizes. */
  readonly queries: number;
  readonly keys: number;
}

/** A mask that only hides: `times` its filling leaves nothing. `undefined` for one that may add something. */
export function hiding(mask: string, times: number, scene: Scene): Visibility | undefined {
  let tensor = mask;
  for (let node = scene.made.get(tensor); node; node = scene.made.get(tensor)) {
    if (node.op === "Where") {
      const [condition, a, b] = node.inputs as [string, string, string];
      const [x, y] = [a, b].map((name) => only(name, scene.shaped));
      if (x === 0 && y !== undefined && y * times <= NOTHING) return visibility(condition, true, scene);
      if (y === 0 && x !== undefined && x * times <= NOTHING) return visibility(condition, false, scene);
      return undefined;
    }
    if (!REPEATS.has(operator(node))) return undefined;
    tensor = node.inputs[0]!;
  }
  return undefined;
}

/** A condition taken apart. */
export function visibility(condition: string, holds: boolean, scene: Scene): Visibility {
  const conditions: { tensor: string; holds: boolean }[] = [];
  let span: Int32Array | undefined;
  for (const part of holds ? conjuncts(condition, scene) : [condition]) {
    const own = holds ? spanOf(part, scene) : undefined;
    if (!own) conditions.push({ tensor: part, holds });
    else span = span ? span.map((v, i) => (i % 2 ? Math.min(v, own[i]!) : Math.max(v, own[i]!))) : own;
  }
  const all = span?.every((v, i) => v === (i % 2 ? scene.keys : 0)) ?? true;
  const empty = span?.some((v, i) => i % 2 === 1 && v <= span![i - 1]!) ?? false;
  if (empty) return { conditions: [{ tensor: condition, holds }] }; // a row that sees nothing attends to everything alike
  return all ? { conditions } : { conditions, span: span! };
}

/** What repeats a mask or changes its type: the smaller one broadcasts to the same. */
const REPEATS = new Set(["Expand", "Cast", "Identity"]);

/** The parts of a conjunction. */
function conjuncts(condition: string, scene: Scene): string[] {
  const node = scene.made.get(condition), { types } = scene.shaped;
  if (node?.op === "And") return node.inputs.flatMap((input) => conjuncts(input, scene));
  if (node && REPEATS.has(operator(node)) && types.get(node.inputs[0]!)?.dtype === "bool") {
    return conjuncts(node.inputs[0]!, scene);
  }
  return [condition];
}

const COMPARISONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  Less: (a, b) => a < b,
  LessOrEqual: (a, b) => a <= b,
  Greater: (a, b) => a > b,
  GreaterOrEqual: (a, b) => a >= b,
  Equal: (a, b) => a === b,
};

/** For each row the keys it sees, where that is known and one stretch. */
function spanOf(condition: string, { shaped, made, queries, keys }: Scene): Int32Array | undefined {
  const node = made.get(condition), compare = node && COMPARISONS[operator(node)];
  const sees = matrix(condition, shaped, { queries, keys });
  const [a, b] = compare ? node.inputs.map((name) => matrix(name, shaped, { queries, keys })) : [];
  const at = sees
    ? (i: number, j: number): boolean => sees(i, j) !== 0
    : a && b
    ? (i: number, j: number) => compare!(a(i, j), b(i, j))
    : undefined;
  if (!at) return undefined;
  const span = new Int32Array(2 * queries);
  for (let i = 0; i < queries; i++) {
    let from = 0, to = keys;
    while (from < keys && !at(i, from)) from++;
    while (to > from && !at(i, to - 1)) to--;
    for (let j = from; j < to; j++) if (!at(i, j)) return undefined;
    span.set([from, to], 2 * i);
  }
  return span;
}

/** Entry (i, j) of a known tensor that is one matrix, or broadcasts to one. */
function matrix(
  name: string,
  { graph, known }: ShapedGraph,
  { queries, keys }: { queries: number; keys: number },
): ((i: number, j: number) => number) | undefined {
  const tensor = elements(name, graph, known);
  if (!tensor || size(tensor.dims.slice(0, -2)) !== 1) return undefined;
  const [rows, columns] = [tensor.dims.at(-2) ?? 1, tensor.dims.at(-1) ?? 1];
  if (String(broadcast([rows, columns], [queries, keys])) !== String([queries, keys])) return undefined;
  const values = numbers(tensor);
  return (i, j) => values[(rows === 1 ? 0 : i) * columns + (columns === 1 ? 0 : j)]!;
}

const elements = (name: string, graph: Graph, known: ReadonlyMap<string, Tensor>): Tensor | undefined =>
  known.get(name) ?? graph.constants.get(name)?.read();

/** The one number of a constant of one float. */
export function only(name: string, { graph, known }: ShapedGraph): number | undefined {
  const constant = graph.constants.get(name), type = known.get(name) ?? constant;
  if (!type || !isFloat(type.dtype) || size(type.dims) !== 1) return undefined;
  return numbers(known.get(name) ?? constant!.read())[0];
}
