/**
 * Result types that are lists: spans, counterfactuals, summaries, cards, curves.
 *
 * @module
 */
import type { ExplanationOf } from "../../result/mod.ts";
import { nameOf } from "../describe.ts";
import type { Catalogue } from "../locale.ts";
import { decimalsFor, percent, plain, withSign } from "../numbers.ts";
import { visible } from "../safe.ts";
import { strongest } from "../units.ts";
import type { Ink } from "./ink.ts";
import { bar, cells, clip, padEnd, padStart, riser } from "./layout.ts";

/** Columns of text, each as wide as its widest cell; numbers right. */
export function columns(rows: readonly (readonly string[])[], numeric: readonly boolean[] = []): string[] {
  const widths = (rows[0] ?? []).map((_, k) => Math.max(...rows.map((row) => cells(row[k] ?? ""))));
  return rows.map((row) =>
    ("  " + row.map((cell, k) => (numeric[k] ? padStart : padEnd)(cell, widths[k]!)).join("  ")).trimEnd()
  );
}

export function spanLines(
  { data: { spans }, signed }: ExplanationOf<"span-scores">,
  ink: Ink,
  width: number,
): string[] {
  const scale = strongest(spans.map(({ score }) => score)), decimals = decimalsFor(scale);
  return columns(
    spans.map(({ text, score }) => [
      ink.cell(` ${clip(visible(text), Math.max(10, width - 40))} `, score / scale),
      (signed ? withSign : plain)(score, decimals),
      bar(Math.abs(score) / scale, 20),
    ]),
    [false, true],
  );
}

export function counterfactualLines({ data: { items } }: ExplanationOf<"counterfactuals">, say: Catalogue): string[] {
  return items.flatMap(({ text, edits, value, prediction }) => [
    `  ${visible(text)}`,
    ...edits.map(({ from, to }) => `    ${visible(from)} → ${to ? visible(to) : `(${say.removed})`}`),
    `    ${say.quoted(visible(nameOf(prediction)))}${
      prediction.probability === undefined ? "" : ` ${percent(prediction.probability)}`
    }, ${plain(value, 3)}`,
    "",
  ]);
}

const interval = ({ low, high }: { low?: number | undefined; high?: number | undefined }): string =>
  low === undefined || high === undefined ? "" : `[${plain(low, 3)}, ${plain(high, 3)}]`;

export function summaryLines(
  { data: { documents, items, measures } }: ExplanationOf<"corpus-summary">,
  say: Catalogue,
): string[] {
  return [
    `  ${say.documents(documents)}`,
    "",
    ...columns(measures.map((m) => [visible(m.title), plain(m.value, 3), interval(m)]), [false, true]),
    "",
    ...columns(
      [
        ["", say.count, say.mean, say.interval],
        ...items.map((item) => [visible(item.label), `${item.count}`, withSign(item.mean, 3), interval(item)]),
      ],
      [false, true, true],
    ),
  ];
}

export function cardLines(
  { data: { sections } }: ExplanationOf<"model-card">,
  ink: Ink,
  say: Catalogue,
): string[] {
  return sections.flatMap(({ title, entries }) => [
    `  ${ink.bold(visible(say.told(title)))}`,
    ...columns(entries.map(({ label, value }) => [`  ${visible(label)}`, visible(`${value}`)])),
    "",
  ]);
}

export function curveLines(
  { data: { x, y, series } }: ExplanationOf<"curve">,
  width: number,
  say: Catalogue,
): string[] {
  const all = series.flatMap((line) => line.y), low = Math.min(...all), range = Math.max(...all) - low || 1;
  const length = Math.max(8, Math.min(60, width - 50));
  const rows = series.map((line) => {
    const last = line.y.length - 1;
    const spark = Array.from(
      { length },
      (_, i) => riser(Math.max(0.02, (line.y[Math.round((i / (length - 1)) * last)]! - low) / range)),
    );
    return [clip(visible(say.told(line.title)), 30), plain(line.y[0]!, 3), spark.join(""), plain(line.y[last]!, 3)];
  });
  return [
    `  ${visible(say.told(y.title))}`,
    ...columns(rows, [false, true]),
    `  ${visible(say.told(x.title))} →`,
  ];
}
