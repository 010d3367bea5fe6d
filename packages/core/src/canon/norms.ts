/**
 * Norms as exporters spell them out: LayerNorm and RMSNorm.
 *
 * Left expanded, the statistics would receive relevance.
 *
 * @module
 */
import type { Node } from "../graph/graph.ts";
import { fromNumbers } from "../graph/fold.ts";
import { size } from "../graph/tensor.ts";
import { same } from "./algebra.ts";
import { because, type Canonicaliser, type Refusal } from "./canonicaliser.ts";
import { Draft } from "./draft.ts";
import type { Scene } from "./scene.ts";
import { centred, inverseRoot, quotients, type Spread, spreadOf } from "./statistics.ts";

/** Reads a node as d / √(mean(d²) + ε). */
function normalised(scene: Scene, node: Node): Spread | Refusal | undefined {
  if (node.op !== "Div" && node.op !== "Mul") return undefined;
  for (const { d, v } of quotients(scene, node)) {
    const spread = spreadOf(scene, v);
    if (spread && ("because" in spread || same(scene, spread.d, d))) return spread;
  }
  return undefined;
}

/** The operand of `op` beside the one that `inner` makes, where it is a weight over the normalised axes. */
function weightBeside(
  scene: Scene,
  node: Node | undefined,
  { op, dims }: { op: string; dims: readonly number[] },
): { inner: string; weight: string }[] {
  if (!node || node.op !== op || node.domain !== "") return [];
  return ([[0, 1], [1, 0]] as const).flatMap(([i, w]) => {
    const [inner, weight] = [node.inputs[i]!, node.inputs[w]!], shape = scene.dims(weight);
    const fits = shape && size(shape) === size(dims) && shape.slice(-dims.length).join() === dims.join();
    return fits && scene.isFixed(weight) ? [{ inner, weight }] : [];
  });
}

/** ŵ ⊙ (x − μ)/√(σ² + ε) + b → LayerNormalization; without the mean → RMSNormalization. Scale and bias may be missing. */
export const norms: Canonicaliser = {
  name: "norm",
  summary: "w (x − mean x)/√(var x + ε) + b → LayerNormalization; w x/√(mean x² + ε) → RMSNormalization",
  at: ["Add", "Mul", "Div"],
  rewrite(node, scene) {
    const x0 = scene.type(node.outputs[0]);
    if (!x0) return undefined;
    let refused: Refusal | undefined;
    // From the outside: + b, then · w, then the normalisation itself.
    const read = (core: Node | undefined, weight?: string, bias?: string): Draft | undefined => {
      const found = core && normalised(scene, core);
      if (!found) return undefined;
      if ("because" in found) return void (refused = found);
      const x = centred(scene, found)?.x ?? (bias === undefined ? found.d : undefined), type = scene.type(x);
      if (!x || !type) return undefined;
      const dims = type.dims.slice(found.axis), draft = new Draft(node, scene);
      // A scale over other axes than the mean is a product of its own.
      if ([weight, bias].some((w) => w && size(scene.dims(w)!) !== size(dims))) return undefined;
      const flat = (t: string): string => (scene.dims(t)!.length === dims.length ? t : draft.reshape(t, dims));
      const scale = weight
        ? flat(weight)
        : draft.constant(fromNumbers(type.dtype, dims, Array<number>(size(dims)).fill(1)), "ones");
      const attributes = { axis: found.axis - type.dims.length, epsilon: found.epsilon };
      if (x === found.d) return draft.ends(draft.op("RMSNormalization", [x, scale], attributes));
      return draft.ends(draft.op("LayerNormalization", [x, scale, ...(bias ? [flat(bias)] : [])], attributes));
    };
    const scaledBy = (n: Node | undefined, bias?: string): Draft | undefined => {
      for (const dims of suffixes(x0.dims)) {
        for (const { inner, weight } of weightBeside(scene, n, { op: "Mul", dims })) {
          const made = read(scene.made(inner, "Div", "Mul"), weight, bias);
          if (made) return made;
        }
      }
      return undefined;
    };
    for (const dims of node.op === "Add" ? suffixes(x0.dims) : []) {
      for (const { inner, weight } of weightBeside(scene, node, { op: "Add", dims })) {
        const made = scaledBy(scene.made(inner, "Mul"), weight);
        if (made) return made;
      }
    }
    return (node.op === "Mul" ? scaledBy(node) : undefined) ?? read(node) ?? refused;
  },
};

/**
 * x s + (b − μ s) with s = w/√(σ² + ε): TensorFlow's exporter writes LayerNorm as it writes a folded batch norm.
 */
export const foldedNorm: Canonicaliser = {
  name: "norm-folded",
  summary: "x s + (b − s mean x), s = w/√(var x + ε) → LayerNormalization",
  at: ["Add"],
  rewrite(node, scene) {
    for (const [i, j] of [[0, 1], [1, 0]] as const) {
      const product = scene.made(node.inputs[i], "Mul"),
        shift = scene.made(node.inputs[j], "Sub"),
        shifted = scene.made(shift?.inputs[1], "Mul");
      if (!product || !shift || !shifted) continue;
      const s = product.inputs.find((input) => shifted.inputs.includes(input)),
        x = product.inputs.find((input) => input !== s);
      for (
        const { inner, weight } of weightBeside(scene, scene.made(s, "Mul"), {
          op: "Mul",
          dims: scene.dims(x)?.slice(-1) ?? [],
        })
      ) {
        const v = inverseRoot(scene, inner), spread = v && spreadOf(scene, v);
        if (!spread) continue;
        if ("because" in spread) return spread;
        const centre = centred(scene, spread),
          mean = shifted.inputs.find((input) => input !== s),
          bias = shift.inputs[0]!;
        if (!centre || centre.x !== x || !same(scene, centre.mean, mean) || !scene.isFixed(bias)) continue;
        const draft = new Draft(node, scene), rank = scene.dims(x)!.length;
        if (spread.axis !== rank - 1) return because("its scale runs over fewer axes than its mean", node);
        return draft.ends(draft.op("LayerNormalization", [x, weight, bias], { axis: -1, epsilon: spread.epsilon }));
      }
    }
    return undefined;
  },
};

/** Shapes a scale may have: the last axis, the last two, … */
const suffixes = (dims: readonly number[]): number[][] => dims.map((_, i) => dims.slice(dims.length - 1 - i));
