/**
 * Einsum of one or two operands as products of matrices, so that the rules of MatMul cross it.
 *
 * @module
 */
import { text } from "../graph/graph.ts";
import { int64s, size } from "../graph/tensor.ts";
import { because, type Canonicaliser } from "./canonicaliser.ts";
import { Draft } from "./draft.ts";

/** A tensor and the letter of each of its axes. */
interface Operand {
  readonly tensor: string;
  readonly letters: readonly string[];
}

/**
 * Letters in A, B and the output are a batch; those in A and B alone are summed over, as MatMul's inner axis; the rest are rows
 * (of A) and columns (of B): Σ_k A[b, m, k] B[b, k, n] → [b, m, n], then the output's order.
 */
export const einsum: Canonicaliser = {
  name: "einsum",
  summary: "Einsum of one or two operands → ReduceSum, Transpose, MatMul or Mul",
  at: ["Einsum"],
  rewrite(node, scene) {
    const types = node.inputs.map((name) => scene.type(name));
    if (types.some((type) => !type)) return because("its shapes are not known", node);
    if (node.inputs.length > 2) return because(`it has ${node.inputs.length} operands`, node);
    const dims = types.map((type) => type!.dims), read = letters(text(node, "equation", ""), dims);
    if (typeof read === "string") return because(read, node);
    const extent = new Map<string, number>();
    for (const [i, axes] of read.operands.entries()) {
      for (const [axis, letter] of axes.entries()) {
        const n = dims[i]![axis]!;
        if ((extent.get(letter) ?? n) !== n) {
          return because(`the axes "${letter}" are ${extent.get(letter)} and ${n} long`, node);
        }
        extent.set(letter, n);
      }
    }
    const draft = new Draft(node, scene), { output } = read;
    const operands = node.inputs.map((tensor, i) => {
      const others = new Set([...output, ...read.operands.filter((_, j) => j !== i).flat()]);
      return summed(draft, { tensor, letters: read.operands[i]! }, (letter) => !others.has(letter));
    });
    const product = operands.length === 1
      ? operands[0]!
      : multiplied(draft, operands as [Operand, Operand], { output, extent });
    return draft.ends(inOrder(draft, product, output).tensor);
  },
};

/** The letters of an equation; an ellipsis gets capitals of its own. A sentence where it cannot be read. */
function letters(
  equation: string,
  dims: readonly (readonly number[])[],
): { operands: string[][]; output: string[] } | string {
  const [left, right] = equation.replaceAll(" ", "").split("->") as [string, string | undefined],
    terms = left.split(",");
  if (terms.length !== dims.length) return `its equation "${equation}" has ${terms.length} terms`;
  const ranks = terms.map((term, i) => term.includes("...") ? dims[i]!.length - term.replace("...", "").length : 0);
  const rank = Math.max(...ranks), named = terms.filter((term) => term.includes("...")).length;
  if (named && ranks.some((r, i) => terms[i]!.includes("...") && r !== rank)) {
    return "its ellipses stand for different axes";
  }
  const hidden = Array.from({ length: rank }, (_, i) => `…${i}`);
  const split = (term: string) => term.split(/(\.\.\.)/).flatMap((part) => part === "..." ? hidden : [...part]);
  const operands = terms.map(split);
  if (operands.some((axes) => new Set(axes).size < axes.length)) {
    return "a letter comes twice in one operand (a diagonal)";
  }
  if (operands.some((axes, i) => axes.length !== dims[i]!.length)) {
    return `its equation "${equation}" does not fit its operands`;
  }
  const all = operands.flat(),
    once = [...new Set(all)].filter((l) => !l.startsWith("…") && all.filter((m) => m === l).length === 1);
  return { operands, output: right === undefined ? [...hidden, ...once.sort()] : split(right) };
}

/** Sums over the axes whose letter nobody else has. */
function summed(draft: Draft, { tensor, letters }: Operand, gone: (letter: string) => boolean): Operand {
  const axes = letters.flatMap((letter, i) => (gone(letter) ? [i] : []));
  if (!axes.length) return { tensor, letters };
  const sum = draft.op("ReduceSum", [tensor, draft.constant(int64s(axes), "axes")], { keepdims: 0 });
  return { tensor: sum, letters: letters.filter((letter) => !gone(letter)) };
}

function inOrder(draft: Draft, { tensor, letters }: Operand, order: readonly string[]): Operand {
  const perm = order.map((letter) => letters.indexOf(letter));
  return perm.every((axis, i) => axis === i)
    ? { tensor, letters }
    : { tensor: draft.transpose(tensor, perm), letters: order };
}

function multiplied(
  draft: Draft,
  [a, b]: readonly [Operand, Operand],
  { output, extent }: { output: readonly string[]; extent: ReadonlyMap<string, number> },
): Operand {
  const shared = a.letters.filter((letter) => b.letters.includes(letter));
  const batch = shared.filter((letter) => output.includes(letter)),
    inner = shared.filter((letter) => !output.includes(letter));
  const rows = a.letters.filter((letter) => !shared.includes(letter)),
    columns = b.letters.filter((letter) => !shared.includes(letter));
  const sizes = (list: readonly string[]): number[] => list.map((letter) => extent.get(letter)!);
  const result = [...batch, ...rows, ...columns], ones = (list: readonly string[]) => list.map(() => 1);
  if (!inner.length) { // nothing is summed over: a product element by element
    const left = draft.reshape(inOrder(draft, a, [...batch, ...rows]).tensor, [
      ...sizes([...batch, ...rows]),
      ...ones(columns),
    ]);
    const right = draft.reshape(inOrder(draft, b, [...batch, ...columns]).tensor, [
      ...sizes(batch),
      ...ones(rows),
      ...sizes(columns),
    ]);
    return { tensor: draft.mul(left, right), letters: result };
  }
  const [m, k, n] = [rows, inner, columns].map((list) => size(sizes(list))) as [number, number, number];
  const left = draft.reshape(inOrder(draft, a, [...batch, ...rows, ...inner]).tensor, [...sizes(batch), m, k]);
  const right = draft.reshape(inOrder(draft, b, [...batch, ...inner, ...columns]).tensor, [...sizes(batch), k, n]);
  return { tensor: draft.reshape(draft.matmul(left, right), sizes(result)), letters: result };
}
