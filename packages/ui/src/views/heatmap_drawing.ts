/**
 * How a heatmap is drawn: the bitmap scaled to the camera, names along the edges where they fit, numbers in cells where they fit.
 *
 * @module
 */
import { colourOf, hex, textOn, type Theme } from "@hyaline/core/render";
import type { Camera } from "./camera.ts";
import type { Cells } from "./paint.ts";

const font = 'system-ui, "Noto Sans", "Noto Sans CJK SC", sans-serif', small = 12;
/** Characters beyond which a name is cut. */
const longest = 14;

/** Names cut to what fits; counts code points, so that no character is split. */
const cut = (name: string): string => {
  const characters = [...name];
  return characters.length > longest ? `${characters.slice(0, longest - 1).join("")}…` : name;
};
const widthOf = (name: string): number =>
  [...cut(name)].reduce((sum, c) => sum + (c.charCodeAt(0) > 0x2e80 ? 12 : 7), 0);

/** Room for the names of rows at the left and of columns above, in CSS pixels. */
export function edges(
  rows: readonly string[],
  columns: readonly string[],
  space: number,
): { left: number; top: number } {
  const most = (names: readonly string[]): number => names.reduce((max, name) => Math.max(max, widthOf(name)), 12);
  return { left: Math.min(most(rows) + 10, Math.max(40, space / 3)), top: most(columns) * 0.72 + 14 };
}

interface Drawing extends Cells {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly scale: number;
  readonly camera: Camera;
  readonly left: number;
  readonly top: number;
  /** Size of the cells' part, in CSS pixels. */
  readonly wide: number;
  readonly tall: number;
  readonly cell: { readonly row: number; readonly column: number } | undefined;
  readonly theme: Theme;
  write(value: number): string;
}

export function draw(canvas: HTMLCanvasElement, bitmap: HTMLCanvasElement, drawing: Drawing): void {
  const { camera: { side, x, y }, left, top, wide, tall, height, width, cell, theme } = drawing;
  const ratio = globalThis.devicePixelRatio || 1, ink = getComputedStyle(canvas).color;
  canvas.width = Math.round((left + wide) * ratio);
  canvas.height = Math.round((top + tall) * ratio);
  const on = canvas.getContext("2d")!;
  on.scale(ratio, ratio);
  on.save();
  on.beginPath();
  on.rect(left, top, wide, tall);
  on.clip();
  on.imageSmoothingEnabled = side < 1; // fewer pixels than cells: let it average
  on.drawImage(bitmap, left - x * side, top - y * side, width * side, height * side);
  const first = { row: Math.floor(y), column: Math.floor(x) };
  const last = {
    row: Math.min(height, Math.ceil(y + tall / side)),
    column: Math.min(width, Math.ceil(x + wide / side)),
  };
  if (side > 7) lines(on, drawing, first, last);
  if (side > 9) written(on, drawing, first, last);
  if (cell) {
    on.strokeStyle = ink;
    on.lineWidth = 2;
    on.strokeRect(left + (cell.column - x) * side, top + (cell.row - y) * side, side, side);
  }
  on.restore();
  names(on, drawing, ink, first, last);
  on.strokeStyle = theme === "light" ? "#0003" : "#fff3";
  on.strokeRect(left + 0.5, top + 0.5, Math.min(wide, width * side) - 1, Math.min(tall, height * side) - 1);
}

type Corner = { row: number; column: number };

function lines(
  on: CanvasRenderingContext2D,
  { camera: { side, x, y }, left, top, theme }: Drawing,
  first: Corner,
  last: Corner,
): void {
  on.strokeStyle = theme === "light" ? "#fff" : "#191817";
  on.lineWidth = 1;
  on.beginPath();
  for (let c = first.column; c <= last.column; c++) {
    on.moveTo(left + (c - x) * side, top + (first.row - y) * side);
    on.lineTo(left + (c - x) * side, top + (last.row - y) * side);
  }
  for (let r = first.row; r <= last.row; r++) {
    on.moveTo(left + (first.column - x) * side, top + (r - y) * side);
    on.lineTo(left + (last.column - x) * side, top + (r - y) * side);
  }
  on.stroke();
}

/** Numbers where a cell is wide enough for them, else a minus sign, so that colour never stands alone. */
function written(on: CanvasRenderingContext2D, drawing: Drawing, first: Corner, last: Corner): void {
  const { camera: { side, x, y }, left, top, values, from, width, scale, theme, write } = drawing;
  on.textAlign = "center";
  on.textBaseline = "middle";
  const sample = write(-scale), fits = sample.length * 5.6 < side - 2;
  on.font = `${fits ? 10 : 9}px ${font}`;
  for (let r = first.row; r < last.row; r++) {
    for (let c = first.column; c < last.column; c++) {
      const value = values[from + r * width + c]!, share = value / scale;
      const text = fits && Math.abs(share) > 0.005 ? write(value) : share < -0.05 ? "−" : "";
      if (!text) continue;
      on.fillStyle = hex(textOn(colourOf(share, theme)));
      on.fillText(text, left + (c + 0.5 - x) * side, top + (r + 0.5 - y) * side);
    }
  }
}

/** Names along the edges: every one where there is room, else every n-th. */
function names(on: CanvasRenderingContext2D, drawing: Drawing, ink: string, first: Corner, last: Corner): void {
  const { camera: { side, x, y }, left, top, wide, tall, rows, columns, cell } = drawing;
  const every = Math.max(1, Math.ceil(14 / side));
  on.fillStyle = ink;
  on.textBaseline = "middle";
  on.textAlign = "right";
  for (let r = first.row; r < last.row; r++) {
    const at = top + (r + 0.5 - y) * side;
    if ((r % every && r !== cell?.row) || at < top || at > top + tall) continue;
    on.font = `${r === cell?.row ? "bold " : ""}${small}px ${font}`;
    on.fillText(cut(rows[r]!), left - 6, at, left - 8);
  }
  on.textAlign = "left";
  for (let c = first.column; c < last.column; c++) {
    const at = left + (c + 0.5 - x) * side;
    if ((c % every && c !== cell?.column) || at < left || at > left + wide) continue;
    on.font = `${c === cell?.column ? "bold " : ""}${small}px ${font}`;
    on.save();
    on.translate(at, top - 5);
    on.rotate(-Math.PI / 4);
    on.fillText(cut(columns[c]!), 0, 0);
    on.restore();
  }
}
