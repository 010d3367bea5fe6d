/**
 * Fused norms: with a residual in front, with embeddings in front, and RMSNorm under its older name.
 *
 * @module
 */
import { type Node, number } from "../../graph/graph.ts";
import { fromNumbers } from "../../graph/fold.ts";
import { because, type Canonicaliser, type Refusal } from "../canonicaliser.ts";
import { Draft } from "../draft.ts";
import { dequantised } from "../quantised/real.ts";
import type { Scene } from "../scene.ts";

const EPSILON = 1e-12;

/** SimplifiedLayerNormalization is RMSNormalization before opset 23. */
const simplified: Canonicaliser = {
  name: "SimplifiedLayerNormalization",
  summary: "SimplifiedLayerNormalization → RMSNormalization",
  at: ["SimplifiedLayerNormalization"],
  rewrite(node, scene) {
    if (scene.isUsed(node.outputs[1])) return because("its statistics are read", node);
    const draft = new Draft(node, scene),
      attributes = { axis: number(node, "axis", -1), epsilon: number(node, "epsilon", 1e-5) };
    return draft.ends(draft.op("RMSNormalization", node.inputs.slice(0, 2), attributes));
  },
};

/** (x + skip [+ bias]) is a tensor of its own (the residual stream), then the norm. */
const skipping = (op: string, norm: "LayerNormalization" | "RMSNormalization"): Canonicaliser => ({
  name: op,
  summary: `${op} → Add, ${norm}`,
  at: [`com.microsoft.${op}`],
  rewrite(node, scene) {
    if (scene.isUsed(node.outputs[1]) || scene.isUsed(node.outputs[2])) return because("its statistics are read", node);
    const draft = new Draft(node, scene), layer = norm === "LayerNormalization", bias = node.inputs[layer ? 4 : 3];
    const residual = draft.add(node.inputs[0]!, node.inputs[1]!), sum = bias ? draft.add(residual, bias) : residual;
    const weights = layer && node.inputs[3] ? [node.inputs[2]!, node.inputs[3]] : [node.inputs[2]!];
    const y = draft.op(norm, [sum, ...weights], { axis: -1, epsilon: number(node, "epsilon", EPSILON) });
    if (scene.isUsed(node.outputs[3])) draft.ends(sum, 3);
    return draft.ends(y);
  },
});

/** The tensors of EmbedLayerNormalization by name; the quantised form gives scales and zero points behind them. */
interface Embedding {
  readonly ids: string;
  readonly segments: string | undefined;
  readonly positionIds: string | undefined;
  readonly mask: string | undefined;
  readonly words: string;
  readonly positions: string;
  readonly segmentTable: string | undefined;
  readonly gamma: string;
  readonly beta: string;
}

/** Word + position [+ segment] embeddings, then LayerNorm. The look-up of the words stays a Gather of its own. */
function embed(draft: Draft, scene: Scene, node: Node, e: Embedding): Draft | Refusal {
  const dims = scene.dims(e.ids);
  if (!dims) return because("the shape of its ids is not known", node);
  const [batch, length] = dims as [number, number];
  const at = e.positionIds ??
    draft.constant(fromNumbers("int64", [1, length], Array.from({ length }, (_, i) => i)), "positions");
  let sum = draft.add(draft.gather(e.words, e.ids), draft.gather(e.positions, at));
  if (e.segmentTable) {
    sum = draft.add(sum, e.segments ? draft.gather(e.segmentTable, e.segments) : draft.pick(e.segmentTable, 0, 0));
  }
  const y = draft.op("LayerNormalization", [sum, e.gamma, e.beta], {
    axis: -1,
    epsilon: number(node, "epsilon", EPSILON),
  });
  if (scene.isUsed(node.outputs[1])) draft.ends(lengths(draft, { mask: e.mask, batch }), 1);
  if (scene.isUsed(node.outputs[2])) draft.ends(sum, 2);
  return draft.ends(y);
}

const embedding: Canonicaliser = {
  name: "EmbedLayerNormalization",
  summary: "EmbedLayerNormalization → Gather + Gather [+ Gather], LayerNormalization",
  at: ["com.microsoft.EmbedLayerNormalization", "com.microsoft.QEmbedLayerNormalization"],
  rewrite(node, scene) {
    const draft = new Draft(node, scene), quantised = node.op.startsWith("Q");
    const given = (i: number): string | undefined => node.inputs[i] || undefined;
    // Tables are inputs 2 to 6, their scales 8 to 12, their zero points 13 to 17.
    const table = (i: number): string =>
      quantised
        ? dequantised(scene, draft, node.inputs[i]!, { scale: node.inputs[i + 6]!, zero: given(i + 11) })
        : node.inputs[i]!;
    return embed(draft, scene, node, {
      ids: node.inputs[0]!,
      segments: given(1),
      positionIds: quantised ? undefined : given(8),
      mask: given(7),
      words: table(2),
      positions: table(3),
      segmentTable: given(4) && table(4),
      gamma: table(5),
      beta: table(6),
    });
  },
};

/** How many tokens of each text the mask keeps; none without a mask. */
function lengths(draft: Draft, { mask, batch }: { mask: string | undefined; batch: number }): string {
  if (!mask) return draft.constant(fromNumbers("int32", [batch], Array<number>(batch).fill(0)), "lengths");
  const axes = draft.constant(fromNumbers("int64", [1], [1]), "axes");
  return draft.op("ReduceSum", [draft.op("Cast", [mask], { to: 6 }), axes], { keepdims: 0 });
}

export const fusedNorms: readonly Canonicaliser[] = [
  simplified,
  skipping("SkipLayerNormalization", "LayerNormalization"),
  skipping("SkipSimplifiedLayerNormalization", "RMSNormalization"),
  embedding,
];
