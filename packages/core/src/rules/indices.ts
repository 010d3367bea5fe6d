/**
 * Indices held in a tensor, as look-ups and writes read them: element by element along one axis, or as tuples that name rows.
 *
 * @module
 */
import { size } from "../graph/tensor.ts";
import type { Builder } from "../program/builder.ts";
import type { RuleContext } from "./rule.ts";

/** Elements of input 0 named along one axis by indices of shape `picked`; along the others the first `picked` of them are meant. */
export interface Elements {
  readonly axis: number;
  readonly indices: string;
  readonly picked: readonly number[];
}

const int64s = (b: Builder, values: readonly number[], dims: readonly number[] = [values.length]): string =>
  b.tensor({ dtype: "int64", dims, data: BigInt64Array.from(values, BigInt) });

/** Indices counted from the front: negative ones stand for places counted from the end. */
function fromFront(b: Builder, index: string, length: string): string {
  return b.where(b.less(index, int64s(b, [0], [])), b.add(index, length), index);
}

/** One-hot of the indices, [… before, depth, k, after …]: 1 where iota = index. */
function oneHot({ b, dims: [data] }: RuleContext, { axis, indices, picked }: Elements): string {
  const depth = data![axis]!, iota = Array.from({ length: depth }, (_, i) => i);
  const places = b.reshape(int64s(b, iota), [depth, ...Array<number>(picked.length - axis).fill(1)]);
  const index = b.reshape(b.cast(indices, "int64"), [...picked.slice(0, axis), 1, ...picked.slice(axis)]);
  return b.cast(b.equal(places, fromFront(b, index, int64s(b, [depth], []))), "float32");
}

/** out[…k…] = t[…idx[…k…]…], t of the shape of input 0: Σ over its axis of one-hot ⊙ t. */
export function pick(c: RuleContext, t: string, elements: Elements): string {
  const { axis, picked } = elements, depth = c.dims[0]![axis]!;
  let part = t;
  picked.forEach((d, i) => i !== axis && (part = c.b.slice(part, i, { start: 0, end: d })));
  const columns = c.b.reshape(part, [...picked.slice(0, axis), depth, 1, ...picked.slice(axis + 1)]);
  return c.b.sum(c.b.mul(oneHot(c, elements), columns), [axis], false);
}

/** The transpose of {@link pick}: every element is added where its index says, zeros elsewhere. */
export function putBack(c: RuleContext, t: string, elements: Elements): string {
  const { axis, picked } = elements, row = c.b.reshape(t, [...picked.slice(0, axis), 1, ...picked.slice(axis)]);
  let out = c.b.sum(c.b.mul(oneHot(c, elements), row), [axis + 1], false);
  c.dims[0]!.forEach((d, i) => i !== axis && (out = c.b.pad(out, i, { before: 0, after: d - picked[i]! })));
  return out;
}

/** Rows of input 0 that the tuples of input 1 name, its indexed axes `lead` (batch axes among them) seen as one: offset = Σ idx_k · stride_k. */
export function tuplesOf(
  c: RuleContext,
  batchAxes = 0,
): { rows: string; lead: readonly number[]; rest: readonly number[] } {
  const { b, dims: [data, index] } = c, depth = index!.at(-1)!, lead = data!.slice(0, batchAxes + depth);
  const batch = size(lead.slice(0, batchAxes)), indexed = lead.slice(batchAxes);
  const tuples = b.reshape(b.cast(c.x[1]!, "int64"), [batch, size(index!) / (batch * depth), depth]);
  const strides = indexed.map((_, k) => size(indexed.slice(k + 1)));
  const offsets = b.sum(b.mul(fromFront(b, tuples, int64s(b, indexed)), int64s(b, strides)), [2], false);
  const starts = Array.from({ length: batch }, (_, i) => i * size(indexed));
  const rows = batchAxes ? b.add(offsets, int64s(b, starts, [batch, 1])) : offsets;
  return { rows: b.reshape(rows, [size(index!) / depth]), lead, rest: data!.slice(lead.length) };
}
