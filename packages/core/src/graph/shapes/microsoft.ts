/**
 * What is left of com.microsoft: fused activations, mixtures of experts, oddments of the optimizer.
 *
 * @module
 */
import { broadcast } from "./layout.ts";
import { likeFirst, type ShapeRule } from "./site.ts";

const domain = "com.microsoft";

/** Fused activations keep the type of what they act on. */
export const microsoft: readonly ShapeRule[] = [
  ...["Gelu", "FastGelu", "QuickGelu", "MoE", "QMoE", "BiasAdd", "Trilu"].map((op) => likeFirst(`${domain}.${op}`)),
  { op: `${domain}.BiasGelu`, types: (s) => [{ dtype: s.dtype(0), dims: broadcast(s, s.dims(0), s.dims(1)) }] },
  { op: `${domain}.BiasDropout`, types: (s) => [s.type(0), { dtype: "bool", dims: s.dims(0) }] },
  {
    op: `${domain}.BiasSplitGelu`,
    types: (s) => [{ dtype: s.dtype(0), dims: [...s.dims(0).slice(0, -1), s.dims(0).at(-1)! / 2] }],
  },
  {
    op: `${domain}.ExpandDims`,
    types: (s) => {
      const dims = [...s.dims(0)];
      dims.splice(s.axis(s.scalar(1), s.rank(0) + 1), 0, 1);
      return [{ dtype: s.dtype(0), dims }];
    },
  },
];
