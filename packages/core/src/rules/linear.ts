/**
 * Products: matrix multiplication in its ONNX spellings.
 *
 * For Z = A·B: dA = g·Bᵀ, dB = Aᵀ·g. Leading axes that were broadcast are summed by the compiler.
 *
 * @module
 */
import { number } from "../graph/graph.ts";
import type { OpRule, RuleContext } from "./rule.ts";

/** A vector operand counts as a row on the left and a column on the right, as in numpy. */
function asMatrices(c: RuleContext): { a: string; b: string; g: string } {
  const [p, q] = c.dims as [readonly number[], readonly number[]];
  const a = p.length === 1 ? c.b.reshape(c.x[0]!, [1, p[0]!]) : c.x[0]!;
  const b = q.length === 1 ? c.b.reshape(c.x[1]!, [q[0]!, 1]) : c.x[1]!;
  const out = [...c.outDims[0]!];
  if (p.length === 1) out.splice(q.length === 1 ? out.length : out.length - 1, 0, 1);
  if (q.length === 1) out.push(1);
  return { a, b, g: c.b.reshape(c.g, out) };
}

/** op(A)·op(B)·α with other operands of the same shapes. */
function product(c: RuleContext, [p, q]: readonly [string, string]): string {
  const [left, right] = c.dims as [readonly number[], readonly number[]];
  const a = left.length === 1 ? c.b.reshape(p, [1, left[0]!]) : p,
    b = right.length === 1 ? c.b.reshape(q, [right[0]!, 1]) : q;
  const z = c.b.matmul(a, b, {
    transA: number(c.node, "transA", 0) === 1,
    transB: number(c.node, "transB", 0) === 1,
    alpha: number(c.node, "alpha", 1),
  });
  return c.b.reshape(z, c.outDims[0]!);
}

export const linear: OpRule[] = [
  {
    op: "MatMul",
    linear: "each",
    product,
    vjp: (c) => {
      const { a, b, g } = asMatrices(c), [p, q] = c.dims as [readonly number[], readonly number[]];
      const ta = number(c.node, "transA", 0) === 1,
        tb = number(c.node, "transB", 0) === 1,
        alpha = number(c.node, "alpha", 1);
      // A' = op(A), B' = op(B): dA' = g·B'ᵀ, and dA = dA'ᵀ where A was transposed.
      const da = () =>
        ta ? c.b.matmul(b, g, { transA: tb, transB: true, alpha }) : c.b.matmul(g, b, { transB: !tb, alpha });
      const db = () =>
        tb ? c.b.matmul(g, a, { transA: true, transB: ta, alpha }) : c.b.matmul(a, g, { transA: !ta, alpha });
      const back = (make: () => string, dims: readonly number[]): string => {
        const d = make(), matrix = c.b.unbroadcast(d, dims.length === 1 ? c.b.dims(d).slice(-2) : dims);
        return dims.length === 1 ? c.b.reshape(matrix, dims) : matrix;
      };
      return [c.active[0] ? back(da, p) : null, c.active[1] ? back(db, q) : null];
    },
  },
  {
    op: "Gemm", // α op(A)·op(B) + β C
    linear: "each",
    additive: [2],
    product,
    bias: (c) => c.b.scale(c.x[2]!, number(c.node, "beta", 1)),
    vjp: (c) => {
      const ta = number(c.node, "transA", 0) === 1,
        tb = number(c.node, "transB", 0) === 1,
        alpha = number(c.node, "alpha", 1);
      const [a, b] = c.x as [string, string], { g } = c;
      return [
        c.active[0]
          ? (ta ? c.b.matmul(b, g, { transA: tb, transB: true, alpha }) : c.b.matmul(g, b, { transB: !tb, alpha }))
          : null,
        c.active[1]
          ? (tb ? c.b.matmul(g, a, { transA: true, transB: ta, alpha }) : c.b.matmul(a, g, { transA: !ta, alpha }))
          : null,
        c.has(2) ? c.b.scale(g, number(c.node, "beta", 1)) : null,
      ];
    },
  },
];
