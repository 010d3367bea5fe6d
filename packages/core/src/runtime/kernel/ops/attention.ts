/**
 * The attention's way back, head by head: probabilities live in one tile of rows for each thread, never as a matrix.
 *
 * @module
 */
import type { AttentionShares } from "../../../program/builder.ts";
import { type Address, address, type Argument } from "../command.ts";
import { contiguousSteps, type Dims, part, size } from "../dims.ts";
import type { Lowering } from "../lowering.ts";
import { expanded, offsetsOf, type View } from "../view.ts";
import type { Lower } from "./lower.ts";

/** Query rows of the kernel's tile: `attention_tile_bytes` of one key, in floats. */
const TILE_FLOATS = 2 * 64;

/** Columns side by side, rows and heads wherever they lie. */
const byRows = (
  l: Lowering,
  view: View,
): View => (view.dims.at(-1) === 1 || view.steps.at(-1) === 1 ? view : l.contiguous(view));

/** Room for a message whose axes lie in the order of its tensor's: what moves heads afterwards is a view again. */
function roomLike(l: Lowering, dims: Dims, like: View): View {
  const room = l.room(dims), more = dims.length - like.dims.length, steps = [...room.steps];
  const axes = like.dims.map((_, i) => i).filter((i) => like.dims[i] !== 1).sort((a, b) =>
    like.steps[b]! - like.steps[a]!
  );
  if (axes.some((i) => like.steps[i]! < 1) || axes.at(-1) !== like.dims.length - 1) return room;
  contiguousSteps(axes.map((i) => like.dims[i]!)).forEach((step, k) => (steps[more + axes[k]!] = step));
  return { ...room, steps };
}

const attention: Lower = (l, { inputs, outputs, attributes }) => {
  const { scale, valueShare, scoreShare } = attributes as AttentionShares;
  const [g, q, k, v] = inputs.slice(0, 4).map((name) => byRows(l, l.value(name))) as [View, View, View, View];
  const lead = q.dims.slice(0, -2), more = g.dims.length - q.dims.length, seeds = size(g.dims.slice(0, more));
  const [queries, width] = q.dims.slice(-2) as [number, number],
    [keys, valueWidth] = v.dims.slice(-2) as [number, number];
  const scores = [...lead, queries, keys], given = inputs[4] ? expanded(l.value(inputs[4]), scores) : undefined;
  const mask = given &&
    (given.steps.at(-1) === 1 || keys === 1 ? given : expanded(l.contiguous(wide(l, inputs[4]!, keys)), scores));
  const [dq, dk, dv, masked] = outputs.map((name, i) =>
    name ? i < 3 ? roomLike(l, l.dims(name), [q, k, v][i]!) : l.room(l.dims(name)) : undefined
  );
  const made = [dq, dk, dv, masked].filter((view) => view !== undefined);
  outputs.forEach((name, i) => name && l.define(name, [dq, dk, dv, masked][i]!));
  if (made.every((view) => size(view.dims) === 0)) return;
  const tiles = l.room([l.threads, TILE_FLOATS * keys]),
    seedStep = (view: View | undefined) => (more && view ? view.steps[0]! : 0);
  const rowStep = (view: View | undefined) => (view ? view.steps.at(-2)! : 0);
  const shape = l.table([
    ...[queries, keys, width, valueWidth, rowStep(q), rowStep(k), rowStep(v), rowStep(mask), seeds],
    ...[g, dq, dk, dv].flatMap((view) => [rowStep(view), seedStep(view)]),
    seedStep(masked),
    ...[scale, valueShare, scoreShare].map(bits),
  ]);
  const span: Argument = inputs[5] ? { storage: l.hold(l.constant(inputs[5])!, "int32"), bytes: 0 } : 0;
  const behind = (
    view: View | undefined,
  ) => (view ? view.steps.slice(view.dims.length - lead.length - 2) : lead.map(() => 0));
  const heads = offsetsOf(lead, [q, k, v, mask, g, dq, dk, dv].map(behind).concat([contiguousSteps(lead)]));
  const call = (thread: number, head: number) => {
    const at = heads[head]!,
      place = (view: View | undefined, i: number): Address | 0 => (view ? address(view, at[i]!) : 0);
    const [read, written] = [[q, k, v, mask], [g, dq, dk, dv, masked]];
    const args: Argument[] = [
      shape,
      ...read.map(place),
      span,
      ...written.map((view, i) => place(view, read.length + i)),
    ];
    return {
      name: "attention_cotangent_f32" as const,
      args: [...args, address(tiles, thread * TILE_FLOATS * keys), l.scratch[thread]!],
    };
  };
  const touch = { reads: [g, q, k, v, ...(mask ? [mask] : [])], writes: [...made, tiles] };
  l.parallel(touch, (thread) => {
    const { from, to } = part(heads.length, { index: thread, of: l.threads });
    return Array.from({ length: to - from }, (_, i) => call(thread, from + i));
  });
};

/** A mask with all its columns and no more rows than it has. */
const wide = (l: Lowering, name: string, keys: number): View => {
  const view = l.value(name);
  return expanded(view, [...view.dims.slice(0, -1), keys]);
};

const word = new Float32Array(1), words = new Int32Array(word.buffer);
/** The bits of a float, as tables of words hold it. */
const bits = (value: number): number => (word[0] = value, words[0]!);

export const attentions: Readonly<Record<string, Lower>> = { AttentionCotangent: attention };
