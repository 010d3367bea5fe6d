/**
 * Ids that a model has no row for. A runtime stops with a long message of its own, or reads zeros: said here before it runs.
 *
 * @module
 */
import { failure } from "../errors.ts";
import { type Graph, number, producers } from "../graph/graph.ts";
import { numbers } from "../graph/tensor.ts";
import type { Inputs } from "./inputs.ts";

/** An input of ids, and the rows of the smallest table they are looked up in. */
export interface Vocabulary {
  readonly input: string;
  readonly rows: number;
}

/** What goes between an input and its look-up, or a stored table and its, without changing the number of rows. */
const BETWEEN = new Set(["Cast", "Identity", "DequantizeLinear"]);

/** The graph's look-ups of an input in a table of the file. */
export function vocabularies(graph: Graph): Vocabulary[] {
  const made = producers(graph.nodes);
  const source = (name: string): string => {
    const node = made.get(name);
    return node && BETWEEN.has(node.op) ? source(node.inputs[0]!) : name;
  };
  return graph.nodes.flatMap((node) => {
    if (node.op !== "Gather" || number(node, "axis", 0) !== 0) return [];
    const rows = graph.constants.get(source(node.inputs[0]!))?.dims[0];
    return rows === undefined ? [] : [{ input: source(node.inputs[1]!), rows }];
  });
}

/** @throws ID_OUT_OF_RANGE for the first id beyond the table it is looked up in */
export function checkIds(known: readonly Vocabulary[], inputs: Inputs): void {
  for (const { input, rows } of known) {
    const ids = inputs.get(input), wrong = ids && numbers(ids).find((id) => id < -rows || id >= rows);
    if (wrong === undefined) continue;
    throw failure({
      code: "ID_OUT_OF_RANGE",
      message: `The model has no row ${wrong} for "${input}": it knows ids 0 to ${rows - 1}`,
      hint: "Encode the text with this model's own tokenizer",
    });
  }
}
