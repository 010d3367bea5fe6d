/**
 * The forward pass as a program: the same primitives that carry relevance back compute the model's answer.
 *
 * An executor that has them all needs no other runtime, and no copy of the weights but its own.
 *
 * @module
 */
import { Builder } from "../program/builder.ts";
import type { Program } from "../program/program.ts";
import { ancestors, type ShapedGraph } from "./analysis.ts";
import { WholeAttentions } from "./attention_context.ts";
import { finished } from "./finished.ts";
import { ForwardValues } from "./forward_values.ts";

/**
 * Compiles the forward pass for one input shape.
 *
 * @param shaped the graph; its integer operators, if any, still as the file has them
 * @param wanted tensors the graph computes
 * @param options.given tensors the graph computes that are given instead
 * @param options.sources tensors that hold the tokens: where they are known, attentions are computed tile by tile
 * @returns a program whose taps are the model's inputs and `given`, and whose `values` hold an entry for each of `wanted`, floats as float32
 *
 * @example
 * ```ts
 * import { compileForward, type Graph, infer } from "@hyaline/core";
 * const graph: Graph = {
 *   inputs: [{ name: "x", dtype: "float32", dims: [2] }],
 *   outputs: [{ name: "y", dtype: "float32", dims: [2] }],
 *   nodes: [{ op: "Tanh", domain: "", name: "t", inputs: ["x"], outputs: ["y"], attributes: {} }],
 *   constants: new Map(), inFile: new Set(["y"]), opsets: new Map([["", 21]]),
 * };
 * const { taps, steps } = compileForward({ graph, ...infer(graph, new Map()) }, ["y"]);
 * console.assert(taps[0] === "x" && steps[0]?.op === "Tanh");
 * ```
 */
export function compileForward(
  shaped: ShapedGraph,
  wanted: readonly string[],
  { given = [], sources = [] }: { given?: readonly string[]; sources?: readonly string[] } = {},
): Program {
  const b = new Builder(), forward = new ForwardValues(shaped, b, new Set(given));
  const needed = ancestors(shaped.graph, ...wanted),
    attentions = new WholeAttentions({ b, forward, shaped, sources, seen: new Set([...wanted, ...given]) });
  given.forEach((name) => needed.delete(name));
  // In the graph's order, so that no value waits for a long chain of others.
  for (const node of shaped.graph.nodes) {
    const output = node.outputs.find((name) => needed.has(name));
    if (output && !attentions.takes(node)) forward.value(output);
  }
  return finished(b, {
    taps: forward.taps,
    cotangents: new Map(),
    values: new Map(wanted.map((name) => [name, forward.value(name)])),
    ledger: [],
  });
}
