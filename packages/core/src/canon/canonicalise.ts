/**
 * Runs the canonicalisers over a graph, one after the other.
 *
 * @module
 */
import { type Graph, operator } from "../graph/graph.ts";
import { builtIn } from "./built_in.ts";
import type { Canonicaliser, Refusal, Report } from "./canonicaliser.ts";
import { Draft } from "./draft.ts";
import { type Knowledge, Scene } from "./scene.ts";

export interface Canonical {
  readonly graph: Graph;
  readonly report: Report;
}

/**
 * Rewrites what exporters and optimizers spell out or fuse into the operators that rules know.
 *
 * The result computes the same (up to rounding; where the file computes with integers, up to that: such nodes are marked
 * `quantised`). Tensors of the file keep their names, `inFile` stays; new tensors have no types: call `infer` again.
 *
 * @param graph nodes in topological order
 * @param knowledge what `infer` told of it
 *
 * @example
 * ```ts
 * import { canonicalise, type Graph, infer } from "@hyaline/core";
 * const node = (op: string, inputs: string[], outputs: string[]) => ({ op, domain: "", name: op, inputs, outputs, attributes: {} });
 * const graph: Graph = {
 *   inputs: [{ name: "x", dtype: "float32", dims: [2] }],
 *   outputs: [{ name: "y", dtype: "float32", dims: [2] }],
 *   nodes: [node("Sigmoid", ["x"], ["s"]), node("Mul", ["x", "s"], ["y"])],
 *   constants: new Map(), inFile: new Set(["s", "y"]), opsets: new Map([["", 21]]),
 * };
 * console.assert(canonicalise(graph, infer(graph, new Map())).graph.nodes[0]?.op === "Silu");
 * ```
 */
export function canonicalise(
  graph: Graph,
  knowledge: Knowledge,
  canonicalisers: readonly Canonicaliser[] = builtIn,
): Canonical {
  const scene = new Scene(graph, knowledge), fired: Report["fired"][number][] = [];
  const refusals: { name: string; refusal: Refusal }[] = [];
  for (const { name, at, rewrite } of canonicalisers) {
    const places = new Set(at);
    let changed = false;
    // Outermost first: what a rewrite takes in is not asked again.
    for (const node of [...scene.nodes].reverse()) {
      if (!places.has(operator(node)) || !scene.has(node)) continue;
      const outcome = rewrite(node, scene);
      if (outcome instanceof Draft) {
        scene.replace(node, outcome);
        fired.push({ name, node: node.name });
        changed = true;
      } else if (outcome) refusals.push({ name, refusal: outcome });
    }
    if (changed) scene.sort();
  }
  const refused = new Map<string, Report["refused"][number]>();
  for (const { name, refusal } of refusals) {
    if (scene.has(refusal.at)) {
      refused.set(`${name} ${refusal.at.outputs[0]}`, { name, node: refusal.at.name, because: refusal.because });
    }
  }
  return { graph: scene.graph(), report: { fired: fired.reverse(), refused: [...refused.values()] } };
}
