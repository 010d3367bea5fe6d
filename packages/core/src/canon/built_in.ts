/**
 * The canonicalisers Hyaline comes with, in the order they run: integers first, then fused operators, then what is spelled out.
 *
 * @module
 */
import type { Canonicaliser } from "./canonicaliser.ts";
import { packedAttention, quantisedAttention } from "./fused/attention.ts";
import { experts, quantisedExperts } from "./fused/experts.ts";
import { groupQueryAttention } from "./fused/group_query.ts";
import { multiHeadAttention } from "./fused/multi_head.ts";
import { rotary } from "./fused/rotary.ts";
import { standardAttention } from "./fused/standard.ts";
import { activations } from "./fused/activations.ts";
import { fusedNorms } from "./fused/norms.ts";
import { einsum } from "./einsum.ts";
import { geluErf, geluTanh } from "./gelu.ts";
import { foldedNorm, norms } from "./norms.ts";
import { dynamicQuantise, dynamicQuantiseLstm, fusedDynamicQuantise } from "./quantised/dynamic.ts";
import { lookedUp } from "./quantised/looked_up.ts";
import { gatherBlocks, nbits } from "./quantised/nbits.ts";
import { qdq, qgemm } from "./quantised/qdq.ts";
import { silu, swish } from "./silu.ts";

export const builtIn: readonly Canonicaliser[] = [
  ...[lookedUp, fusedDynamicQuantise, dynamicQuantiseLstm, dynamicQuantise, qdq, qgemm, nbits, gatherBlocks],
  ...[quantisedAttention, packedAttention, multiHeadAttention, groupQueryAttention, standardAttention, rotary],
  ...[experts, quantisedExperts],
  ...fusedNorms,
  ...activations,
  einsum,
  ...[foldedNorm, norms, geluErf, geluTanh, silu, swish],
];
