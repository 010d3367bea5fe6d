/**
 * A game for tests: seven words, and a table with the value of each of their 128 coalitions, as the golden scripts use it.
 *
 * @module
 */
import type { Context, Edit, Evidence } from "@hyaline/core/plugin";
import { context, evidenceOf } from "../shared/sample.ts";

/** What was asked of a table game. */
export interface Asked {
  readonly edits: Edit[];
  readonly batches: number[];
}

/** Evidence of words between [CLS] and [SEP], each token a word. */
export function wordsOf(line: string): Evidence {
  const evidence = evidenceOf(`[CLS] ${line} [SEP]`);
  return {
    ...evidence,
    words: evidence.tokens.flatMap(({ text, special }, t) => (special ? [] : [{ text, tokens: [t] }])),
  };
}

/**
 * A context whose `predict` looks coalitions up: bit i of the index stands for the i-th token between the special ones.
 *
 * @param table 2ⁿ values
 */
export function tableGame(table: readonly number[], rest: Partial<Context> = {}): Context & { readonly asked: Asked } {
  const asked: Asked = { edits: [], batches: [] };
  const predict = (edits: readonly Edit[]) => {
    asked.edits.push(...edits);
    asked.batches.push(edits.length);
    const index = (
      edit: Edit,
    ) => ("keep" in edit ? edit.keep.slice(1, -1).reduce((bits, stays, i) => bits + (stays ? 2 ** i : 0), 0) : NaN);
    const values = Float32Array.from(edits, (edit) => table[index(edit)]!);
    return Promise.resolve({ values, probabilities: values.map((v) => 1 / (1 + Math.exp(-v))) });
  };
  return { ...context({ predict, ...rest }), asked };
}
