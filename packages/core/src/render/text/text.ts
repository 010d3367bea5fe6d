/**
 * Explanations for a terminal.
 *
 * @module
 */
import type { Explanation, ExplanationOf } from "../../result/mod.ts";
import { describe, type Description } from "../describe.ts";
import { type Catalogue, catalogueOf } from "../locale.ts";
import { gridMatrices, tokenMatrix } from "../matrix.ts";
import { percent } from "../numbers.ts";
import { visible } from "../safe.ts";
import { strongest } from "../units.ts";
import { sameTokens } from "../groups.ts";
import { type ColourDepth, type Ink, inkOf } from "./ink.ts";
import { bar, cells, padEnd, padStart, wrap } from "./layout.ts";
import { matrixLines, pairLines } from "./matrix.ts";
import { cardLines, columns, counterfactualLines, curveLines, spanLines, summaryLines } from "./others.ts";
import { tokenLines } from "./tokens.ts";

/** How a terminal wants it. */
export interface TextOptions {
  readonly colour?: ColourDepth;
  /** Cells a line may take. */
  readonly width?: number;
  readonly locale?: string;
}

/** Narrower than this nothing is laid out. */
const narrowest = 56;

/**
 * Explanations of one text as lines for a terminal: answers, words with their scores (methods below each other), how to
 * read them, the ledger, the checks, the cost. Without colour it says the same.
 *
 * @param explanations at least one; all of the same text
 */
export function renderText(
  explanations: readonly Explanation[],
  { colour = "none", width = 80, locale = "en" }: TextOptions = {},
): string {
  const say = catalogueOf(locale), ink = inkOf(colour), to = Math.max(narrowest, width);
  const lines = [...head(explanations[0]!, ink, to, say)];
  for (const group of sameTokens(explanations)) {
    const first = group[0]!;
    const words = describe(first, say);
    const names = group.map((explanation) => describe(explanation, say).method);
    lines.push("", `  ${ink.bold(visible(words.question))}  ${ink.dim(visible(names.join(", ")))}`, "");
    lines.push(...body(group, ink, to, say));
    const several = group.length > 1;
    for (
      const sentence of unique(
        group.flatMap((e) =>
          describe(e, say).reading.map((line, i) => (several && i > 0 ? `${e.method.id}: ${line}` : line))
        ),
      )
    ) {
      lines.push(...paragraph(sentence, to));
    }
    for (const [i, explanation] of group.entries()) {
      lines.push(...trust(describe(explanation, say), several ? names[i]! : "", ink, to, say));
    }
  }
  const notes = unique(explanations.flatMap((explanation) => describe(explanation, say).notes));
  if (notes.length) {
    lines.push(
      "",
      `  ${ink.bold(say.notes)}`,
      ...notes.flatMap((note) => paragraph(`• ${note}`, to, 2)),
    );
  }
  lines.push(
    "",
    // Time and passes count from the start, so the last explanation's are those of all
    "  " + ink.dim(visible(describe(explanations.at(-1)!, say).cost)),
  );
  return lines.join("\n").replace(/\n{3,}/g, "\n\n") + "\n";
}

const unique = <T>(list: readonly T[]): T[] => [...new Set(list)];
/** A sentence in lines; those after the first are set in by `hang`. */
const paragraph = (text: string, width: number, hang = 0): string[] =>
  wrap(visible(text), Math.min(width, 100) - 2 - hang).map((line, i) => " ".repeat(i ? 2 + hang : 2) + line);

function head(explanation: Explanation, ink: Ink, width: number, say: Catalogue): string[] {
  const { answers } = describe(explanation, say);
  const { id, dtype } = explanation.model;
  const labels = answers.slice(0, 5).map(({ label }) => visible(label));
  const room = Math.max(...labels.map(cells), 0), barRoom = Math.max(8, Math.min(32, width - room - 24));
  return [
    "",
    `  ${ink.bold(visible(id))} ${ink.dim(visible(dtype))}`,
    ...answers.slice(0, 5).map(({ value, probability, explained }, i) =>
      [
        `  ${explained ? "▸" : " "} ${padEnd(labels[i]!, room)}`,
        padStart(probability === undefined ? value : percent(probability), 9),
        probability === undefined ? "" : bar(probability, barRoom),
      ].join("  ").trimEnd()
    ),
  ];
}

function body(group: readonly Explanation[], ink: Ink, width: number, say: Catalogue): string[] {
  const explanation = group[0]!;
  switch (explanation.type) {
    case "token-scores":
      return [...tokenLines(group as ExplanationOf<"token-scores">[], ink, width, say), ""];
    case "token-matrix": {
      const scale = strongest(explanation.data.values);
      return matrixLines(tokenMatrix(explanation), { scale, signed: explanation.signed, ink, width, say });
    }
    case "layer-head-grid": {
      const scale = strongest(explanation.data.values), { signed } = explanation;
      const matrices = gridMatrices(explanation, say);
      return matrices.flatMap(({ title, matrix }) => [
        ...(title.length ? [`  ${ink.bold(visible(title.join(" · ")))}`] : []),
        ...(matrices.length > 4
          ? pairLines(matrix, { scale, signed, say, count: 3 }).slice(1, 4)
          : matrixLines(matrix, { scale, signed, ink, width, say })),
      ]);
    }
    case "span-scores":
      return [...spanLines(explanation, ink, width), ""];
    case "counterfactuals":
      return counterfactualLines(explanation, say);
    case "corpus-summary":
      return [...summaryLines(explanation, say), ""];
    case "model-card":
      return cardLines(explanation, ink, say);
    case "curve":
      return [...curveLines(explanation, width, say), ""];
  }
}

function trust({ ledger, checks }: Description, name: string, ink: Ink, width: number, say: Catalogue): string[] {
  const lines: string[] = [];
  const title = (text: string) => lines.push("", `  ${ink.bold(text)}${name ? ink.dim(`  ${visible(name)}`) : ""}`);
  if (ledger) {
    title(say.ledger.title);
    lines.push(
      ...columns(ledger.lines.map(({ label, value, share }) => [label, value, percentOf(share)]), [false, true, true]),
    );
    lines.push(...paragraph(`${ledger.closed ? "✓" : "✗"} ${ledger.verdict}`, width));
  }
  if (checks.length) {
    title(say.checksTitle);
    for (const check of checks) {
      lines.push(
        ...paragraph(`${check.mark} ${check.title} (${check.status}): ${check.summary}`, width, 2),
      );
    }
  }
  return lines;
}

const percentOf = (share: number): string => `${(share * 100).toFixed(1).replace("-", "−")} %`;
