/**
 * Normalisations and softmax: the shape stays, statistics lose the normalised axes' length.
 *
 * @module
 */
import type { DType, TensorType } from "../tensor.ts";
import { elementType } from "./elementwise.ts";
import { likeFirst, type ShapeRule, type Site } from "./site.ts";

/** Statistics are kept in the type of `stash_type` (float32 unless said otherwise), with length 1 along normalised axes. */
function statistics(s: Site): TensorType {
  const axis = s.axis(s.number("axis", -1), s.rank(0));
  return { dtype: elementType(s, "stash_type", "float32"), dims: s.dims(0).map((d, i) => (i < axis ? d : 1)) };
}
/** LayerNormalization's kind: output, mean, inverse deviation. */
const layered = (op: string, statisticsOutputs: number, dtype: (s: Site) => DType = (s) => s.dtype(0)): ShapeRule => ({
  op,
  types: (s) => [{ dtype: dtype(s), dims: s.dims(0) }, ...Array<TensorType>(statisticsOutputs).fill(statistics(s))],
});
/** Skip norms: output, mean, inverse deviation, sum of input, skip and bias. */
const skipping = (op: string): ShapeRule => ({
  op,
  types: (s) => {
    const statistic: TensorType = { dtype: "float32", dims: s.dims(0).map((d, i) => (i < s.rank(0) - 1 ? d : 1)) };
    return [s.type(0), statistic, statistic, s.type(0)];
  },
});

/** Norms and softmax of both domains. */
export const normalization: readonly ShapeRule[] = [
  layered("LayerNormalization", 2),
  layered("RMSNormalization", 0, (s) => s.dtype(1)),
  layered("SimplifiedLayerNormalization", 1),
  skipping("com.microsoft.SkipLayerNormalization"),
  skipping("com.microsoft.SkipSimplifiedLayerNormalization"),
  {
    op: "com.microsoft.EmbedLayerNormalization",
    types: (s) => {
      const [batch, length] = s.dims(0) as [number, number], table = s.type(2), dims = [batch, length, table.dims[1]!];
      return [{ dtype: table.dtype, dims }, { dtype: "int32", dims: [batch] }, { dtype: table.dtype, dims }];
    },
  },
  {
    op: "BatchNormalization",
    types: (s) => [s.type(0), ...s.node.outputs.slice(1).map((_, i) => s.type(i % 2 ? 4 : 3))],
  },
  ...[
    "InstanceNormalization",
    "GroupNormalization",
    "LpNormalization",
    "MeanVarianceNormalization",
    "LRN",
    "Softmax",
    "LogSoftmax",
    "Hardmax",
  ]
    .map((op) => likeFirst(op)),
  likeFirst("com.microsoft.BiasSoftmax"),
];
