/**
 * Convolution and pooling: [batch, channels, …space].
 *
 * @module
 */
import type { DType } from "../tensor.ts";
import type { ShapeRule, Site } from "./site.ts";

/** Window, stride, dilation and padding along each spatial axis. */
function windows(s: Site, kernel: readonly number[]) {
  const n = kernel.length, strides = s.ints("strides"), dilations = s.ints("dilations"), pads = s.ints("pads");
  return kernel.map((k, i) => ({
    extent: (k - 1) * (dilations?.[i] ?? 1) + 1,
    stride: strides?.[i] ?? 1,
    pad: (pads?.[i] ?? 0) + (pads?.[i + n] ?? 0),
  }));
}

function convolved(s: Site, kernel: readonly number[]): number[] {
  const auto = s.text("auto_pad", "NOTSET"), ceil = s.number("ceil_mode", 0) === 1;
  return windows(s, kernel).map(({ extent, stride, pad }, i) => {
    const length = s.dims(0)[i + 2]!, begin = s.ints("pads")?.[i] ?? 0;
    if (auto.startsWith("SAME")) return Math.ceil(length / stride);
    const steps = (length + (auto === "VALID" ? 0 : pad) - extent) / stride + 1;
    // A window that would start in the padding behind the end does not count.
    if (ceil) return (Math.ceil(steps) - 1) * stride >= length + begin ? Math.ceil(steps) - 1 : Math.ceil(steps);
    return Math.floor(steps);
  });
}

function transposed(s: Site): number[] {
  const given = s.ints("output_shape");
  if (given) return given.slice(-(s.rank(0) - 2));
  const extra = s.ints("output_padding"), auto = s.text("auto_pad", "NOTSET");
  return windows(s, s.dims(1).slice(2)).map(({ extent, stride, pad }, i) => {
    const length = s.dims(0)[i + 2]!;
    return auto.startsWith("SAME")
      ? length * stride
      : (length - 1) * stride + extent + (extra?.[i] ?? 0) - (auto === "VALID" ? 0 : pad);
  });
}

const convolution = (op: string, dtype: (s: Site) => DType = (s) => s.dtype(0), weight = 1): ShapeRule => ({
  op,
  types: (
    s,
  ) => [{ dtype: dtype(s), dims: [s.dims(0)[0]!, s.dims(weight)[0]!, ...convolved(s, s.dims(weight).slice(2))] }],
});
const pooling = (op: string): ShapeRule => ({
  op,
  types: (s) => {
    const dims = [...s.dims(0).slice(0, 2), ...convolved(s, s.ints("kernel_shape") ?? [])];
    return [{ dtype: s.dtype(0), dims }, { dtype: "int64", dims }];
  },
});
const globally = (op: string): ShapeRule => ({
  op,
  types: (s) => [{ dtype: s.dtype(0), dims: s.dims(0).map((d, i) => (i < 2 ? d : 1)) }],
});

/** Convolutions, quantised ones too, and pooling. */
export const convolutions: readonly ShapeRule[] = [
  convolution("Conv"),
  convolution("com.microsoft.FusedConv"),
  convolution("ConvInteger", () => "int32"),
  convolution("QLinearConv", (s) => s.dtype(7), 3),
  {
    op: "ConvTranspose",
    types: (
      s,
    ) => [{ dtype: s.dtype(0), dims: [s.dims(0)[0]!, s.dims(1)[1]! * s.number("group", 1), ...transposed(s)] }],
  },
  pooling("MaxPool"),
  pooling("AveragePool"),
  pooling("LpPool"),
  globally("GlobalAveragePool"),
  globally("GlobalMaxPool"),
  globally("GlobalLpPool"),
  pooling("com.microsoft.QLinearAveragePool"),
  globally("com.microsoft.QLinearGlobalAveragePool"),
];
