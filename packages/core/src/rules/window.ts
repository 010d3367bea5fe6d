/**
 * The window a convolution or a pool slides over its input: where it starts, what it reads, and the way back.
 *
 * @module
 */
import { ints, text } from "../graph/graph.ts";
import { size } from "../graph/tensor.ts";
import type { Builder } from "../program/builder.ts";
import type { RuleContext } from "./rule.ts";

/** One entry a spatial axis: place o of the small tensor reads o·stride + k·dilation − begin of the large one, k < kernel. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly begins: readonly number[];
  readonly large: readonly number[];
  readonly small: readonly number[];
}

/** How far the windows of an axis reach together: stride · (places − 1) + dilation · (kernel − 1) + 1. */
export const reaches = (
  { kernel, strides, dilations, small }: Pick<Window, "kernel" | "strides" | "dilations" | "small">,
): number[] => kernel.map((k, i) => strides[i]! * (small[i]! - 1) + dilations[i]! * (k - 1) + 1);

/** Reads a node's window; padding that the file leaves to the runtime (`auto_pad`) is worked out as ONNX says. */
export function windowOf(
  { node }: RuleContext,
  { kernel, large, small }: Pick<Window, "kernel" | "large" | "small">,
): Window {
  const strides = ints(node, "strides") ?? kernel.map(() => 1),
    dilations = ints(node, "dilations") ?? kernel.map(() => 1);
  const auto = text(node, "auto_pad", "NOTSET"), pads = ints(node, "pads");
  const begins = reaches({ kernel, strides, dilations, small }).map((reach, i) => {
    if (!auto.startsWith("SAME")) return auto === "VALID" ? 0 : pads?.[i] ?? 0;
    const total = Math.max(0, reach - large[i]!);
    return auto === "SAME_UPPER" ? Math.floor(total / 2) : Math.ceil(total / 2);
  });
  return { kernel, strides, dilations, begins, large, small };
}

/** The large tensor as each tap of the window sees it: `size(kernel)` tensors of the small shape. `fill` stands in the padding. */
export function tapped(
  b: Builder,
  large: string,
  { kernel, strides, dilations, begins, small, large: length }: Window,
  fill = 0,
): string[] {
  const ends = reaches({ kernel, strides, dilations, small }).map((reach, i) =>
    Math.max(0, reach - begins[i]! - length[i]!)
  );
  let padded = large;
  kernel.forEach((_, i) => (padded = b.pad(padded, i + 2, { before: begins[i]!, after: ends[i]! })));
  if (fill !== 0 && padded !== large) padded = b.add(padded, margin(b, { length, begins, ends, fill }));
  const walk = (tensor: string, axis: number): string[] =>
    axis === kernel.length
      ? [tensor]
      : Array.from({ length: kernel[axis]! }, (_, k) => k * dilations[axis]!).flatMap((start) =>
        walk(
          b.slice(tensor, axis + 2, {
            start,
            end: start + strides[axis]! * (small[axis]! - 1) + 1,
            step: strides[axis]!,
          }),
          axis + 1,
        )
      );
  return walk(padded, 0);
}

/** `fill` in the padding, zero inside. */
function margin(
  b: Builder,
  { length, begins, ends, fill }: {
    length: readonly number[];
    begins: readonly number[];
    ends: readonly number[];
    fill: number;
  },
): string {
  const dims = length.map((d, i) => d + begins[i]! + ends[i]!), data = new Float32Array(size(dims)).fill(fill);
  const inside = (axis: number, offset: number): void => {
    if (axis === dims.length) {
      data[offset] = 0;
      return;
    }
    for (let i = 0; i < length[axis]!; i++) inside(axis + 1, offset * dims[axis]! + begins[axis]! + i);
  };
  inside(0, 0);
  return b.tensor({ dtype: "float32", dims: [1, 1, ...dims], data });
}

/**
 * The transpose of reading through a window: a transposed convolution cut (or filled with zeros) to the large shape.
 *
 * @param operands the small tensor [batch, channels, …small] and weights [its channels, channels of the result / group, …kernel]
 */
export function spread(
  b: Builder,
  operands: readonly [string, string],
  { window, group, channels }: { window: Window; group: number; channels: number },
): string {
  const { strides, dilations, begins, large } = window,
    over = reaches(window).map((reach, i) => reach - begins[i]! - large[i]!);
  const pads = [...begins, ...over.map((d) => Math.max(0, d))], output_padding = over.map((d) => Math.max(0, -d));
  return b.convolution("ConvTranspose", operands, {
    attributes: { strides, dilations, group, pads, output_padding },
    dims: [b.dims(operands[0])[0]!, channels, ...large],
  });
}
