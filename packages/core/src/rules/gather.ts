/**
 * Look-ups: the message is added where it was read from.
 *
 * @module
 */
import { number, text } from "../graph/graph.ts";
import { numbers, size } from "../graph/tensor.ts";
import { formMissing, type OpRule, type RuleContext } from "./rule.ts";

/** A single known row needs no scatter: the message is padded with zeros on both sides. */
function gatherBack(c: RuleContext): (string | null)[] {
  const { b, g, node } = c, dims = c.dims[0]!, axis = (number(node, "axis", 0) + dims.length) % dims.length;
  if (size(c.dims[1]!) === 1 && c.isKnown(1)) {
    const row = (numbers(c.known(1))[0]! + dims[axis]!) % dims[axis]!;
    return [
      b.pad(b.reshape(g, dims.map((d, i) => (i === axis ? 1 : d))), axis, {
        before: row,
        after: dims[axis]! - 1 - row,
      }),
      null,
    ];
  }
  return [b.scatterAdd(g, c.x[1]!, { axis, dims }), null];
}

/**
 * The transpose of out[…k…] = x[…idx[…k…]…]: g times the one-hot `[…, depth, k, …]` of the indices, summed over k.
 * Along the other axes the indices may cover only the first part of x.
 */
function elementsBack(
  c: RuleContext,
  { axis, indices, picked }: { axis: number; indices: string; picked: readonly number[] },
): string {
  const g = c.b.reshape(c.g, [...picked.slice(0, axis), 1, ...picked.slice(axis)]);
  let out = c.b.sum(c.b.mul(oneHot(c, { axis, indices, picked }), g), [axis + 1], false);
  c.dims[0]!.forEach((d, i) => {
    if (i !== axis) out = c.b.pad(out, i, { before: 0, after: d - picked[i]! });
  });
  return out;
}

/** One-hot of the indices along an axis: 1 where iota = index. */
function oneHot(
  c: RuleContext,
  { axis, indices, picked }: { axis: number; indices: string; picked: readonly number[] },
): string {
  const { b } = c,
    depth = c.dims[0]![axis]!,
    iota = BigInt64Array.from({ length: depth }, (_, i) => BigInt(i)),
    rank = picked.length;
  const rows = b.reshape(b.tensor({ dtype: "int64", dims: [depth], data: iota }), [
    depth,
    ...Array<number>(rank - axis).fill(1),
  ]);
  const index = b.reshape(b.cast(indices, "int64"), [...picked.slice(0, axis), 1, ...picked.slice(axis)]);
  const limit = b.tensor({ dtype: "int64", dims: [], data: BigInt64Array.of(BigInt(depth)) });
  const wrapped = b.where(
    b.less(index, b.tensor({ dtype: "int64", dims: [], data: BigInt64Array.of(0n) })),
    b.add(index, limit),
    index,
  );
  return b.cast(b.equal(rows, wrapped), "float32");
}

export const gather: OpRule[] = [
  { op: "Gather", linear: true, vjp: gatherBack },
  {
    op: "GatherElements",
    linear: true,
    vjp: (c) => {
      const rank = c.dims[0]!.length, axis = (number(c.node, "axis", 0) + rank) % rank;
      return [elementsBack(c, { axis, indices: c.x[1]!, picked: c.dims[1]! }), null];
    },
  },
  {
    op: "TopK", // a look-up at the places the operator found
    linear: true,
    vjp: (c) => {
      const rank = c.dims[0]!.length, axis = (number(c.node, "axis", -1) + rank) % rank;
      return [elementsBack(c, { axis, indices: c.y[1]!, picked: c.outDims[0]! }), null];
    },
  },
  {
    op: "GatherND", // batch_dims = 0: rows named by tuples of indices
    linear: true,
    vjp: (c) => {
      if (number(c.node, "batch_dims", 0) !== 0) throw formMissing(c, "batch_dims");
      const { b, g } = c, dims = c.dims[0]!, index = c.dims[1]!, depth = index.at(-1)!, rows = size(index) / depth;
      const lead = dims.slice(0, depth), rest = dims.slice(depth);
      // Flatten the indexed axes to one: offset = Σ idx_k · stride_k.
      const strides = lead.map((_, k) => BigInt(size(lead.slice(k + 1))));
      const tuples = b.reshape(b.cast(c.x[1]!, "int64"), [rows, depth]);
      const weighted = b.mul(tuples, b.tensor({ dtype: "int64", dims: [depth], data: BigInt64Array.from(strides) }));
      const flat = b.sum(weighted, [1], false);
      const spread = b.scatterAdd(b.reshape(g, [rows, ...rest]), flat, { axis: 0, dims: [size(lead), ...rest] });
      return [b.reshape(spread, dims), null];
    },
  },
  {
    op: "ScatterND", // data with some rows replaced by updates
    linear: true,
    additive: [0, 2],
    vjp: (c) => {
      if (text(c.node, "reduction", "none") !== "none") {
        throw formMissing(c, `reduction ${text(c.node, "reduction", "")}`);
      }
      const { b, g } = c,
        dims = c.dims[0]!,
        index = c.dims[1]!,
        depth = index.at(-1)!,
        lead = dims.slice(0, depth),
        rest = dims.slice(depth);
      const rows = size(index) / depth, strides = lead.map((_, k) => BigInt(size(lead.slice(k + 1))));
      const weighted = b.mul(
        b.reshape(b.cast(c.x[1]!, "int64"), [rows, depth]),
        b.tensor({ dtype: "int64", dims: [depth], data: BigInt64Array.from(strides) }),
      );
      const flat = b.sum(weighted, [1], false), g2 = b.reshape(g, [size(lead), ...rest]);
      const ones = b.tensor({ dtype: "float32", dims: [rows, 1], data: new Float32Array(rows).fill(1) });
      const written = b.min(b.scatterAdd(ones, flat, { axis: 0, dims: [size(lead), 1] }), b.scalar(1));
      const kept = b.sub(b.scalar(1), b.reshape(written, [size(lead), ...rest.map(() => 1)]));
      return [b.reshape(b.mul(g2, kept), dims), null, b.reshape(b.gather(g2, flat, 0), c.dims[2]!)];
    },
  },
];
