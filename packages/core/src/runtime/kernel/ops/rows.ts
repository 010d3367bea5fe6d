/**
 * Operators along rows: reductions, softmax, norms.
 *
 * @module
 */
import { address, type KernelFunction } from "../command.ts";
import { size, wrap } from "../dims.ts";
import type { Lowering } from "../lowering.ts";
import { permuted, type View } from "../view.ts";
import type { Lower } from "./lower.ts";
import { fill } from "./movement.ts";

/** Axes by the second input, the attribute of older opsets, or all. */
function axesOf(
  l: Lowering,
  inputs: readonly string[],
  attributes: Readonly<Record<string, unknown>>,
  rank: number,
): number[] {
  const named = inputs[1] ? l.numbers(inputs[1]) : (attributes["axes"] as number[] | undefined) ?? [];
  if (named.length === 0) {
    return attributes["noop_with_empty_axes"] === 1 ? [] : Array.from({ length: rank }, (_, i) => i);
  }
  return named.map((axis) => wrap(axis, rank)).sort((a, b) => a - b);
}

const reduce = (name: KernelFunction): Lower => (l, { inputs, outputs, attributes }) => {
  let x = l.value(inputs[0]!);
  const over = axesOf(l, inputs, attributes, x.dims.length), out = l.dims(outputs[0]!);
  if (over.length === 0) return l.define(outputs[0]!, x);
  if (size(x.dims) === 0) {
    if (name !== "sum_f32" && size(out) > 0) return "foreign";
    const none = l.room(out);
    fill(l, none, 0); // an empty sum
    return l.define(outputs[0]!, none);
  }
  const [first, last] = [over[0]!, over.at(-1)!];
  // Axes between the outermost and the innermost reduced one must be reduced too; else the reduced ones go to the end.
  const together = x.dims.every((d, i) => i < first || i > last || over.includes(i) || d === 1);
  const kept = x.dims.map((_, i) => i).filter((i) => !over.includes(i));
  if (!together) x = permuted(x, [...kept, ...over]);
  x = l.contiguous(x);
  const outer = together ? size(x.dims.slice(0, first)) : size(out),
    inner = together ? size(x.dims.slice(last + 1)) : 1,
    axis = size(x.dims) / (outer * inner);
  const y = l.room(out);
  l.rows(
    name,
    { reads: [x], writes: [y] },
    { rows: outer, count: axis * inner },
    (from, rows) => [rows, axis, inner, address(x, from * axis * inner), address(y, from * inner)],
  );
  l.define(outputs[0]!, y);
};

/** Running sums along one axis. */
const cumulative: Lower = (l, { inputs, outputs, attributes }) => {
  if (!l.constant(inputs[1]!)) return "foreign";
  const x = l.contiguous(l.value(inputs[0]!)),
    axis = wrap(l.numbers(inputs[1]!)[0]!, x.dims.length),
    y = l.room(x.dims);
  l.solo("cumulative_sum_f32", { reads: [x], writes: [y] }, [
    size(x.dims.slice(0, axis)),
    x.dims[axis]!,
    size(x.dims.slice(axis + 1)),
    attributes["reverse"] ? 1 : 0,
    attributes["exclusive"] ? 1 : 0,
    address(x),
    address(y),
  ]);
  l.define(outputs[0]!, y);
};

const softmax: Lower = (l, { inputs, outputs, attributes }) => {
  const x = l.value(inputs[0]!),
    rank = x.dims.length,
    axis = wrap((attributes["axis"] as number | undefined) ?? -1, rank);
  const perm = Array.from({ length: rank }, (_, i) => i),
    swapped = perm.map((i) => (i === axis ? rank - 1 : i === rank - 1 ? axis : i));
  const from = l.contiguous(permuted(x, swapped)),
    y = l.room(from.dims),
    count = from.dims.at(-1)!,
    rows = size(from.dims) / Math.max(1, count);
  if (size(x.dims) > 0) {
    l.rows(
      "softmax_f32",
      { reads: [from], writes: [y] },
      { rows, count },
      (at, n) => [n, count, address(from, at * count), address(y, at * count)],
    );
  }
  l.define(outputs[0]!, permuted(y, swapped));
};

/** Layer norm and RMS norm over the last axis; further outputs (mean, 1/σ) are left to ONNX Runtime. */
const norm =
  (name: "layer_norm_f32" | "rms_norm_f32", fallback: number): Lower => (l, { inputs, outputs, attributes }) => {
    const x = l.contiguous(l.value(inputs[0]!)), rank = x.dims.length, count = x.dims.at(-1)!;
    const axis = wrap((attributes["axis"] as number | undefined) ?? -1, rank);
    if (
      axis !== rank - 1 || outputs.slice(1).some(Boolean) ||
      inputs.slice(1).some((input) => input && size(l.dims(input)) !== count)
    ) return "foreign";
    const parameters = inputs.slice(1).filter(Boolean).map((input) => l.contiguous(l.value(input))), y = l.room(x.dims);
    const weights = name === "layer_norm_f32" ? [0, 1] : [0];
    const at = (view: View | undefined) => (view ? address(view) : 0);
    l.rows(name, { reads: [x, ...parameters], writes: [y] }, { rows: size(x.dims) / count, count }, (from, rows) => [
      rows,
      count,
      address(x, from * count),
      ...weights.map((i) => at(parameters[i])),
      (attributes["epsilon"] as number | undefined) ?? fallback,
      address(y, from * count),
    ]);
    l.define(outputs[0]!, y);
  };

export const rowwise: Readonly<Record<string, Lower>> = {
  ReduceSum: reduce("sum_f32"),
  ReduceMean: reduce("mean_f32"),
  ReduceMax: reduce("reduce_max_f32"),
  ReduceMin: reduce("reduce_min_f32"),
  CumSum: cumulative,
  Softmax: softmax,
  LayerNormalization: norm("layer_norm_f32", 1e-5),
  RMSNormalization: norm("rms_norm_f32", 1e-5),
};
