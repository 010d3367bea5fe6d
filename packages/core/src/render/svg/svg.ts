/**
 * Explanations as SVG: for a paper, a slide, a README. No script, no style sheet, no font to load.
 *
 * @module
 */
import type { Explanation } from "../../result/mod.ts";
import { describe, questionOf } from "../describe.ts";
import { sameTokens } from "../groups.ts";
import { type Catalogue, catalogueOf } from "../locale.ts";
import { markup } from "../markup.ts";
import { gridMatrices, tokenMatrix } from "../matrix.ts";
import { percent } from "../numbers.ts";
import type { Theme } from "../palette.ts";
import { visible } from "../safe.ts";
import { cells } from "../text/layout.ts";
import { inkOf } from "../text/ink.ts";
import { cardLines, counterfactualLines, spanLines, summaryLines } from "../text/others.ts";
import { strongest } from "../units.ts";
import { curvePiece } from "./curve.ts";
import { font, ink, label, moved, paper, type Piece, px, stack } from "./drawing.ts";
import { matrixPiece, multiplesPiece } from "./matrix.ts";
import { clipTo } from "./measure.ts";
import { legendPiece, tokenPiece } from "./tokens.ts";

export interface SvgOptions {
  /** Of the whole drawing, in CSS pixels. */
  readonly width?: number;
  readonly theme?: Theme;
  readonly locale?: string;
}

const margin = 20;

/** The explanations as one SVG document, one below the other. */
export function renderSvg(
  explanations: readonly Explanation[],
  { width = 720, theme = "light", locale = "en" }: SvgOptions = {},
): string {
  const say = catalogueOf(locale), room = width - 2 * margin;
  const pieces = sameTokens(explanations).flatMap((group) => [
    heading(group[0]!, room, say),
    ...group.map((explanation) => stack([subtitle(explanation, room, say), picture(explanation, room, theme, say)], 6)),
  ]);
  if (explanations.some(({ type }) => pictured.has(type))) {
    pieces.push(legendPiece(explanations.some(({ signed }) => signed), theme, say));
  }
  const all = stack(pieces, 18), height = all.height + 2 * margin;
  const questions = [...new Set(explanations.map((explanation) => questionOf(explanation, say)))].join(" ");
  return markup`<svg xmlns="http://www.w3.org/2000/svg" width="${px(width)}" height="${px(height)}" viewBox="0 0 ${
    px(width)
  } ${px(height)}" font-family="${font}" color="${ink[theme]}" role="img" lang="${say.language}">
<title>${questions}</title>
<desc>${explanations.map((explanation) => describe(explanation, say).reading.join(" ")).join(" ")}</desc>
<rect width="100%" height="100%" fill="${paper[theme]}"/>
${moved(all.content, margin, margin)}
</svg>
`.source;
}

const pictured = new Set<Explanation["type"]>(["token-scores", "token-matrix", "layer-head-grid"]);

const heading = (explanation: Explanation, width: number, say: Catalogue): Piece => {
  const { question, answers } = describe(explanation, say);
  const told = answers.slice(0, 3).map(({ label, value, probability }) =>
    `${label} ${probability === undefined ? value : percent(probability)}`
  );
  return {
    content: [
      label(clipTo(visible(question), 18, width), 0, 17, { size: 18, weight: 600 }),
      label(
        clipTo(visible(`${explanation.model.id} (${explanation.model.dtype}) · ${told.join(" · ")}`), 12, width),
        0,
        38,
        { size: 12, faint: true },
      ),
    ],
    height: 40,
  };
};

const subtitle = (explanation: Explanation, width: number, say: Catalogue): Piece => ({
  content: label(clipTo(visible(describe(explanation, say).method), 12, width), 0, 12, { size: 12, faint: true }),
  height: 18,
});

/** What a result type looks like; those made of words are set as lines. */
export function picture(explanation: Explanation, width: number, theme: Theme, say: Catalogue): Piece {
  const { signed } = explanation;
  switch (explanation.type) {
    case "token-scores":
      return tokenPiece(explanation, width, theme, say);
    case "token-matrix":
      return matrixPiece(tokenMatrix(explanation), { scale: strongest(explanation.data.values), signed, width, theme });
    case "layer-head-grid": {
      const matrices = gridMatrices(explanation, say), scale = strongest(explanation.data.values);
      return matrices.length === 1
        ? matrixPiece(matrices[0]!.matrix, { scale, signed, width, theme })
        : multiplesPiece(matrices, { scale, width, theme });
    }
    case "curve":
      return curvePiece(explanation, width, say);
    case "span-scores":
      return linesPiece(spanLines(explanation, inkOf("none"), 80));
    case "counterfactuals":
      return linesPiece(counterfactualLines(explanation, say));
    case "corpus-summary":
      return linesPiece(summaryLines(explanation, say));
    case "model-card":
      return linesPiece(cardLines(explanation, inkOf("none"), say));
  }
}

const linesPiece = (lines: readonly string[]): Piece => ({
  content: lines.flatMap((line, i) =>
    line.trim() === ""
      ? []
      : markup`<text x="0" y="${
        (i + 1) * 17 - 4
      }" font-size="12" fill="currentColor" font-family="ui-monospace, Menlo, Consolas, monospace" xml:space="preserve" textLength="${
        px(cells(line) * 7.2)
      }">${line}</text>`
  ),
  height: lines.length * 17,
});
