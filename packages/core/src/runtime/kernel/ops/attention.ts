/**
 * The attention and its way back, head by head: probabilities live in one tile of rows for each thread, never as a matrix.
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

/** Room whose axes lie in the order of another tensor's: what moves heads afterwards is a view again. */
function roomLike(l: Lowering, dims: Dims, like: View): View {
  const room = l.room(dims), more = dims.length - like.dims.length, steps = [...room.steps];
  const axes = like.dims.map((_, i) => i).filter((i) => dims[more + i] !== 1).sort((a, b) =>
    like.steps[b]! - like.steps[a]!
  );
  if (axes.some((i) => like.steps[i]! < 1) || axes.at(-1) !== like.dims.length - 1) return room;
  contiguousSteps(axes.map((i) => dims[more + i]!)).forEach((step, k) => (steps[more + axes[k]!] = step));
  return { ...room, steps };
}

/** A call's operands, and what it may write: its result, and cotangents for messages. */
interface Operands {
  readonly q: View;
  readonly k: View;
  readonly v: View;
  readonly mask: string | undefined;
  readonly span: string | undefined;
  readonly shares: AttentionShares;
  readonly o?: View;
  readonly g?: View;
  readonly dq?: View | undefined;
  readonly dk?: View | undefined;
  readonly dv?: View | undefined;
  readonly masked?: View | undefined;
}

/** Calls head by head; each thread has a tile of its own. */
function heads(
  l: Lowering,
  { q, k, v, mask: masks, span: spans, shares: { scale, valueShare, scoreShare }, o, g, dq, dk, dv, masked }: Operands,
): void {
  const made = [o, dq, dk, dv, masked].filter((view) => view !== undefined);
  if (made.every((view) => size(view.dims) === 0)) return;
  const lead = q.dims.slice(0, -2), more = g ? g.dims.length - q.dims.length : 0;
  const seeds = g ? size(g.dims.slice(0, more)) : 0;
  const [queries, width] = q.dims.slice(-2) as [number, number],
    [keys, valueWidth] = v.dims.slice(-2) as [number, number];
  const scores = [...lead, queries, keys], given = masks ? expanded(l.value(masks), scores) : undefined;
  const mask = given &&
    (given.steps.at(-1) === 1 || keys === 1 ? given : expanded(l.contiguous(wide(l, masks!, keys)), scores));
  const tiles = l.room([l.threads, TILE_FLOATS * keys]),
    seedStep = (view: View | undefined) => (more && view ? view.steps[0]! : 0);
  const rowStep = (view: View | undefined) => (view ? view.steps.at(-2)! : 0);
  const shape = l.table([
    ...[queries, keys, width, valueWidth, rowStep(q), rowStep(k), rowStep(v), rowStep(mask), seeds],
    ...[g, dq, dk, dv].flatMap((view) => [rowStep(view), seedStep(view)]),
    ...[seedStep(masked), rowStep(o)],
    ...[scale, valueShare, scoreShare].map(bits),
  ]);
  const span: Argument = spans ? { storage: l.hold(l.constant(spans)!, "int32"), bytes: 0 } : 0;
  const behind = (
    view: View | undefined,
  ) => (view ? view.steps.slice(view.dims.length - lead.length - 2) : lead.map(() => 0));
  const places = offsetsOf(lead, [q, k, v, mask, o, g, dq, dk, dv].map(behind).concat([contiguousSteps(lead)]));
  const call = (thread: number, head: number) => {
    const at = places[head]!,
      place = (view: View | undefined, i: number): Address | 0 => (view ? address(view, at[i]!) : 0);
    const [read, others] = [[q, k, v, mask], [o, g, dq, dk, dv, masked]];
    const args: Argument[] = [
      shape,
      ...read.map(place),
      span,
      ...others.map((view, i) => place(view, read.length + i)),
    ];
    return {
      name: "attention_f32" as const,
      args: [...args, address(tiles, thread * TILE_FLOATS * keys), l.scratch[thread]!],
    };
  };
  const reads = [g, q, k, v, mask].filter((view) => view !== undefined);
  l.parallel({ reads, writes: [...made, tiles] }, (thread) => {
    const { from, to } = part(places.length, { index: thread, of: l.threads });
    return Array.from({ length: to - from }, (_, i) => call(thread, from + i));
  });
}

const matrices = (l: Lowering, names: readonly string[]): View[] => names.map((name) => byRows(l, l.value(name)));

const context: Lower = (l, { inputs, outputs, attributes }) => {
  const [q, k, v] = matrices(l, inputs.slice(0, 3)) as [View, View, View], [, , , mask, span] = inputs;
  const o = roomLike(l, l.dims(outputs[0]!), v);
  l.define(outputs[0]!, o);
  heads(l, { q, k, v, mask, span, shares: { scale: attributes["scale"] as number, valueShare: 1, scoreShare: 1 }, o });
};

const cotangent: Lower = (l, { inputs, outputs, attributes }) => {
  const [g, q, k, v] = matrices(l, inputs.slice(0, 4)) as [View, View, View, View], [, , , , mask, span] = inputs;
  const [dq, dk, dv, masked] = outputs.map((name, i) =>
    name ? i < 3 ? roomLike(l, l.dims(name), [q, k, v][i]!) : l.room(l.dims(name)) : undefined
  );
  outputs.forEach((name, i) => name && l.define(name, [dq, dk, dv, masked][i]!));
  heads(l, { q, k, v, mask, span, shares: attributes as AttentionShares, g, dq, dk, dv, masked });
};

/** A mask with all its columns and no more rows than it has. */
const wide = (l: Lowering, name: string, keys: number): View => {
  const view = l.value(name);
  return expanded(view, [...view.dims.slice(0, -1), keys]);
};

const word = new Float32Array(1), words = new Int32Array(word.buffer);
/** The bits of a float, as tables of words hold it. */
const bits = (value: number): number => (word[0] = value, words[0]!);

export const attentions: Readonly<Record<string, Lower>> = {
  AttentionContext: context,
  AttentionCotangent: cotangent,
};
