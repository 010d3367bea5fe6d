/**
 * Reading means, squares and inverse deviations out of a graph.
 *
 * @module
 */
import { type Node, number } from "../graph/graph.ts";
import { besideScalar, same } from "./algebra.ts";
import { because, type Refusal } from "./canonicaliser.ts";
import type { Scene } from "./scene.ts";

/** v of 1/√v, v^−½. */
export function inverseRoot(scene: Scene, tensor: string): string | undefined {
  const reciprocal = scene.made(tensor, "Reciprocal"),
    quotient = scene.made(tensor, "Div"),
    power = scene.made(tensor, "Pow");
  if (reciprocal) return scene.made(reciprocal.inputs[0], "Sqrt")?.inputs[0];
  if (quotient && scene.scalar(quotient.inputs[0]) === 1) return scene.made(quotient.inputs[1], "Sqrt")?.inputs[0];
  return power && scene.scalar(power.inputs[1]) === -0.5 ? power.inputs[0] : undefined;
}

/** What a tensor is the square of: d², d·d. */
function squared(scene: Scene, tensor: string | undefined): string | undefined {
  const power = scene.made(tensor, "Pow"), product = scene.made(tensor, "Mul");
  if (power && scene.scalar(power.inputs[1]) === 2) return power.inputs[0];
  return product && same(scene, product.inputs[0], product.inputs[1]) ? product.inputs[0] : undefined;
}

/** A mean over `axis` and all axes after it; its axes stay, with length 1. */
interface Mean {
  readonly x: string;
  readonly axis: number;
}

/** Reads a mean over the last axes; a reason where it is over others. TensorFlow's exporter writes that of three axes as a pool. */
function meanOf(scene: Scene, tensor: string | undefined): Mean | Refusal | undefined {
  const node = scene.made(tensor, "ReduceMean", "GlobalAveragePool"), rank = scene.dims(node?.inputs[0])?.length;
  if (!node || rank === undefined) return undefined;
  if (node.op === "GlobalAveragePool") return { x: node.inputs[0]!, axis: 2 };
  const axes = (node.attributes["axes"] as readonly number[] | undefined) ?? scene.values(node.inputs[1]);
  if (!axes) return because("the axes of the mean are not known", node);
  if (number(node, "keepdims", 1) !== 1) return because("the mean does not keep its axes", node);
  const sorted = axes.map((a) => (a < 0 ? a + rank : a)).sort((p, q) => p - q);
  return sorted.every((a, i) => a === rank - axes.length + i)
    ? { x: node.inputs[0]!, axis: rank - axes.length }
    : because(`the mean is over axes ${sorted}, not the last ones`, node);
}

/** v = mean(d²) + ε. */
export interface Spread {
  readonly d: string;
  readonly axis: number;
  readonly epsilon: number;
}

/** Reads a mean square with its ε. */
export function spreadOf(scene: Scene, tensor: string): Spread | Refusal | undefined {
  const sum = besideScalar(scene, scene.made(tensor, "Add"), "Add"), mean = meanOf(scene, sum?.operand ?? tensor);
  if (!mean || "because" in mean) return mean;
  const d = squared(scene, mean.x);
  return d === undefined ? undefined : { d, axis: mean.axis, epsilon: sum?.scalar ?? 0 };
}

/** x of d = x − mean(x), the mean over the same axes; and the mean itself. */
export function centred(scene: Scene, { d, axis }: Spread): { x: string; mean: string } | undefined {
  const difference = scene.made(d, "Sub"), mean = meanOf(scene, difference?.inputs[1]);
  if (!difference || !mean || "because" in mean || mean.axis !== axis || !same(scene, mean.x, difference.inputs[0])) {
    return undefined;
  }
  return { x: difference.inputs[0]!, mean: difference.inputs[1]! };
}

/** d and v of d/√v, d·(1/√v), d·v^−½, in each order that fits. */
export function quotients(scene: Scene, node: Node): { d: string; v: string }[] {
  const [a, b] = node.inputs as [string, string];
  if (node.op === "Div") {
    const v = scene.made(b, "Sqrt")?.inputs[0];
    return v ? [{ d: a, v }] : [];
  }
  return ([[a, b], [b, a]] as const).flatMap(([d, t]) => {
    const v = inverseRoot(scene, t);
    return v ? [{ d, v }] : [];
  });
}
