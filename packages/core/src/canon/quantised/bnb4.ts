/**
 * Weights in the 4-bit floats of bitsandbytes: each nibble names one of sixteen values, scaled by the largest of its block.
 *
 * No ONNX type holds them, so the weight is seen as floats, which are written when they are read.
 *
 * @module
 */
import { fromNumbers } from "../../graph/fold.ts";
import { type Constant, number } from "../../graph/graph.ts";
import { numbers } from "../../graph/tensor.ts";
import { because, type Canonicaliser } from "../canonicaliser.ts";
import { Draft } from "../draft.ts";

/** FP4: a sign, two bits of exponent, one of mantissa. */
const FP4_HALF = [0, 5.208333333e-3, 2 / 3, 1, 1 / 3, 1 / 2, 1 / 6, 1 / 4];
const FP4 = [...FP4_HALF, ...FP4_HALF.map((v) => -v)];
/** NF4: quantiles of the normal distribution (Dettmers et al. 2023, appendix E). */
const NF4 = [
  ...[-1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453],
  ...[-0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0],
  ...[0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224],
  ...[0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1],
];

interface Packed {
  readonly table: readonly number[];
  readonly block: number;
  readonly dims: readonly [number, number];
}

/** Rows [N, K] of nibbles, high ones first, in blocks along all of them. */
function unpacked(bytes: Constant, largest: Constant, { table, block, dims }: Packed): Constant {
  const type = { dtype: largest.dtype, dims }, count = dims[0] * dims[1];
  return {
    ...type,
    read: () => {
      const packed = bytes.read().data as Uint8Array, scales = numbers(largest.read());
      const value = (i: number): number =>
        table[i & 1 ? packed[i >> 1]! & 15 : packed[i >> 1]! >> 4]! * scales[Math.floor(i / block)]!;
      return fromNumbers(type.dtype, dims, Array.from({ length: count }, (_, i) => value(i)));
    },
  };
}

/** MatMulBnb4 → MatMul(x, Wᵀ), W the floats of its nibbles. */
export const bnb4: Canonicaliser = {
  name: "bnb4",
  summary: "MatMulBnb4 → MatMul(x, Wᵀ), W = table[nibble] · largest of its block",
  at: ["com.microsoft.MatMulBnb4"],
  rewrite(node, scene) {
    const [x, b, absmax] = node.inputs, bytes = scene.constant(b), largest = scene.constant(absmax);
    if (!bytes || !largest) return because("its weights are not constants", node);
    if (number(node, "transB", 1) !== 1) return because("its weights are not transposed", node);
    const draft = new Draft(node, scene), kind = number(node, "quant_type", 1);
    const weight = unpacked(bytes, largest, {
      table: kind === 0 ? FP4 : NF4,
      block: number(node, "block_size", 64),
      dims: [number(node, "N", 0), number(node, "K", 0)],
    });
    return draft.ends(draft.matmul(x!, draft.lazy(weight, "weight"), { transB: true }));
  },
};
