/**
 * How each result type looks in a page: a picture and the same as a table.
 *
 * @module
 */
import type { Explanation, ExplanationOf } from "../../result/mod.ts";
import { nameOf } from "../describe.ts";
import type { Catalogue } from "../locale.ts";
import { type Markup, markup } from "../markup.ts";
import { entriesOf, gridMatrices, type Matrix, strongestPairs, tokenMatrix } from "../matrix.ts";
import { decimalsFor, percent, plain, withSign } from "../numbers.ts";
import { curvePiece } from "../svg/curve.ts";
import { strongest } from "../units.ts";
import { map, mapDecimals, table } from "./tables.ts";
import { legend, tokens } from "./tokens.ts";

/** Cells beyond which a map is told by its strongest pairs, and values beyond which heads cannot be chosen. */
const mostCells = 40_000, mostValues = 1_000_000;

/** The picture of one explanation; `index` is its place in the page's data. */
export function body(explanation: Explanation, index: number, say: Catalogue): Markup {
  const { signed } = explanation;
  switch (explanation.type) {
    case "token-scores":
      return tokens(explanation, say);
    case "token-matrix": {
      const scale = strongest(explanation.data.values);
      return markup`${mapOrPairs(say.scores, tokenMatrix(explanation), { scale, signed }, say)}${legend(signed, say)}`;
    }
    case "layer-head-grid":
      return grid(explanation, index, say);
    case "span-scores": {
      const { spans } = explanation.data, decimals = decimalsFor(strongest(spans.map(({ score }) => score)));
      const rows = spans.map(({ text, score }) => [text, (signed ? withSign : plain)(score, decimals)]);
      return table(say.scores, [say.span, say.score], rows, { numeric: [1] });
    }
    case "counterfactuals":
      return table(
        say.edits,
        [say.text, say.edits, say.answers],
        explanation.data.items.map(({ text, edits, prediction }) => [
          text,
          edits.map(({ from, to }) => `${from} → ${to ? to : say.removed}`).join("; "),
          `${nameOf(prediction)}${prediction.probability === undefined ? "" : ` ${percent(prediction.probability)}`}`,
        ]),
      );
    case "corpus-summary": {
      const { documents, items, measures } = explanation.data;
      const interval = (of: { low?: number | undefined; high?: number | undefined }) =>
        of.low === undefined || of.high === undefined ? "" : `${plain(of.low, 3)} … ${plain(of.high, 3)}`;
      return markup`<p>${say.documents(documents)}</p>${
        table(
          say.measure,
          [say.measure, say.mean, say.interval],
          measures.map((m) => [m.title, plain(m.value, 3), interval(m)]),
          { numeric: [1, 2] },
        )
      }${
        table(
          say.scores,
          [say.token, say.count, say.mean, say.interval],
          items.map((i) => [i.label, `${i.count}`, withSign(i.mean, 3), interval(i)]),
          {
            numeric: [1, 2, 3],
          },
        )
      }`;
    }
    case "model-card":
      return markup`${
        explanation.data.sections.map(({ title, entries }) => {
          const rows = entries.map(({ label, value }) => [label, `${value}`]), told = say.told(title);
          return markup`<h3>${told}</h3>${table(told, ["", ""], rows)}`;
        })
      }`;
    case "curve": {
      const piece = curvePiece(explanation, 560, say), { series } = explanation.data;
      const [x, y] = [explanation.data.x, explanation.data.y].map(({ title }) => say.told(title)) as [string, string];
      const rows = series.flatMap((line) =>
        line.x.map((at, i) => [say.told(line.title), plain(at), plain(line.y[i]!)])
      );
      return markup`<svg class="picture" viewBox="0 0 560 ${piece.height}" width="560" height="${piece.height}" role="img" aria-label="${y}">${piece.content}</svg>
<details><summary>${say.table}</summary>${table(y, ["", x, y], rows, { numeric: [1, 2] })}</details>`;
    }
  }
}

function mapOrPairs(
  caption: string,
  matrix: Matrix,
  style: { scale: number; signed: boolean },
  say: Catalogue,
): Markup {
  const cells = matrix.rows.length * matrix.columns.length;
  if (cells <= mostCells) return map(caption, matrix, style);
  return markup`<p>${say.tooLarge(cells)}</p>${pairs(matrix, style, say)}`;
}

const pairs = (matrix: Matrix, { scale, signed }: { scale: number; signed: boolean }, say: Catalogue): Markup =>
  table(
    say.strongestPairs,
    [...matrix.axes, say.score],
    strongestPairs(matrix, 50).map(({ row, column, value }) => [
      matrix.rows[row]!,
      matrix.columns[column]!,
      (signed ? withSign : plain)(value, decimalsFor(scale)),
    ]),
    { numeric: [2] },
  );

/** The first layer and head, and where there are more, lists to choose another by. */
function grid(explanation: ExplanationOf<"layer-head-grid">, index: number, say: Catalogue): Markup {
  const { signed, data: { shape, axes, values } } = explanation;
  const matrices = gridMatrices(explanation, say), scale = strongest(values);
  const first = matrices[0]!, choosable = matrices.length > 1 && values.length <= mostValues;
  const caption = first.title.length && !choosable ? first.title.join(" · ") : say.scores;
  const selects = axes.slice(0, -2).map((axis, i) =>
    markup`<label>${say[axis.name]} <select>${
      entriesOf(explanation, axis, shape[i]!).map((entry) => markup`<option>${entry}</option>`)
    }</select></label>`
  );
  return markup`<div>${
    choosable &&
    markup`<form class="pick" hidden data-grid="${index}" data-scale="${scale}" data-decimals="${
      mapDecimals(scale)
    }">${selects}</form>
<noscript><p>${say.needsScript}</p></noscript>`
  }${mapOrPairs(caption, first.matrix, { scale, signed }, say)}${legend(signed, say)}${
    matrices.length > 1 &&
    markup`<details><summary>${say.strongestPairs}</summary>${
      strongestByBlock(matrices, { scale, signed }, say)
    }</details>`
  }</div>`;
}

const strongestByBlock = (
  matrices: ReturnType<typeof gridMatrices>,
  { scale, signed }: { scale: number; signed: boolean },
  say: Catalogue,
): Markup => {
  const { axes } = matrices[0]!.matrix;
  const rows = matrices.flatMap(({ title, matrix }) =>
    strongestPairs(matrix, 1).map(({ row, column, value }) => [
      title.join(" · "),
      matrix.rows[row]!,
      matrix.columns[column]!,
      (signed ? withSign : plain)(value, decimalsFor(scale)),
    ])
  );
  return table(say.strongestPairs, ["", ...axes, say.score], rows, { numeric: [3] });
};
