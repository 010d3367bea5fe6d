/**
 * Tensors of the runtime as the plain arrays an explainer is given.
 *
 * @module
 */
import { numbers, size, type Tensor } from "../graph/tensor.ts";
import type { NumberArray } from "../plugin/evidence.ts";
import type { Source } from "./sources.ts";

/** Elements as float32; halves are widened. */
export const floats = (
  tensor: Tensor,
): Float32Array => (tensor.data instanceof Float32Array ? tensor.data : Float32Array.from(numbers(tensor)));

export const array = (shape: readonly number[], data: Float32Array): NumberArray => ({ shape, data });

/** A tensor with channels as `[positions, width]`: `[1, T, d]` as it is, `[1, C, h, w]` turned. */
export function rowsOf(tensor: Tensor, channels: Source["channels"]): NumberArray {
  const data = floats(tensor);
  if (channels === "last") {
    const width = tensor.dims.at(-1) ?? 1;
    return array([size(tensor.dims) / Math.max(1, width), width], data);
  }
  const width = tensor.dims[1]!, positions = size(tensor.dims.slice(2)), turned = new Float32Array(data.length);
  for (let c = 0; c < width; c++) for (let p = 0; p < positions; p++) turned[p * width + c] = data[c * positions + p]!;
  return array([positions, width], turned);
}

/** Arrays of equal height side by side. */
export function beside(parts: readonly NumberArray[]): NumberArray {
  if (parts.length === 1) return parts[0]!;
  const height = parts[0]!.shape[0]!,
    width = parts.reduce((sum, part) => sum + part.shape[1]!, 0),
    data = new Float32Array(height * width);
  let at = 0;
  for (const part of parts) {
    const own = part.shape[1]!;
    for (let r = 0; r < height; r++) data.set(part.data.subarray(r * own, (r + 1) * own), r * width + at);
    at += own;
  }
  return array([height, width], data);
}

/** Arrays of equal width below each other; narrower ones are filled with zeros. */
export function stacked(parts: readonly NumberArray[]): NumberArray {
  if (parts.length === 1) return parts[0]!;
  const width = Math.max(...parts.map((part) => part.shape[1]!)),
    height = parts.reduce((sum, part) => sum + part.shape[0]!, 0);
  const data = new Float32Array(height * width);
  let at = 0;
  for (const part of parts) {
    const own = part.shape[1]!;
    for (let r = 0; r < part.shape[0]!; r++) data.set(part.data.subarray(r * own, (r + 1) * own), at++ * width);
  }
  return array([height, width], data);
}

/** Rows of one source among the rows of all: zeros elsewhere. */
export function placed(part: NumberArray, { before, total }: { before: number; total: number }): NumberArray {
  if (part.shape[0] === total) return part;
  const width = part.shape[1]!, data = new Float32Array(total * width);
  data.set(part.data, before * width);
  return array([total, width], data);
}

/** Σ over channels of a ⊙ b: one number a row. */
export function rowProducts(a: NumberArray, b: NumberArray): NumberArray {
  const [height, width] = a.shape as [number, number], sums = new Float32Array(height);
  for (let r = 0; r < height; r++) {
    let sum = 0;
    for (let c = 0; c < width; c++) sum += a.data[r * width + c]! * b.data[r * width + c]!;
    sums[r] = sum;
  }
  return array([height], sums);
}

/** a − b. */
export const less = ({ shape, data }: NumberArray, b: NumberArray): NumberArray =>
  array(shape, data.map((value, i) => value - b.data[i]!));

/** `[H, T, S]` of what a graph holds as `[1, H, T, S]`, `[1 · H, T, S]` or `[1, G, H / G, T, S]`: the batch has one element. */
export const unbatched = (tensor: Tensor): NumberArray =>
  array([size(tensor.dims.slice(0, -2)), ...tensor.dims.slice(-2)], floats(tensor));
