/**
 * Look-ups: the message is added where it was read from.
 *
 * @module
 */
import { number } from "../graph/graph.ts";
import { numbers, size } from "../graph/tensor.ts";
import { putBack, tuplesOf } from "./indices.ts";
import type { OpRule, RuleContext } from "./rule.ts";

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

export const gather: OpRule[] = [
  { op: "Gather", linear: true, vjp: gatherBack },
  {
    op: "GatherElements",
    linear: true,
    vjp: (c) => {
      const rank = c.dims[0]!.length, axis = (number(c.node, "axis", 0) + rank) % rank;
      return [putBack(c, c.g, { axis, indices: c.x[1]!, picked: c.dims[1]! }), null];
    },
  },
  {
    op: "TopK", // a look-up at the places the operator found
    linear: true,
    vjp: (c) => {
      const rank = c.dims[0]!.length, axis = (number(c.node, "axis", -1) + rank) % rank;
      return [putBack(c, c.g, { axis, indices: c.y[1]!, picked: c.outDims[0]! }), null];
    },
  },
  {
    op: "GatherND", // rows named by tuples of indices
    linear: true,
    vjp: (c) => {
      const { b, g } = c, dims = c.dims[0]!, { rows, lead, rest } = tuplesOf(c, number(c.node, "batch_dims", 0));
      const flat = b.reshape(g, [size(b.dims(rows)), ...rest]);
      return [b.reshape(b.scatterAdd(flat, rows, { axis: 0, dims: [size(lead), ...rest] }), dims), null];
    },
  },
];
