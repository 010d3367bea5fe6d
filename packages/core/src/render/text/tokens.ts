/**
 * Words with their scores under them, one line a method: the heatmap of the terminal.
 *
 * @module
 */
import type { ExplanationOf } from "../../result/mod.ts";
import { methodName } from "../describe.ts";
import type { Catalogue } from "../locale.ts";
import { decimalsFor, plain, withSign } from "../numbers.ts";
import { visible } from "../safe.ts";
import { scaleOf, type Unit, unitsOf } from "../units.ts";
import type { Ink } from "./ink.ts";
import { blocks, cells, centre, clip, padEnd, riser } from "./layout.ts";

type TokenScores = ExplanationOf<"token-scores">;
const longest = 24;

interface Row {
  readonly name: string;
  readonly units: readonly Unit[];
  readonly scale: number;
  readonly signed: boolean;
  readonly number: (score: number) => string;
  /** `±0.4` of an estimate that can be off. */
  readonly within: (unit: Unit) => string;
}

const rowOf = (explanation: TokenScores): Row => {
  const units = unitsOf(explanation), scale = scaleOf(units);
  const decimals = Math.min(4, decimalsFor(scale));
  return {
    name: visible(methodName(explanation)),
    units,
    scale,
    signed: explanation.signed,
    within: ({ within = 0 }) => within > 0 ? `±${plain(within, decimals)}` : "",
    number: (score) => explanation.signed ? withSign(score, decimals) : plain(score, decimals),
  };
};

/** A bar of one cell with its sign: `+█`, `−▂`; without a sign for methods that have none. */
const mark = (score: number, { scale, signed }: Row): string => {
  const up = riser(Math.abs(score) / scale);
  return up === " " ? "" : signed ? (score < 0 ? "−" : "+") + up : up;
};

/** Lines of the heatmap. All explanations must be of the same tokens; the first one gives the words. */
export function tokenLines(explanations: readonly TokenScores[], ink: Ink, width: number, say: Catalogue): string[] {
  const rows = explanations.map(rowOf);
  const units = rows[0]!.units;
  const several = rows.length > 1;
  const margin = several ? Math.min(30, Math.max(...rows.map(({ name }) => cells(name)))) + 2 : 2;
  const sources = [...new Set(units.map(({ source }) => source))];
  const lines: string[] = [];
  for (const source of sources) {
    if (source !== undefined) lines.push("  " + ink.bold(say.sources[source] ?? visible(source)));
    const shown = units.flatMap((unit, i) => (unit.source === source && !unit.special ? [i] : []));
    const words = shown.map((i) => (units[i]!.glued ? "·" : "") + clip(visible(units[i]!.text), longest));
    const widths = shown.map((i, k) =>
      Math.max(
        cells(words[k]!),
        ...rows.flatMap((row) => [row.number(row.units[i]!.score), row.within(row.units[i]!)].map(cells)),
      ) + 2
    );
    for (const block of blocks(widths, margin, width)) {
      lines.push(
        " ".repeat(margin) + block.map((k) => {
          const centred = centre(words[k]!, widths[k]! - 1);
          return (several ? ink.bold(centred) : ink.cell(centred, score(rows[0]!, shown[k]!))) + " ";
        }).join("").trimEnd(),
      );
      for (const row of rows) {
        const name = several ? padEnd(clip(row.name, margin - 2), margin) : " ".repeat(margin);
        const line = (of: (k: number) => string) => block.map((k) => of(k) + " ").join("").trimEnd();
        const number = (k: number) => centre(row.number(row.units[shown[k]!]!.score), widths[k]! - 1);
        lines.push(name + line((k) => several ? ink.cell(number(k), score(row, shown[k]!)) : number(k)));
        lines.push(
          (" ".repeat(margin) + line((k) => centre(mark(row.units[shown[k]!]!.score, row), widths[k]! - 1))).trimEnd(),
        );
        const bounds = line((k) => centre(row.within(row.units[shown[k]!]!), widths[k]! - 1));
        if (bounds.trim() !== "") lines.push(" ".repeat(margin) + ink.dim(bounds));
      }
      lines.push("");
    }
  }
  for (const row of rows) {
    const special = row.units.filter((unit) => unit.special);
    if (!special.length) continue;
    const list = special.map((unit) => `${visible(unit.text)} ${row.number(unit.score)}`).join("   ");
    lines.push("  " + ink.dim(`${say.specialTokens}${several ? ` (${row.name})` : ""}: ${list}`));
  }
  return lines.map((line) => line.trimEnd());
}

const score = (row: Row, i: number): number => row.units[i]!.score / row.scale;
