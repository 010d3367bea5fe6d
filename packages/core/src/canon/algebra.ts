/**
 * Reading formulas out of a graph whatever order they were written in: factors of a product, polynomials of a tensor.
 *
 * Exporters write ½·x·(1 + erf(x/√2)) in a dozen ways; all of them have the same factors.
 *
 * @module
 */
import { type Node, operator } from "../graph/graph.ts";
import type { Scene } from "./scene.ts";

/** How far a formula is followed back. */
const DEEPEST = 16;

/** t = constant · Π tensors. */
export interface Product {
  readonly constant: number;
  readonly tensors: readonly string[];
  /** Every partial product on the way, tensors included: candidates for the x of x·h(x). */
  readonly parts: readonly string[];
}

/** Takes a product apart through Mul, Div by a constant and Neg. Tensors in `whole` are left whole. */
export function factors(scene: Scene, tensor: string, whole: ReadonlySet<string> = new Set(), depth = 0): Product {
  const number = scene.scalar(tensor);
  if (number !== undefined) return { constant: number, tensors: [], parts: [] };
  if (scene.made(tensor, "Identity") && !whole.has(tensor)) {
    return factors(scene, through(scene, tensor)!, whole, depth + 1);
  }
  const node = whole.has(tensor) || depth > DEEPEST ? undefined : scene.made(tensor, "Mul", "Div", "Neg");
  const leaf = { constant: 1, tensors: [tensor], parts: [tensor] };
  if (!node) return leaf;
  const of = (i: number) => factors(scene, node.inputs[i]!, whole, depth + 1);
  if (node.op === "Neg") return scaled(of(0), -1, tensor);
  if (node.op === "Div") {
    const by = scene.scalar(node.inputs[1]);
    return by === undefined ? leaf : scaled(of(0), 1 / by, tensor);
  }
  const [p, q] = [of(0), of(1)];
  return {
    constant: p.constant * q.constant,
    tensors: [...p.tensors, ...q.tensors],
    parts: [tensor, ...p.parts, ...q.parts],
  };
}
const scaled = ({ constant, tensors, parts }: Product, by: number, tensor: string): Product => ({
  constant: constant * by,
  tensors,
  parts: [tensor, ...parts],
});

/** What an Identity passes on. */
export function through(scene: Scene, tensor: string | undefined): string | undefined {
  const node = scene.made(tensor, "Identity");
  return node ? through(scene, node.inputs[0]) : tensor;
}

/** Whether the file computes with integers between a tensor and a node that depends on it. */
export function roundsBetween(scene: Scene, from: string, node: Node, depth = 0): boolean {
  if (node.quantised) return true;
  return depth < DEEPEST && node.inputs.some((input) => {
    const before = input === from ? undefined : scene.made(input);
    return before !== undefined && !scene.isFixed(input) && roundsBetween(scene, from, before, depth + 1);
  });
}

type Polynomial = readonly number[];
const plus = (p: Polynomial, q: Polynomial): number[] =>
  Array.from({ length: Math.max(p.length, q.length) }, (_, i) => (p[i] ?? 0) + (q[i] ?? 0));
const times = (p: Polynomial, q: Polynomial): number[] => {
  const made = Array<number>(p.length + q.length - 1).fill(0);
  p.forEach((a, i) => q.forEach((b, j) => (made[i + j]! += a * b)));
  return made;
};

/** Coefficients of a tensor as a polynomial of another, lowest power first; `undefined` where it is none. */
export function polynomial(scene: Scene, tensor: string, x: string, depth = 0): number[] | undefined {
  if (tensor === x) return [0, 1];
  const number = scene.scalar(tensor);
  if (number !== undefined) return [number];
  const node = scene.made(tensor, "Add", "Sub", "Mul", "Div", "Neg", "Pow", "Cast", "Identity");
  if (!node || depth > DEEPEST) return undefined;
  const p = polynomial(scene, node.inputs[0]!, x, depth + 1);
  if (!p || node.inputs.length === 1) return p && (node.op === "Neg" ? p.map((c) => -c) : p);
  if (node.op === "Pow") {
    const power = scene.scalar(node.inputs[1]);
    return power === 2 ? times(p, p) : power === 3 ? times(p, times(p, p)) : undefined;
  }
  const q = polynomial(scene, node.inputs[1]!, x, depth + 1);
  if (!q) return undefined;
  switch (node.op) {
    case "Add":
      return plus(p, q);
    case "Sub":
      return plus(p, q.map((c) => -c));
    case "Mul":
      return times(p, q);
    default:
      return node.op === "Div" && q.length === 1 ? p.map((c) => c / q[0]!) : undefined;
  }
}

/** Equal but for rounding to half precision. */
export const near = (a: number, b: number): boolean => Math.abs(a - b) <= 2e-3 * Math.max(Math.abs(a), Math.abs(b));

/** Whether a polynomial has these coefficients, near enough. */
export const isPolynomial = (p: Polynomial, wanted: Polynomial): boolean =>
  plus(p, wanted.map((c) => -c)).every((_, i) => near(p[i] ?? 0, wanted[i] ?? 0));

/** The operand a commutative node adds to or multiplies by a known scalar. */
export function besideScalar(
  scene: Scene,
  node: Node | undefined,
  op: string,
): { operand: string; scalar: number } | undefined {
  if (!node || operator(node) !== op) return undefined;
  for (const [a, b] of [[0, 1], [1, 0]] as const) {
    const scalar = scene.scalar(node.inputs[b]);
    if (scalar !== undefined) return { operand: node.inputs[a]!, scalar };
  }
  return undefined;
}

/** Whether two tensors are one, or are made by the same operators from the same tensors: exporters repeat themselves. */
export function same(scene: Scene, a: string | undefined, b: string | undefined, depth = 0): boolean {
  if (a === b) return true;
  const [p, q] = [scene.made(a), scene.made(b)];
  if (!p || !q || operator(p) !== operator(q) || p.inputs.length !== q.inputs.length || depth > 4) return false;
  if (
    p.outputs.indexOf(a!) !== q.outputs.indexOf(b!) || JSON.stringify(p.attributes) !== JSON.stringify(q.attributes)
  ) return false;
  return p.inputs.every((input, i) =>
    same(scene, input, q.inputs[i], depth + 1) || sameScalar(scene, input, q.inputs[i])
  );
}
const sameScalar = (scene: Scene, a: string, b: string | undefined): boolean => {
  const value = scene.values(a);
  return value !== undefined && value.join() === scene.values(b)?.join();
};
