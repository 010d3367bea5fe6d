/**
 * The text with its scores, and several methods side by side.
 *
 * @module
 */
import type { ExplanationOf } from "../../result/mod.ts";
import { methodName } from "../describe.ts";
import type { Catalogue } from "../locale.ts";
import { type Markup, markup } from "../markup.ts";
import { decimalsFor, plain, withSign } from "../numbers.ts";
import { levelOf, levels } from "../palette.ts";
import { scaleOf, unitsOf } from "../units.ts";
import { levelClass } from "./style.ts";
import { table } from "./tables.ts";

type TokenScores = ExplanationOf<"token-scores">;

const numberOf = (explanation: TokenScores) => {
  const decimals = Math.min(4, decimalsFor(scaleOf(unitsOf(explanation))));
  return (score: number) => explanation.signed ? withSign(score, decimals) : plain(score, decimals);
};

/** The heatmap: a list that a screen reader reads as word and score, and arrow keys walk through. */
export function tokens(explanation: TokenScores, say: Catalogue): Markup {
  const units = unitsOf(explanation), scale = scaleOf(units), number = numberOf(explanation);
  let source: string | undefined;
  const items = units.map((unit) => {
    const begins = unit.source !== undefined && unit.source !== source;
    source = unit.source;
    const kinds = [unit.glued && "glued", unit.special && "special", unit.score < 0 && "minus"].filter(Boolean).join(
      " ",
    );
    return markup`${
      begins && markup`<li class="source">${say.sources[source!] ?? source!}</li>`
    }<li class="piece ${kinds}"><span class="t ${
      unit.special ? "z" : levelClass(levelOf(unit.score / scale))
    }">${unit.text}</span> <span class="v">${number(unit.score)}</span></li>\n`;
  });
  return markup`<ol class="tokens" data-keys=".piece" aria-label="${say.scores}">${items}</ol>
${legend(explanation.signed, say)}`;
}

/** What the colours mean. */
export const legend = (signed: boolean, say: Catalogue): Markup => {
  const steps = Array.from({ length: signed ? 2 * levels + 1 : levels + 1 }, (_, i) => (signed ? i - levels : i))
    .filter((l) => l % 2 === 0);
  return markup`<p class="legend" aria-hidden="true">${signed ? `− ${say.legend.against}` : say.legend.none}<span>${
    steps.map((level) => markup`<i class="${levelClass(level)}"></i>`)
  }</span>${signed ? `+ ${say.legend.for}` : say.legend.much}</p>`;
};

/** Words as rows, methods as columns. */
export function comparison(group: readonly TokenScores[], say: Catalogue): Markup {
  const columns = group.map((explanation) => ({ units: unitsOf(explanation), number: numberOf(explanation) }));
  const title = group.length > 1 ? say.compare : say.table;
  const header = [
    group[0]!.words ? say.word : say.token,
    ...group.map((explanation) => methodName(explanation)),
  ];
  const rows = columns[0]!.units.map((unit, i) => [
    unit.text,
    ...columns.map(({ units, number }) => {
      const { score, within = 0 } = units[i]!, scale = scaleOf(units);
      const off = within > 0 && ` ± ${plain(within, Math.min(4, decimalsFor(scale)))}`;
      return markup`<span class="${levelClass(levelOf(score / scale))}">${number(score)}${off}</span>`;
    }),
  ]);
  const numeric = group.map((_, k) => k + 1);
  return markup`<details${group.length > 1 && markup` open`}><summary>${title}</summary>${
    table(title, header, rows, { numeric })
  }</details>`;
}
