/**
 * What must hold between the fields of an explanation, which a JSON Schema cannot say.
 *
 * @module
 */
import type { Explanation, Result } from "./explanation.ts";
import type { Ledger } from "./parts.ts";

/** A field that contradicts another. */
export interface Problem {
  readonly path: (string | number)[];
  readonly message: string;
}

const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Σ of all lines beside the tokens' own. */
export const leaked = ({ leaks }: Ledger): number => Object.values(leaks).reduce((sum, leak) => sum + leak, 0);

/** The fields that can contradict each other. */
export type Judged = Pick<Explanation, "tokens" | "words"> & {
  readonly diagnostics: Pick<Explanation["diagnostics"], "ledger">;
} & Result;

/** Every contradiction in an explanation whose fields are well-formed; empty for an honest one. */
export function problemsOf(explanation: Judged): Problem[] {
  const problems: Problem[] = [];
  const must = (holds: boolean, path: (string | number)[], message: string) => {
    if (!holds) problems.push({ path, message });
  };
  const { tokens, words, data, diagnostics: { ledger } } = explanation;
  const within = (indices: readonly number[], path: (string | number)[]) =>
    must(indices.every((i) => i < tokens.length), path, `Token index out of range: there are ${tokens.length} tokens`);

  tokens.forEach(({ start, end }, i) => must(start <= end, ["tokens", i], "A token ends before it starts"));
  words?.forEach((word, i) => within(word.tokens, ["words", i, "tokens"]));
  if ("values" in data) {
    const size = product(data.shape);
    must(
      data.values.length === size,
      ["data", "values"],
      `Shape [${data.shape}] needs ${size} values, not ${data.values.length}`,
    );
  }
  switch (explanation.type) {
    case "token-scores": {
      const { shape: [count], values, low, high } = explanation.data;
      must(count === tokens.length, ["data", "shape"], `There are ${tokens.length} tokens, not ${count}`);
      must((low === undefined) === (high === undefined), ["data", "low"], "An interval needs both ends");
      for (const [name, bound] of [["low", low], ["high", high]] as const) {
        must(!bound || bound.length === count, ["data", name], `There are ${count} scores, not ${bound?.length}`);
      }
      must(
        values.every((v, i) => (low?.[i] ?? v) <= v && v <= (high?.[i] ?? v)),
        ["data", "low"],
        "A score lies outside its interval",
      );
      break;
    }
    case "token-matrix": {
      const { rows, columns, shape } = explanation.data;
      must(
        rows.length === shape[0],
        ["data", "rows"],
        `${shape[0]} rows need as many token indices, not ${rows.length}`,
      );
      must(
        columns.length === shape[1],
        ["data", "columns"],
        `${shape[1]} columns need as many token indices, not ${columns.length}`,
      );
      within(rows, ["data", "rows"]);
      within(columns, ["data", "columns"]);
      break;
    }
    case "layer-head-grid": {
      const { axes, shape } = explanation.data;
      must(
        axes.length === shape.length,
        ["data", "axes"],
        `${shape.length} dimensions need as many axes, not ${axes.length}`,
      );
      axes.forEach(({ labels, tokens: indices }, i) => {
        for (const [name, list] of [["labels", labels], ["tokens", indices]] as const) {
          must(
            !list || list.length === shape[i],
            ["data", "axes", i, name],
            `The axis has ${shape[i]} entries, not ${list?.length}`,
          );
        }
        if (indices) within(indices, ["data", "axes", i, "tokens"]);
      });
      break;
    }
    case "span-scores":
      explanation.data.spans.forEach(({ start, end }, i) =>
        must(
          start < end && end <= tokens.length,
          ["data", "spans", i],
          `A span must lie within the ${tokens.length} tokens`,
        )
      );
      break;
    case "curve":
      explanation.data.series.forEach(({ x, y }, i) =>
        must(x.length === y.length, ["data", "series", i], `${x.length} x need as many y, not ${y.length}`)
      );
      break;
  }
  if (ledger) problems.push(...ledgerProblems(ledger));
  return problems;
}

/** value = tokens + Σ leaks + residual, to rounding; `closed` says what residual and tolerance say. */
function ledgerProblems(ledger: Ledger): Problem[] {
  const { value, tokens, residual, tolerance, closed, leaks } = ledger;
  const scale = [value, tokens, residual, ...Object.values(leaks)].reduce((sum, line) => sum + Math.abs(line), 0);
  const gap = value - tokens - leaked(ledger) - residual;
  const problems: Problem[] = [];
  if (Math.abs(gap) > 1e-6 * scale) {
    problems.push({ path: ["diagnostics", "ledger"], message: `The lines miss the value by ${gap.toPrecision(3)}` });
  }
  if (closed !== Math.abs(residual) <= tolerance * Math.abs(value)) {
    problems.push({ path: ["diagnostics", "ledger", "closed"], message: "Says otherwise than residual and tolerance" });
  }
  return problems;
}
