/**
 * Norms as exporters spell them out: LayerNorm and RMSNorm.
 *
 * Left expanded, the statistics would receive relevance.
 *
 * @module
 */
import { type Node, number } from "../graph/graph.ts";
import { fromNumbers } from "../graph/fold.ts";
import { size } from "../graph/tensor.ts";
import { besideScalar, same } from "./algebra.ts";
import { because, type Canonicaliser, type Refusal } from "./canonicaliser.ts";
import { Draft } from "./draft.ts";
import type { Scene } from "./scene.ts";

/** d / √(mean(d²) + ε) over `axis` and all axes after it. */
interface Normalised {
  readonly d: string;
  readonly axis: number;
  readonly epsilon: number;
  readonly mean: Node;
}

/** The square root that a factor divides by: d/√v, d·(1/√v), d·v^−½. */
function root(scene: Scene, node: Node): { d: string; v: string }[] {
  const inverse = (t: string): string | undefined => {
    const reciprocal = scene.made(t, "Reciprocal"), quotient = scene.made(t, "Div"), power = scene.made(t, "Pow");
    if (reciprocal) return scene.made(reciprocal.inputs[0], "Sqrt")?.inputs[0];
    if (quotient && scene.scalar(quotient.inputs[0]) === 1) return scene.made(quotient.inputs[1], "Sqrt")?.inputs[0];
    return power && scene.scalar(power.inputs[1]) === -0.5 ? power.inputs[0] : undefined;
  };
  const [a, b] = node.inputs as [string, string];
  if (node.op === "Div") {
    const v = scene.made(b, "Sqrt")?.inputs[0];
    return v ? [{ d: a, v }] : [];
  }
  return ([[a, b], [b, a]] as const).flatMap(([d, t]) => {
    const v = inverse(t);
    return v ? [{ d, v }] : [];
  });
}

/** What a tensor is the square of: d², d·d. */
function squared(scene: Scene, tensor: string | undefined): string | undefined {
  const power = scene.made(tensor, "Pow"), product = scene.made(tensor, "Mul");
  if (power && scene.scalar(power.inputs[1]) === 2) return power.inputs[0];
  return product && same(scene, product.inputs[0], product.inputs[1]) ? product.inputs[0] : undefined;
}

/** First axis of a mean over the last axes; a reason where it is over others. */
function trailing(scene: Scene, mean: Node): number | string {
  const rank = scene.dims(mean.inputs[0])?.length;
  const axes = (mean.attributes["axes"] as readonly number[] | undefined) ?? scene.values(mean.inputs[1]);
  if (rank === undefined || !axes) return "the axes of the mean are not known";
  if (number(mean, "keepdims", 1) !== 1) return "the mean does not keep its axes";
  const sorted = axes.map((a) => (a < 0 ? a + rank : a)).sort((p, q) => p - q);
  return sorted.every((a, i) => a === rank - axes.length + i)
    ? rank - axes.length
    : `the mean is over axes ${sorted}, not the last ones`;
}

/** Reads a node as a normalisation of d. */
function normalised(scene: Scene, node: Node): Normalised | Refusal | undefined {
  if (node.op !== "Div" && node.op !== "Mul") return undefined;
  for (const { d, v } of root(scene, node)) {
    const sum = besideScalar(scene, scene.made(v, "Add"), "Add"), mean = scene.made(sum?.operand ?? v, "ReduceMean");
    if (!mean || !same(scene, squared(scene, mean.inputs[0]), d)) continue;
    const axis = trailing(scene, mean);
    return typeof axis === "string" ? because(axis, mean) : { d, axis, epsilon: sum?.scalar ?? 0, mean };
  }
  return undefined;
}

/** x of x − mean(x) over the same axes. */
function centred(scene: Scene, { d, axis }: Normalised): string | undefined {
  const difference = scene.made(d, "Sub"), mean = scene.made(difference?.inputs[1], "ReduceMean");
  return mean && same(scene, mean.inputs[0], difference!.inputs[0]) && trailing(scene, mean) === axis
    ? difference!.inputs[0]
    : undefined;
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
      const x = centred(scene, found) ?? (bias === undefined ? found.d : undefined), type = scene.type(x);
      if (!x || !type) return undefined;
      const draft = new Draft(node, scene), dims = type.dims.slice(found.axis);
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

/** Shapes a scale may have: the last axis, the last two, … */
const suffixes = (dims: readonly number[]): number[][] => dims.map((_, i) => dims.slice(dims.length - 1 - i));
