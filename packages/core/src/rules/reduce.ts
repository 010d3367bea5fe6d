/**
 * Reductions: the message is spread over what was reduced.
 *
 * @module
 */
import { number } from "../graph/graph.ts";
import { numbers, size } from "../graph/tensor.ts";
import type { OpRule, RuleContext } from "./rule.ts";

/** Axes a reduction went over: named by its second input, or all. */
function axesOf(c: RuleContext): number[] {
  const rank = c.dims[0]!.length;
  const named = c.has(1) ? numbers(c.known(1)) : [];
  if (named.length === 0) return number(c.node, "noop_with_empty_axes", 0) === 1 ? [] : c.dims[0]!.map((_, i) => i);
  return named.map((axis) => (axis < 0 ? axis + rank : axis));
}

const kept = (c: RuleContext): readonly number[] => {
  const over = new Set(axesOf(c));
  return c.dims[0]!.map((d, i) => (over.has(i) ? 1 : d));
};
const spread = (c: RuleContext): string => c.b.expand(c.b.reshape(c.g, kept(c)), c.dims[0]!);
const count = (c: RuleContext): number => size(c.dims[0]!) / Math.max(1, size(kept(c)));

/** The product along the reduced axes of a forward value. */
function product(c: RuleContext, x: string): string {
  const { b } = c, dims = kept(c), axes = axesOf(c);
  if (axes.length === 0) return x;
  const list = b.tensor({ dtype: "int64", dims: [axes.length], data: BigInt64Array.from(axes, BigInt) });
  const node = { op: "ReduceProd", domain: "", inputs: [x, list], outputs: [b.fresh("product")], attributes: {} };
  return b.forward(node, [{ dtype: "float32", dims }])[0]!;
}

/** The extremum's position takes the message; equal positions share it, as torch's amax does. */
const extremum = (op: string): OpRule => ({
  op,
  linear: true,
  vjp: (c) => {
    const { b } = c, won = b.cast(b.equal(c.x[0]!, b.reshape(c.y[0]!, kept(c))), "float32");
    return [b.mul(b.div(won, b.sum(won, axesOf(c))), b.reshape(c.g, kept(c))), null];
  },
});

export const reduce: OpRule[] = [
  { op: "ReduceSum", linear: true, vjp: (c) => [spread(c), null] },
  { op: "ReduceMean", linear: true, vjp: (c) => [c.b.scale(spread(c), 1 / count(c)), null] },
  {
    op: "GlobalAveragePool",
    linear: true,
    vjp: ({ b, g, dims }) => [b.scale(b.expand(g, dims[0]!), 1 / size(dims[0]!.slice(2)))],
  },
  { op: "ReduceL1", linear: true, vjp: (c) => [c.b.mul(c.b.sign(c.x[0]!), c.b.reshape(c.g, kept(c))), null] }, // |x|' = sign x
  { op: "ReduceSumSquare", vjp: (c) => [c.b.mul(c.b.scale(c.x[0]!, 2), c.b.reshape(c.g, kept(c))), null] },
  extremum("ReduceMax"),
  extremum("ReduceMin"),
  {
    op: "GlobalMaxPool",
    linear: true,
    vjp: ({ b, g, x, y, dims }) => {
      const won = b.cast(b.equal(x[0]!, y[0]!), "float32"), places = dims[0]!.map((_, i) => i).slice(2);
      return [b.mul(b.div(won, b.sum(won, places)), g)];
    },
  },
  {
    op: "ReduceL2", // ∂‖x‖ = x/‖x‖, and 0 at the origin
    vjp: (c) => {
      const { b } = c, norm = b.max(b.reshape(c.y[0]!, kept(c)), b.scalar(1e-30));
      return [b.mul(c.x[0]!, b.div(b.reshape(c.g, kept(c)), norm)), null];
    },
  },
  { op: "ReduceLogSum", vjp: (c) => [c.b.mul(spread(c), c.b.exp(c.b.neg(c.b.reshape(c.y[0]!, kept(c))))), null] }, // 1/Σ = e⁻ʸ
  {
    op: "ReduceLogSumExp", // the softmax, e^(x − y)
    vjp: (c) => [c.b.mul(spread(c), c.b.exp(c.b.sub(c.x[0]!, c.b.reshape(c.y[0]!, kept(c))))), null],
  },
  {
    op: "ReduceProd", // the product of the others: P/x with P that of all that are not zero, unless another one is zero
    vjp: (c) => {
      const { b } = c, axes = axesOf(c), zero = b.equal(c.x[0]!, b.scalar(0)), zeros = b.cast(zero, "float32");
      const rest = b.where(zero, b.scalar(1), c.x[0]!), free = b.equal(b.sum(zeros, axes), zeros);
      return [b.mul(spread(c), b.where(free, b.div(product(c, rest), rest), b.scalar(0))), null];
    },
  },
  {
    op: "CumSum", // Σ over i ≤ j forwards is Σ over j ≥ i backwards: a triangular product
    linear: true,
    vjp: (c) => {
      const dims = c.dims[0]!,
        axis = (Number(c.known(1).data[0]) + dims.length) % dims.length,
        n = dims[axis]!,
        data = new Float32Array(n * n);
      const strict = number(c.node, "exclusive", 0) === 1, backwards = number(c.node, "reverse", 0) === 1;
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          const reads = backwards ? j >= i : j <= i; // y_i reads x_j
          if (reads && !(strict && i === j)) data[j * n + i] = 1;
        }
      }
      const perm = dims.map((_, i) => i).filter((i) => i !== axis).concat(axis), back: number[] = [];
      perm.forEach((p, i) => (back[p] = i));
      const moved = c.b.transpose(c.g, perm), rows = c.b.reshape(moved, [size(dims) / n, n]);
      const summed = c.b.matmul(rows, c.b.tensor({ dtype: "float32", dims: [n, n], data }), { transB: true });
      return [c.b.transpose(c.b.reshape(summed, perm.map((p) => dims[p]!)), back), null];
    },
  },
];
