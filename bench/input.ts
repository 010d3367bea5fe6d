/**
 * Inputs of a text's form for any checkpoint: what the words are does not change the time.
 *
 * @module
 */
import type { Graph, Tensor } from "@hyaline/core";

/** Ids of `length` tokens, all seen, of the first type, in order. */
export const idsOf = (graph: Graph, length: number): Map<string, Tensor> =>
  new Map(graph.inputs.map(({ name }): [string, Tensor] => {
    const of = name === "input_ids"
      ? (i: number) => 5 + (37 * i) % 90
      : name === "position_ids"
      ? (i: number) => i
      : () => Number(name === "attention_mask");
    return [name, { dtype: "int64", dims: [1, length], data: BigInt64Array.from({ length }, (_, i) => BigInt(of(i))) }];
  }));
