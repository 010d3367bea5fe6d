/**
 * The canonicalisers Hyaline comes with, in the order they run: integers first, then fused operators, then what is spelled out.
 *
 * Some drop the rounding of activations, so that relevance crosses it unchanged: right for the way back, not for the way forward.
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
import { bnb4 } from "./quantised/bnb4.ts";
import { dynamicQuantise, dynamicQuantiseLstm, fusedDynamicQuantise } from "./quantised/dynamic.ts";
import { lookedUp } from "./quantised/looked_up.ts";
import { gatherBlocks, nbits } from "./quantised/nbits.ts";
import { qdq } from "./quantised/qdq.ts";
import { qlinear } from "./quantised/qlinear.ts";
import { silu, swish } from "./silu.ts";

/** Each computes what the file computes, weights as they are stored, activations as precise as they come. */
const weights = [lookedUp, gatherBlocks, nbits, bnb4];
const rounding = [
  fusedDynamicQuantise,
  dynamicQuantiseLstm,
  dynamicQuantise,
  qlinear,
  qdq,
  quantisedAttention,
  quantisedExperts,
];
const spelled: readonly Canonicaliser[] = [
  ...[packedAttention, multiHeadAttention, groupQueryAttention, standardAttention, rotary],
  experts,
  ...fusedNorms,
  ...activations,
  einsum,
  ...[foldedNorm, norms, geluErf, geluTanh, silu, swish],
];

export const builtIn: readonly Canonicaliser[] = [...weights, ...rounding, ...spelled];
/** Those that leave every rounding of activations where the file has it: what a forward pass is compiled from. */
export const exact: readonly Canonicaliser[] = [...weights, ...spelled];
