/**
 * Tables of a page: what a picture shows, for reading and for screen readers; maps are coloured tables themselves.
 *
 * @module
 */
import { type Markup, markup } from "../markup.ts";
import type { Matrix } from "../matrix.ts";
import { decimalsFor, plain, withSign } from "../numbers.ts";
import { levelOf } from "../palette.ts";
import { levelClass } from "./style.ts";

/** A table with a header row; `numeric` columns stand to the right. The first column names the row. */
export const table = (
  caption: string,
  header: readonly string[],
  rows: readonly (readonly (string | Markup)[])[],
  { numeric = [], kind = "" }: { numeric?: readonly number[]; kind?: string } = {},
): Markup => {
  const number = (k: number) => numeric.includes(k) && markup` class="num"`;
  return markup`<div class="scroll" role="group" aria-label="${caption}" tabindex="0"><table${
    kind !== "" && markup` class="${kind}"`
  }>
<caption>${caption}</caption>
<thead><tr>${
    header.map((name, k) => name === "" ? markup`<td></td>` : markup`<th scope="col"${number(k)}>${name}</th>`)
  }</tr></thead>
<tbody>${
    rows.map((row) =>
      markup`<tr>${
        row.map((cell, k) => k === 0 ? markup`<th scope="row">${cell}</th>` : markup`<td${number(k)}>${cell}</td>`)
      }</tr>\n`
    )
  }</tbody></table></div>`;
};

/** Columns beyond which cells are squares without written numbers. */
const roomy = 14;

/** A map: rows × columns of coloured cells that hold their number. */
export function map(
  caption: string,
  matrix: Matrix,
  { scale, signed }: { scale: number; signed: boolean },
): Markup {
  const decimals = mapDecimals(scale), dense = matrix.columns.length > roomy;
  const number = (value: number) => (signed ? withSign : plain)(value, decimals);
  return markup`<div class="scroll"><table class="map${
    dense && " dense"
  }" data-keys="td" data-across="${matrix.columns.length}">
<caption>${caption}</caption>
<thead><tr><th scope="col">${matrix.axes[0]} ↓ ${matrix.axes[1]} →</th>${
    matrix.columns.map((name) => markup`<th scope="col">${name}</th>`)
  }</tr></thead>
<tbody>${
    matrix.rows.map((name, row) =>
      markup`<tr><th scope="row">${name}</th>${
        matrix.columns.map((_, column) => {
          const value = matrix.at(row, column);
          return markup`<td class="${levelClass(levelOf(value / scale))}">${number(value)}</td>`;
        })
      }</tr>\n`
    )
  }</tbody></table></div>`;
}

/** Decimals of a map's cells: two significant digits, to keep cells small. */
export const mapDecimals = (scale: number): number => Math.max(0, decimalsFor(scale) - 1);
