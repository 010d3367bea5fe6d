/**
 * Movement: most of it is another view.
 *
 * @module
 */
import { address } from "../command.ts";
import { type Dims, size, wrap } from "../dims.ts";
import type { Lowering } from "../lowering.ts";
import { expanded, permuted, reshaped, sliced, type View } from "../view.ts";
import type { Lower } from "./lower.ts";

/** The tensor under another shape; moves it only where no view can show it so. */
export const shapedAs = (l: Lowering, view: View, dims: Dims): View =>
  reshaped(view, dims) ?? reshaped(l.contiguous(view), dims)!;

/** Every value of a storage set to one number. */
export function fill(l: Lowering, view: View, value: number): void {
  const count = size(view.dims);
  if (count > 0) {
    l.split(
      "fill_f32",
      { reads: [], writes: [view] },
      [count],
      ({ from, to }) => [to - from, value, address(view, from)],
    );
  }
}

const reshape: Lower = (l, { inputs, outputs }) =>
  l.define(outputs[0]!, shapedAs(l, l.value(inputs[0]!), l.dims(outputs[0]!)));

const transpose: Lower = (l, { inputs, outputs, attributes }) => {
  const view = l.raw(inputs[0]!),
    perm = (attributes["perm"] as number[] | undefined) ?? view.dims.map((_, i) => view.dims.length - 1 - i);
  l.define(outputs[0]!, permuted(view, perm));
};

const expand: Lower = (l, { inputs, outputs }) =>
  l.define(outputs[0]!, expanded(l.value(inputs[0]!), l.dims(outputs[0]!)));

const concat: Lower = (l, { inputs, outputs, attributes }) => {
  const y = l.room(l.dims(outputs[0]!)), axis = wrap(attributes["axis"] as number, y.dims.length);
  let start = 0;
  for (const input of inputs) {
    const view = l.value(input), count = view.dims[axis]!;
    l.copy(view, sliced(y, axis, { start, step: 1, count }));
    start += count;
  }
  l.define(outputs[0]!, y);
};

const slice: Lower = (l, { inputs, outputs }) => {
  const [, starts, ends, axes, steps] = inputs,
    dims = l.dims(outputs[0]!),
    from = l.numbers(starts!),
    to = l.numbers(ends!);
  const along = axes ? l.numbers(axes) : from.map((_, i) => i), by = steps ? l.numbers(steps) : from.map(() => 1);
  let view = l.value(inputs[0]!);
  along.forEach((named, i) => {
    const axis = wrap(named, view.dims.length),
      d = view.dims[axis]!,
      step = by[i]!,
      start = from[i]! < 0 ? from[i]! + d : from[i]!;
    const first = step > 0 ? Math.min(Math.max(start, 0), d) : Math.min(Math.max(start, -1), d - 1),
      count = dims[axis]!;
    if (to[i] === undefined) return;
    view = sliced(view, axis, { start: count > 0 ? first : 0, step, count });
  });
  l.define(outputs[0]!, view);
};

const split: Lower = (l, { inputs, outputs, attributes }) => {
  const view = l.value(inputs[0]!), axis = wrap((attributes["axis"] as number | undefined) ?? 0, view.dims.length);
  let start = 0;
  for (const output of outputs) {
    const share = Math.ceil(view.dims[axis]! / outputs.length),
      given = output ? l.dims(output)[axis]! : inputs[1] ? l.numbers(inputs[1])[outputs.indexOf(output)]! : share;
    if (output) l.define(output, sliced(view, axis, { start, step: 1, count: given }));
    start += given;
  }
};

const pad: Lower = (l, { inputs, outputs, attributes }) => {
  const [x, pads, value, axes] = inputs as [string, string, string?, string?],
    view = l.value(x),
    rank = view.dims.length,
    given = l.numbers(pads);
  if ((attributes["mode"] ?? "constant") !== "constant" || given.some((p) => p < 0)) return "foreign";
  if (value && !l.constant(value)) return "foreign";
  const along = axes ? l.numbers(axes).map((axis) => wrap(axis, rank)) : Array.from({ length: rank }, (_, i) => i);
  const y = l.room(l.dims(outputs[0]!));
  fill(l, y, value ? l.numbers(value)[0] ?? 0 : 0);
  l.copy(
    view,
    along.reduce<View>((to, axis, i) => sliced(to, axis, { start: given[i]!, step: 1, count: view.dims[axis]! }), y),
  );
  l.define(outputs[0]!, y);
};

export const movement: Readonly<Record<string, Lower>> = {
  Reshape: reshape,
  Flatten: reshape,
  Squeeze: reshape,
  Unsqueeze: reshape,
  Identity: reshape,
  Transpose: transpose,
  Expand: expand,
  Concat: concat,
  Slice: slice,
  Split: split,
  Pad: pad,
};
