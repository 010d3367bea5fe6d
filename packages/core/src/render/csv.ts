/**
 * Explanations as CSV (RFC 4180): one row a score, the same columns for every result type, so that files can be stacked.
 *
 * @module
 */
import type { Explanation } from "../result/mod.ts";
import { methodName, nameOf } from "./describe.ts";
import { entriesOf } from "./matrix.ts";
import { csvText } from "./safe.ts";
import { tokenText } from "./units.ts";

/** What a row says. A field that a result type does not have stays empty. */
interface Row {
  readonly layer?: string;
  readonly head?: string;
  /** Number and text of the token, or of the row of a matrix. */
  readonly index?: number;
  readonly token?: string;
  /** Column of a matrix. */
  readonly toIndex?: number;
  readonly to?: string;
  readonly start?: number;
  readonly end?: number;
  readonly special?: boolean;
  readonly source?: string;
  readonly label?: string;
  readonly x?: number;
  readonly value?: number | string | boolean;
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}

const header = [
  "text",
  "model",
  "method",
  "type",
  "target",
  "foil",
  "layer",
  "head",
  "index",
  "token",
  "to_index",
  "to",
  "start",
  "end",
  "special",
  "source",
  "label",
  "x",
  "value",
  "low",
  "high",
];

const cell = (value: string | number | boolean | undefined): string =>
  value === undefined ? "" : typeof value === "string" ? csvText(value) : `${value}`;

/** CSV with a header and CRLF line ends; text that a spreadsheet would run as a formula begins with an apostrophe. */
export function renderCsv(explanations: readonly Explanation[]): string {
  const lines = explanations.flatMap((explanation) => {
    const { target, model, text, type } = explanation;
    const first = [text, model.id, methodName(explanation), type, nameOf(target), target.foil && nameOf(target.foil)];
    return rowsOf(explanation).map((row) =>
      [
        ...first,
        row.layer,
        row.head,
        row.index,
        row.token,
        row.toIndex,
        row.to,
        row.start,
        row.end,
        row.special,
        row.source,
        row.label,
        row.x,
        row.value,
        row.low,
        row.high,
      ].map(cell).join(",")
    );
  });
  return [header.join(","), ...lines].join("\r\n") + "\r\n";
}

function rowsOf(explanation: Explanation): Row[] {
  const place = (index: number): Row => {
    const { start, end, special, source } = explanation.tokens[index]!;
    return {
      index,
      token: tokenText(explanation, index),
      start,
      end,
      special,
      ...(source === undefined ? {} : { source }),
    };
  };
  switch (explanation.type) {
    case "token-scores":
      return explanation.data.values.map((value, i) => ({
        ...place(i),
        value,
        low: explanation.data.low?.[i],
        high: explanation.data.high?.[i],
      }));
    case "token-matrix": {
      const { rows, columns, values } = explanation.data;
      return rows.flatMap((row, r) =>
        columns.map((to, c) => ({
          ...place(row),
          toIndex: to,
          to: tokenText(explanation, to),
          value: values[r * columns.length + c]!,
        }))
      );
    }
    case "layer-head-grid":
      return gridRows(explanation);
    case "span-scores":
      return explanation.data.spans.map(({ start, end, text, score }) => ({
        index: start,
        toIndex: end,
        token: text,
        start: explanation.tokens[start]!.start,
        end: explanation.tokens[end - 1]!.end,
        value: score,
      }));
    case "counterfactuals":
      return explanation.data.items.map(({ text, value, prediction }) => ({
        token: text,
        label: nameOf(prediction),
        value,
      }));
    case "corpus-summary": {
      const { items, measures } = explanation.data;
      return [
        ...measures.map(({ title, value, low, high }) => ({ label: title, value, low, high })),
        ...items.map(({ label, count, mean, low, high }) => ({ token: label, x: count, value: mean, low, high })),
      ];
    }
    case "model-card":
      return explanation.data.sections.flatMap(({ title, entries }) =>
        entries.map(({ label, value }) => ({ label: `${title}: ${label}`, value }))
      );
    case "curve":
      return explanation.data.series.flatMap(({ title, x, y }) =>
        x.map((at, i) => ({ label: title, x: at, value: y[i]! }))
      );
  }
}

function gridRows(explanation: Extract<Explanation, { type: "layer-head-grid" }>): Row[] {
  const { shape, axes, values } = explanation.data;
  const entries = axes.map((axis, i) => entriesOf(explanation, axis, shape[i]!));
  return values.map((value, flat) => {
    const row: { -readonly [K in keyof Row]: Row[K] } = { value };
    let rest = flat;
    for (let i = shape.length - 1; i >= 0; i--) {
      const at = rest % shape[i]!, entry = entries[i]![at]!, { name, tokens } = axes[i]!;
      rest = Math.floor(rest / shape[i]!);
      if (name === "layer" || name === "head") row[name] = entry;
      else if (name === "to") [row.toIndex, row.to] = [tokens?.[at] ?? at, entry];
      else [row.index, row.token] = [tokens?.[at] ?? at, entry];
    }
    return row;
  });
}
