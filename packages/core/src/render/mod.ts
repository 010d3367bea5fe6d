/**
 * Renderers: explanations in, text out. No files, no network, no clock; the same for CLI, server and UI.
 *
 * @module
 */
export { renderCsv } from "./csv.ts";
export { describe, type Description, methodName, nameOf } from "./describe.ts";
export { type Agreement, agreement, spearman } from "../result/agreement.ts";
export { sameTokens } from "./groups.ts";
export { type Catalogue, catalogueOf, locales } from "./locale.ts";
export { contentSecurityPolicy, renderHtml } from "./html/html.ts";
export { gridMatrices, type Matrix, strongestPairs, tokenMatrix } from "./matrix.ts";
export * from "./numbers.ts";
export * from "./palette.ts";
export { csvText, escapeMarkup, escapeScriptJson, visible } from "./safe.ts";
export type { ColourDepth } from "./text/ink.ts";
export { ticks } from "./svg/curve.ts";
export { renderSvg, type SvgOptions } from "./svg/svg.ts";
export { renderText, type TextOptions } from "./text/text.ts";
export { cells, clip, padEnd, padStart, wrap } from "./text/layout.ts";
export { columns } from "./text/others.ts";
export { scaleOf, tokenText, type Unit, unitsOf } from "./units.ts";
