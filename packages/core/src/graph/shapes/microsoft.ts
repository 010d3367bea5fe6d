/**
 * What is left of com.microsoft: fused activations and mixtures of experts.
 *
 * @module
 */
import { broadcast } from "./layout.ts";
import { likeFirst, type ShapeRule } from "./site.ts";

const domain = "com.microsoft";

/** Fused activations keep the type of what they act on. */
export const microsoft: readonly ShapeRule[] = [
  ...["Gelu", "FastGelu", "QuickGelu", "MoE", "QMoE"].map((op) => likeFirst(`${domain}.${op}`)),
  { op: `${domain}.BiasGelu`, types: (s) => [{ dtype: s.dtype(0), dims: broadcast(s, s.dims(0), s.dims(1)) }] },
];
