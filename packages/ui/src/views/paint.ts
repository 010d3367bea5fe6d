/**
 * Tables of scores as bitmaps, one pixel a cell: painted once, then scaled by the canvas, so that zoom and pan stay fluid.
 *
 * @module
 */
import { colourOf, type Theme } from "@hyaline/core/render";

const steps = 512;

/** Colours from −1 to 1 as RGBA in the byte order of `ImageData`. */
function rampOf(theme: Theme): Uint32Array {
  const bytes = new Uint8ClampedArray(4 * (2 * steps + 1));
  for (let i = 0; i <= 2 * steps; i++) bytes.set([...colourOf((i - steps) / steps, theme), 255], 4 * i);
  return new Uint32Array(bytes.buffer);
}
const ramps = new Map<Theme, Uint32Array>();

/** A table in a flat array: `height` × `width` cells from index `from` on. */
export interface Cells {
  readonly values: ArrayLike<number>;
  readonly from: number;
  readonly height: number;
  readonly width: number;
}

/** Paints a table on a canvas of as many pixels as it has cells. */
export function paint(
  canvas: HTMLCanvasElement,
  { values, from, height, width }: Cells,
  scale: number,
  theme: Theme,
): void {
  const ramp = ramps.get(theme) ?? rampOf(theme), image = new ImageData(Math.max(1, width), Math.max(1, height));
  ramps.set(theme, ramp);
  const pixels = new Uint32Array(image.data.buffer), factor = steps / scale, last = 2 * steps;
  for (let i = 0, cells = height * width; i < cells; i++) {
    const at = Math.round(values[from + i]! * factor) + steps;
    pixels[i] = ramp[at < 0 ? 0 : at > last ? last : at]!;
  }
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext("2d")!.putImageData(image, 0, 0);
}
