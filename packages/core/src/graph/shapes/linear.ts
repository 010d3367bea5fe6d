/**
 * Products: MatMul and its fused forms, Gemm, Einsum.
 *
 * @module
 */
import type { DType, TensorType } from "../tensor.ts";
import { broadcast } from "./layout.ts";
import type { ShapeRule, Site } from "./site.ts";

/** Shape of a matrix product with numpy's rules for vectors and stacks. */
export function product(site: Site, a: readonly number[], b: readonly number[]): number[] {
  const left = a.length === 1 ? [1, ...a] : a, right = b.length === 1 ? [...b, 1] : b;
  if (!a.length || !b.length || left.at(-1) !== right.at(-2)) {
    throw site.malformed(`[${a}] times [${b}] is no matrix product`);
  }
  return [
    ...broadcast(site, left.slice(0, -2), right.slice(0, -2)),
    ...(a.length > 1 ? [left.at(-2)!] : []),
    ...(b.length > 1 ? [right.at(-1)!] : []),
  ];
}

const swapped = (dims: readonly number[]): number[] => [...dims.slice(0, -2), dims.at(-1)!, dims.at(-2)!];
/** `transBatch` rotates the batch axes in front of the last: [m, …batch, k] is read as [...batch, m, k]. */
const unrotated = (dims: readonly number[]): number[] => [...dims.slice(1, -1), dims[0]!, dims.at(-1)!];

function fusedProduct(s: Site): number[] {
  const side = (i: number, letter: "A" | "B") => {
    const dims = s.number(`transBatch${letter}`, 0) ? unrotated(s.dims(i)) : s.dims(i);
    return s.number(`trans${letter}`, 0) && dims.length > 1 ? swapped(dims) : dims;
  };
  return product(s, side(0, "A"), side(1, "B"));
}

function gemm(s: Site): TensorType[] {
  const [m, k] = s.number("transA", 0) ? swapped(s.dims(0)) : s.dims(0),
    [l, n] = s.number("transB", 0) ? swapped(s.dims(1)) : s.dims(1);
  if (k !== l) throw s.malformed(`[${s.dims(0)}] times [${s.dims(1)}] is no matrix product`);
  return [{ dtype: s.dtype(0), dims: [m!, n!] }];
}

/** Reads `ij,jk->ik`; without an arrow, letters seen once appear in the result in alphabetical order. */
function einsum(s: Site): number[] {
  const [left, right] = s.text("equation", "").replaceAll(" ", "").split("->") as [string, string | undefined];
  const lengths = new Map<string, number>();
  let batch: number[] = [];
  left.split(",").forEach((term, i) => {
    const dims = s.dims(i), [before, after] = term.split("...") as [string, string | undefined];
    [...before].forEach((letter, k) => lengths.set(letter, dims[k]!));
    if (after === undefined) return;
    [...after].forEach((letter, k) => lengths.set(letter, dims[dims.length - after.length + k]!));
    batch = broadcast(s, batch, dims.slice(before.length, dims.length - after.length));
  });
  const once = [...lengths.keys()].filter((letter) => left.split(letter).length === 2).sort().join("");
  const [before, after] = (right ?? (left.includes("...") ? `...${once}` : once)).split("...") as [
    string,
    string | undefined,
  ];
  return [
    ...[...before].map((l) => lengths.get(l)!),
    ...(after === undefined ? [] : batch),
    ...[...(after ?? "")].map((l) => lengths.get(l)!),
  ];
}

/** A product whose result has another type than its operands. */
export const productOf = (op: string, dtype: (s: Site) => DType, b = 1): ShapeRule => ({
  op,
  types: (s) => [{ dtype: dtype(s), dims: product(s, s.dims(0), s.dims(b)) }],
});

/** Products of the standard and the com.microsoft domain over floats. */
export const linear: readonly ShapeRule[] = [
  // Canonical graphs give MatMul the transposes of FusedMatMul; a file's MatMul has no attributes.
  { op: "MatMul", types: (s) => [{ dtype: s.dtype(0), dims: fusedProduct(s) }] },
  { op: "Gemm", types: gemm },
  { op: "Einsum", types: (s) => [{ dtype: s.dtype(0), dims: einsum(s) }] },
  { op: "com.microsoft.FusedMatMul", types: (s) => [{ dtype: s.dtype(0), dims: fusedProduct(s) }] },
  { op: "com.microsoft.TransposeMatMul", types: (s) => [{ dtype: s.dtype(0), dims: fusedProduct(s) }] },
  { op: "com.microsoft.FusedGemm", types: gemm },
];
