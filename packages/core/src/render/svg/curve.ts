/**
 * Curves with their axes. Lines differ in dashes as well as in shade, and are named at their ends.
 *
 * @module
 */
import type { ExplanationOf } from "../../result/mod.ts";
import type { Catalogue } from "../locale.ts";
import { markup } from "../markup.ts";
import { plain } from "../numbers.ts";
import { visible } from "../safe.ts";
import { label, type Piece, px } from "./drawing.ts";
import { clipTo } from "./measure.ts";

const strokes = [["#b35806", ""], ["#6a51a3", "6 3"], ["#0b7285", "2 3"], ["#5c5f66", "8 3 2 3"]] as const;

/** Round numbers from below `low` to above `high`, about `count` of them (Heckbert's nice numbers). */
export function ticks(low: number, high: number, count = 5): number[] {
  const range = high - low || Math.abs(high) || 1, rough = range / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((nice) => nice * power >= rough * 0.999)! * power;
  const first = Math.floor(low / step + 1e-9), last = Math.ceil(high / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** Decimals that tell evenly spaced marks apart. */
const decimals = (marks: readonly number[]): number =>
  Math.max(0, Math.min(6, Math.ceil(-Math.log10(marks[1]! - marks[0]!) - 1e-9)));

export function curvePiece(
  { data: { x, y, series } }: ExplanationOf<"curve">,
  width: number,
  say: Catalogue,
): Piece {
  const left = 52, top = 24, high = 220, wide = Math.min(560, width) - left - 20;
  const xs = series.flatMap((line) => line.x), ys = series.flatMap((line) => line.y);
  const xTicks = ticks(Math.min(...xs), Math.max(...xs)), yTicks = ticks(Math.min(...ys), Math.max(...ys));
  const scale = (marks: number[], room: number) => (value: number) =>
    ((value - marks[0]!) / (marks.at(-1)! - marks[0]! || 1)) * room;
  const atX = (value: number) => left + scale(xTicks, wide)(value),
    atY = (value: number) => top + high - scale(yTicks, high)(value);
  const content = [
    label(visible(say.told(y.title)), 0, 10, { size: 11, faint: true }),
    label(visible(say.told(x.title)), left + wide, top + high + 34, { size: 11, anchor: "end", faint: true }),
    ...yTicks.map((tick) =>
      markup`${markup`<rect x="${px(left)}" y="${px(atY(tick))}" width="${
        px(wide)
      }" height="0.5" fill="currentColor" fill-opacity="0.4"/>`}${
        label(plain(tick, decimals(yTicks)), left - 6, atY(tick) + 4, { size: 10, anchor: "end" })
      }`
    ),
    ...xTicks.map((tick) =>
      label(plain(tick, decimals(xTicks)), atX(tick), top + high + 16, { size: 10, anchor: "middle" })
    ),
    ...series.map((line, i) => {
      const [stroke, dashes] = strokes[i % strokes.length]!;
      const points = line.x.map((at, k) => `${px(atX(at))},${px(atY(line.y[k]!))}`).join(" ");
      const below = top + high + 54 + i * 18;
      const dashed = dashes !== "" && markup` stroke-dasharray="${dashes}"`;
      return markup`<polyline points="${points}" fill="none" stroke="${stroke}" stroke-width="2" stroke-linejoin="round"${dashed}/>
<line x1="${left}" x2="${left + 28}" y1="${below - 4}" y2="${below - 4}" stroke="${stroke}" stroke-width="2"${dashed}/>
${label(clipTo(visible(say.told(line.title)), 12, wide - 40), left + 36, below, { size: 12 })}`;
    }),
  ];
  return { content, height: top + high + 60 + (series.length - 1) * 18 };
}
