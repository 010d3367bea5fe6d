/**
 * Look-ups and their transposes.
 *
 * @module
 */
import { constant } from "../../../graph/graph.ts";
import type { Step } from "../../../program/program.ts";
import { address } from "../command.ts";
import { byteLength } from "../../../graph/tensor.ts";
import { size, wrap } from "../dims.ts";
import type { Lowering } from "../lowering.ts";
import { type View, whole } from "../view.ts";
import { fill } from "./movement.ts";
import { quantisedWeight } from "./quantised.ts";
import type { Lower } from "./lower.ts";

/** A tensor of whole numbers as 32-bit indices, side by side. */
function indicesOf(l: Lowering, name: string): View {
  const known = l.constant(name);
  if (known) return whole(l.hold(known, "int32"), known.dims);
  const x = l.contiguous(l.value(name)), y = l.room(x.dims);
  l.solo("to_indices_i32", { reads: [x], writes: [y] }, [size(x.dims), address(x), address(y)]);
  return y;
}

/** Larger tables than this are not copied into the kernel's memory for a look-up. */
const FROM_THE_FILE = 1 << 16;

const gather: Lower = (l, step) => {
  const { inputs, outputs, attributes } = step,
    ofRows = (attributes["axis"] ?? 0) === 0,
    known = l.constant(inputs[0]!);
  if (ofRows && known?.copy && /^(float32|u?int8)$/.test(known.dtype) && byteLength(known) > FROM_THE_FILE) {
    const picks = indicesOf(l, inputs[1]!), rows = l.room(l.dims(outputs[0]!));
    l.rowsFrom(known, picks, rows);
    return l.define(outputs[0]!, rows);
  }
  const raw = l.raw(inputs[0]!);
  if (ofRows && raw.quantised && raw.quantised.block === 0) return rowsOf(l, raw, step);
  const x = l.contiguous(l.value(inputs[0]!)),
    axis = wrap((attributes["axis"] as number | undefined) ?? 0, x.dims.length);
  const picks = indicesOf(l, inputs[1]!),
    y = l.room(l.dims(outputs[0]!)),
    rows = x.dims[axis]!,
    inner = size(x.dims.slice(axis + 1));
  l.solo("gather_f32", { reads: [x, picks], writes: [y] }, [
    size(x.dims.slice(0, axis)),
    rows,
    inner,
    size(picks.dims),
    address(picks),
    address(x),
    address(y),
  ]);
  l.define(outputs[0]!, y);
};

/** Rows of an 8-bit table: only those looked up become floats. */
function rowsOf(l: Lowering, table: View, { inputs, outputs }: Step): void {
  const [rows, inner] = table.dims as [number, number],
    picks = indicesOf(l, inputs[1]!),
    y = l.room(l.dims(outputs[0]!));
  const [weight] = quantisedWeight(l, table);
  l.solo("gather_quantized_f32", { reads: [table, picks], writes: [y] }, [
    rows,
    inner,
    size(picks.dims),
    address(picks),
    weight,
    address(y),
  ]);
  l.define(outputs[0]!, y);
}

/** Whole slices by constant places, as exporters read masks: the same as a look-up in the flattened leading axes. */
const gatherNd: Lower = (l, { inputs, outputs, attributes }) => {
  const dims = l.dims(inputs[0]!), places = l.constant(inputs[1]!), depth = places?.dims.at(-1);
  if (!places || depth === undefined || (attributes["batch_dims"] ?? 0) !== 0) return "foreign";
  const x = l.contiguous(l.value(inputs[0]!)), lead = dims.slice(0, depth), inner = size(dims.slice(depth));
  const numbers = l.numbers(inputs[1]!), count = numbers.length / depth;
  const flat = Array.from({ length: count }, (_, i) =>
    lead.reduce((at, d, k) => {
      const place = numbers[i * depth + k]!;
      return at * d + (place < 0 ? place + d : place);
    }, 0));
  const picks = whole(
    l.hold(constant({ dtype: "int32", dims: [count], data: Int32Array.from(flat) }), "int32"),
    [count],
  );
  const y = l.room(l.dims(outputs[0]!));
  l.solo("gather_f32", { reads: [x], writes: [y] }, [
    1,
    size(lead),
    inner,
    count,
    address(picks),
    address(x),
    address(y),
  ]);
  l.define(outputs[0]!, y);
};

const gatherElements: Lower = (l, { inputs, outputs, attributes }) => {
  const x = l.contiguous(l.value(inputs[0]!)),
    axis = wrap((attributes["axis"] as number | undefined) ?? 0, x.dims.length),
    picks = indicesOf(l, inputs[1]!);
  // Along the other axes the indices must cover x, or places do not line up.
  if (x.dims.some((d, i) => i !== axis && d !== picks.dims[i])) return "foreign";
  const y = l.room(picks.dims), inner = size(x.dims.slice(axis + 1));
  l.solo("gather_elements_f32", { reads: [x, picks], writes: [y] }, [
    size(x.dims.slice(0, axis)),
    x.dims[axis]!,
    inner,
    picks.dims[axis]!,
    address(picks),
    address(x),
    address(y),
  ]);
  l.define(outputs[0]!, y);
};

/** Rows added where one index names each: what the compiler writes for the way back through a look-up. */
const scatter: Lower = (l, step: Step) => {
  const [data, indices, updates] = step.inputs as [string, string, string];
  if (step.attributes["reduction"] !== "add" || l.dims(indices).at(-1) !== 1) return "foreign";
  const dims = l.dims(data),
    y = l.room(dims),
    base = l.constant(data),
    g = l.contiguous(l.value(updates)),
    picks = indicesOf(l, indices);
  if (base && l.numbers(data).every((v) => v === 0)) fill(l, y, 0);
  else l.copy(l.value(data), y);
  l.solo("scatter_add_f32", { reads: [g, picks, y], writes: [y] }, [
    1,
    dims[0]!,
    size(dims.slice(1)),
    size(picks.dims),
    address(picks),
    address(y),
    address(g),
  ]);
  l.define(step.outputs[0]!, y);
};

export const gathering: Readonly<Record<string, Lower>> = {
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherNd,
  ScatterND: scatter,
};
