/**
 * Which taps are not worth keeping. Between the two passes every tap takes memory; a sum or a product of others that are kept
 * anyway is computed again where it is needed, for one pass over its elements.
 *
 * @module
 */
import { type Node, producers } from "../graph/graph.ts";
import type { ShapedGraph } from "./analysis.ts";

/** Operators cheap enough, element by element. */
const CHEAP = new Set(["Add", "Sub", "Mul", "Div"]);

/** What it asks about tensors. */
export interface Asked {
  isFixed(name: string): boolean;
  /** Whether a node only moves elements, and is recomputed in any case. */
  moves(node: Node): boolean;
}

/**
 * Tensors to compute again, in the graph's order: taps, and what lies between them and the taps they are made from. That is movement
 * and operators with one operand that is not fixed, a bias or a scale. A longer chain, as the sums of a residual stream are one, is
 * not followed: all its members would be needed at once.
 */
export function redone({ graph, types }: ShapedGraph, taps: Iterable<string>, asked: Asked): Set<string> {
  const kept = new Set(taps), made = producers(graph.nodes), again = new Set<string>();
  const plain = (node: Node): boolean => node.domain === "" && CHEAP.has(node.op) && !node.quantised;
  /** Adds what lies between a tensor and kept ones to `between`; false where there is more than that. */
  const reaches = (name: string, between: string[]): boolean => {
    if (kept.has(name) || asked.isFixed(name)) return true;
    const node = made.get(name);
    if (!node) return false;
    if (asked.moves(node)) return reaches(node.inputs[0]!, between);
    const [one, ...more] = node.inputs.filter((input) => !asked.isFixed(input));
    if (!plain(node) || !one || more.length || !reaches(one, between)) return false;
    between.push(name);
    return true;
  };
  for (const node of graph.nodes) {
    const [output] = node.outputs as [string];
    if (!kept.has(output) || !plain(node) || types.get(output)?.dtype !== "float32") continue;
    const between: string[] = [];
    if (!node.inputs.every((input) => reaches(input, between))) continue;
    kept.delete(output);
    for (const name of [...between, output]) again.add(name);
  }
  return again;
}
