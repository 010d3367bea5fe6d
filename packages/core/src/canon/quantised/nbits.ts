/**
 * Weights in blocks of 4 or 8 bits: the packed bytes are seen as a constant [N, K] of uint4 or uint8 under a blocked
 * `DequantizeLinear`, never blown up to floats in the graph.
 *
 * @module
 */
import { type Constant, type Node, number } from "../../graph/graph.ts";
import type { DType } from "../../graph/tensor.ts";
import { because, type Canonicaliser, type Refusal } from "../canonicaliser.ts";
import { Draft } from "../draft.ts";
import type { Scene } from "../scene.ts";

interface Packed {
  readonly rows: number;
  /** Elements of a row that count. */
  readonly columns: number;
  /** Elements of a row as stored: a whole number of bytes, or of blocks. */
  readonly stored: number;
  readonly bits: 4 | 8;
}

/** Bytes whose rows hold `stored` elements, seen as [rows, columns]; rows are repacked only where they have a tail. */
export function unpacked(bytes: Constant, { rows, columns, stored, bits }: Packed): Constant {
  const type = { dtype: (bits === 4 ? "uint4" : "uint8") as DType, dims: [rows, columns] };
  return {
    ...type,
    read: () => {
      const data = bytes.read().data as Uint8Array;
      return {
        ...type,
        data: stored === columns
          ? data
          : bits === 8
          ? tailless8(data, { rows, columns, stored })
          : tailless4(data, { rows, columns, stored }),
      };
    },
  };
}
type Rows = Omit<Packed, "bits">;
function tailless8(data: Uint8Array, { rows, columns, stored }: Rows): Uint8Array {
  const made = new Uint8Array(rows * columns);
  for (let row = 0; row < rows; row++) made.set(data.subarray(row * stored, row * stored + columns), row * columns);
  return made;
}
/** Low nibble first, rows of the result not aligned to bytes. */
function tailless4(data: Uint8Array, { rows, columns, stored }: Rows): Uint8Array {
  const made = new Uint8Array(Math.ceil((rows * columns) / 2));
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const from = row * stored + column, to = row * columns + column;
      const nibble = (data[from >> 1]! >> (4 * (from & 1))) & 15;
      made[to >> 1]! |= nibble << (4 * (to & 1));
    }
  }
  return made;
}
/** The zero point where none is given: the middle of the range. */
export const middle = (rows: number, columns: number, bits: 4 | 8): Constant => {
  const type = { dtype: (bits === 4 ? "uint4" : "uint8") as DType, dims: [rows, columns] };
  return {
    ...type,
    read: () => ({
      ...type,
      data: new Uint8Array(Math.ceil((rows * columns * bits) / 8)).fill(bits === 4 ? 0x88 : 0x80),
    }),
  };
};

export const reshaped = ({ dtype, read }: Constant, dims: readonly number[]): Constant => ({
  dtype,
  dims,
  read: () => ({ ...read(), dims }),
});

function weight(draft: Draft, scene: Scene, node: Node): string | Refusal {
  const [k, n, bits, block] = [
    number(node, "K", 0),
    number(node, "N", 0),
    number(node, "bits", 4),
    number(node, "block_size", 32),
  ];
  const bytes = scene.constant(node.inputs[1]),
    scales = scene.constant(node.inputs[2]),
    zeros = scene.constant(node.inputs[3]);
  if (bits !== 4 && bits !== 8) return because(`weights of ${bits} bits have no ONNX type`, node);
  if (!bytes || !scales || (node.inputs[3] && !zeros)) return because("its weights are not constants", node);
  if (node.inputs[4]) return because("its weights are reordered (g_idx)", node);
  if (zeros && zeros.dtype !== "uint8") return because(`its zero points are ${zeros.dtype}, not packed integers`, node);
  const blocks = Math.ceil(k / block), perRow = Math.ceil((blocks * bits) / 8) * (8 / bits);
  return draft.op("DequantizeLinear", [
    draft.lazy(unpacked(bytes, { rows: n, columns: k, stored: blocks * block, bits }), "weight"),
    draft.lazy(reshaped(scales, [n, blocks]), "scales"),
    draft.lazy(
      zeros ? unpacked(zeros, { rows: n, columns: blocks, stored: perRow, bits }) : middle(n, blocks, bits),
      "zeros",
    ),
  ], { axis: 1, block_size: block });
}

/** MatMulNBits → MatMul with Wᵀ, W = DequantizeLinear over the packed constant, block by block. */
export const nbits: Canonicaliser = {
  name: "nbits",
  summary: "MatMulNBits → MatMul(x, Wᵀ), W = blocked DequantizeLinear",
  at: ["com.microsoft.MatMulNBits"],
  rewrite(node, scene) {
    const draft = new Draft(node, scene), w = weight(draft, scene, node);
    if (typeof w !== "string") return w;
    const product = draft.matmul(node.inputs[0]!, w, { transB: true });
    return draft.ends(node.inputs[5] ? draft.add(product, node.inputs[5]) : product);
  },
};

/** GatherBlockQuantized → Gather from a blocked DequantizeLinear. */
export const gatherBlocks: Canonicaliser = {
  name: "gather-blocks",
  summary: "GatherBlockQuantized → Gather(blocked DequantizeLinear)",
  at: ["com.microsoft.GatherBlockQuantized"],
  rewrite(node, scene) {
    const table = scene.constant(node.inputs[0]),
      scales = scene.constant(node.inputs[2]),
      zeros = scene.constant(node.inputs[3]);
    if (!table || !scales || (node.inputs[3] && !zeros)) return because("its table is not a constant", node);
    if (table.dims.length !== 2) return because(`its table has ${table.dims.length} axes, not 2`, node);
    const bits = number(node, "bits", 4) as 4 | 8, bytewise = table.dtype === "uint8", rows = table.dims[0]!;
    const columns = bytewise ? table.dims[1]! * (8 / bits) : table.dims[1]!, blocks = scales.dims[1]!;
    const draft = new Draft(node, scene), perRow = Math.ceil((blocks * bits) / 8) * (8 / bits);
    const seen = bytewise
      ? draft.lazy(unpacked(table, { rows, columns, stored: columns, bits }), "table")
      : node.inputs[0]!;
    const zero = !zeros
      ? (bytewise ? draft.lazy(middle(rows, blocks, bits), "zeros") : undefined)
      : bytewise
      ? draft.lazy(unpacked(zeros, { rows, columns: blocks, stored: perRow, bits }), "zeros")
      : node.inputs[3]!;
    const axis = number(node, "quantize_axis", 1), attributes = { axis, block_size: number(node, "block_size", 128) };
    const weights = draft.op("DequantizeLinear", [seen, node.inputs[2]!, ...(zero ? [zero] : [])], attributes);
    return draft.ends(draft.gather(weights, node.inputs[1]!, number(node, "gather_axis", 0)));
  },
};
