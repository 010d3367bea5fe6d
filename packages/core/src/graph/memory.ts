/**
 * What a run will cost, told from types alone: bytes of weights and activations, floating-point operations.
 *
 * @module
 */
import { tensorTooLarge } from "../errors.ts";
import { type Graph, type Node, number, operator } from "./graph.ts";
import { byteLength, size, type TensorType } from "./tensor.ts";

type Types = ReadonlyMap<string, TensorType>;

/** Bytes a forward pass needs. */
export interface Memory {
  /** All constants some node reads. */
  readonly weights: number;
  /** All tensors that nodes make: what a run with every tensor tapped keeps. */
  readonly activations: number;
  /** The most that is alive at once when each tensor is dropped after its last reader. */
  readonly peak: number;
}

/** Sums up the bytes of a graph at the shapes of `types`; tensors of unknown type count nothing. */
export function memoryOf(graph: Graph, types: Types): Memory {
  const bytes = (name: string): number => {
    const type = types.get(name);
    return type ? byteLength(type) : 0;
  };
  const made = new Set(graph.nodes.flatMap((node) => node.outputs.filter(Boolean)));
  const last = new Map<string, number>();
  graph.nodes.forEach((node, at) => node.inputs.forEach((name) => last.set(name, at)));
  for (const { name } of graph.outputs) last.set(name, Infinity);

  let activations = 0, alive = 0, peak = 0;
  graph.nodes.forEach((node, at) => {
    for (const name of node.outputs) {
      activations += bytes(name);
      alive += bytes(name);
    }
    peak = Math.max(peak, alive);
    const done = [...new Set(node.inputs)].filter((name) => made.has(name) && last.get(name) === at);
    for (const name of [...done, ...node.outputs.filter((name) => name && !last.has(name))]) alive -= bytes(name);
  });
  let weights = 0;
  for (const [name, constant] of graph.constants) if (last.has(name)) weights += byteLength(constant);
  return { weights, activations, peak };
}

/** @throws a `TENSOR_TOO_LARGE` failure for the first tensor above `limit` bytes: a shape bomb is a few bytes that ask for many. */
export function checkSizes(types: Types, limit: number): void {
  for (const [name, type] of types) {
    const bytes = byteLength(type);
    if (!(bytes <= limit)) throw tensorTooLarge({ name, bytes, limit });
  }
}

/** What a cost rule sees: dims of input `i` (`[]` if unknown) and of the first output. */
interface Shapes {
  readonly node: Node;
  x(i: number): readonly number[];
  readonly y: readonly number[];
}
type Flops = (of: Shapes) => number;

const product: Flops = ({ x, y }) => 2 * size(y) * (x(0).at(-1) ?? 1);
const gemm: Flops = ({ node, x, y }) => 2 * size(y) * (x(0)[number(node, "transA", 0) ? 0 : 1] ?? 1);
const convolution = (weight: number): Flops => ({ x, y }) => 2 * size(y) * size(x(weight).slice(1));
/** Per step and direction, `gates` rows of W·x and R·h. `hidden` is the last axis of Y. */
const recurrent = (gates: number): Flops => ({ x, y }) => 2 * gates * size(y) * ((x(0).at(-1) ?? 0) + (y.at(-1) ?? 0));
/** Q·Kᵀ and A·V over all heads: 2 · 2 · B · S · T · width. */
const attended = (y: readonly number[], keys: number): number => 4 * size(y) * keys;
const keysOf = (
  dims: readonly number[],
  fallback: number,
): number => (dims.length === 4 ? dims[2]! : dims[1] ?? fallback);

const rules: Readonly<Record<string, Flops>> = {
  MatMul: product,
  MatMulInteger: product,
  QLinearMatMul: product,
  Gemm: gemm,
  Conv: convolution(1),
  ConvInteger: convolution(1),
  QLinearConv: convolution(3),
  ConvTranspose: ({ x }) => 2 * size(x(0)) * size(x(1).slice(1)),
  LSTM: recurrent(4),
  GRU: recurrent(3),
  RNN: recurrent(1),
  Attention: ({ x, y }) => attended(y, keysOf(x(1), 1)),
  "com.microsoft.DynamicQuantizeLSTM": recurrent(4),
  "com.microsoft.FusedGemm": gemm,
  "com.microsoft.QGemm": gemm,
  "com.microsoft.FusedConv": convolution(1),
  ...Object.fromEntries(
    ["FusedMatMul", "MatMulIntegerToFloat", "DynamicQuantizeMatMul", "MatMulNBits", "MatMulBnb4", "TransposeMatMul"]
      .map((op) => [`com.microsoft.${op}`, product]),
  ),
  ...Object.fromEntries(
    ["Attention", "QAttention"].map((
      op,
    ) => [`com.microsoft.${op}`, ({ x, y }: Shapes) => 2 * size(x(0)) * (x(1).at(-1) ?? 0) + attended(y, y[1] ?? 1)]),
  ),
  "com.microsoft.MultiHeadAttention": ({ x, y }) => attended(y, keysOf(x(1), y[1] ?? 1)),
  "com.microsoft.GroupQueryAttention": ({ x, y }) => attended(y, (y[1] ?? 1) + (x(3)[2] ?? 0)),
};
const free = new Set(
  ("Identity Reshape Flatten Squeeze Unsqueeze Transpose Concat Split Slice Gather GatherElements GatherND ScatterND ScatterElements Expand Tile Pad " +
    "Shape Size ConstantOfShape Range Cast CastLike Dropout Trilu").split(" "),
);

/**
 * Floating-point operations of one node: 2 for a multiply-add, 1 for each element an elementwise operator or a norm makes,
 * none for moving data.
 *
 * @example
 * ```ts
 * import { flops } from "@hyaline/core";
 * const type = (...dims: number[]) => ({ dtype: "float32" as const, dims });
 * const types = new Map([["a", type(2, 3)], ["b", type(3, 4)], ["c", type(2, 4)]]);
 * const node = { op: "MatMul", domain: "", name: "", inputs: ["a", "b"], outputs: ["c"], attributes: {} };
 * console.assert(flops(node, types) === 2 * 2 * 3 * 4);
 * ```
 */
export function flops(node: Node, types: Types): number {
  const y = types.get(node.outputs[0] ?? "")?.dims ?? [], name = operator(node);
  if (free.has(name)) return 0;
  return (rules[name] ?? (({ y }) => size(y)))({ node, x: (i) => types.get(node.inputs[i] ?? "")?.dims ?? [], y });
}
