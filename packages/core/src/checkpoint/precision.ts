/**
 * The precision a model computes in, by what is in it: a file's name is only what somebody called it.
 *
 * @module
 */
import { type GraphProto, type ModelProto, type NodeProto, TensorProto_DataType as Type } from "onnx-buf";

/** Operators that hold weights packed below a byte, or in bytes with scales. */
const packed: ReadonlySet<string> = new Set(["MatMulNBits", "GatherBlockQuantized", "QMoE"]);

/**
 * `fp32`, `fp16`, `int8`, `uint8`, `q4`, `q4f16`, `q8`, `q8f16`, `bnb4` or `fp64`: where most weights (not bytes) are kept.
 * A block-quantised model is named by its bits, and by its scales where these are halves.
 */
export function precisionOf({ graph, functions }: ModelProto): string {
  const weights = new Map<number, number>(), blocks = new Map<number, number>();
  const count = (code: number, dims: readonly bigint[]) =>
    weights.set(code, (weights.get(code) ?? 0) + dims.reduce((product, d) => product * Number(d), 1));
  let named = false; // weights in the 4-bit floats of bitsandbytes
  const walk = (nodes: readonly NodeProto[]) => {
    for (const { opType, attribute } of nodes) {
      if (packed.has(opType)) {
        const bits = Number(attribute.find(({ name }) => name === "bits" || name === "expert_weight_bits")?.i ?? 4n);
        blocks.set(bits, (blocks.get(bits) ?? 0) + 1);
      }
      if (opType === "MatMulBnb4") named = true;
      for (const { t, g } of attribute) {
        if (t) count(t.dataType, t.dims);
        if (g) inside(g);
      }
    }
  };
  const inside = (body: GraphProto) => {
    for (const { dataType, dims } of body.initializer) count(dataType, dims);
    walk(body.node);
  };
  if (graph) inside(graph);
  for (const { node } of functions) walk(node);
  const half = (weights.get(Type.FLOAT16) ?? 0) > (weights.get(Type.FLOAT) ?? 0);
  const [bits] = [...blocks].sort(([, a], [, b]) => b - a)[0] ?? [];
  if (named) return "bnb4";
  if (bits !== undefined) return `q${bits}${half ? "f16" : ""}`;
  const names: readonly (readonly [string, readonly number[]])[] = [
    ["fp32", [Type.FLOAT]],
    ["fp16", [Type.FLOAT16, Type.BFLOAT16]],
    ["fp64", [Type.DOUBLE]],
    ["int8", [Type.INT8]],
    ["uint8", [Type.UINT8]],
    [half ? "q4f16" : "q4", [Type.INT4, Type.UINT4]],
  ];
  const shares = names.map(([name, types]) =>
    [name, types.reduce((sum, type) => sum + (weights.get(type) ?? 0), 0)] as const
  );
  return shares.reduce((best, share) => (share[1] > best[1] ? share : best))[0];
}
