/**
 * What an operator is in its surroundings: the part of a match that one node alone does not tell.
 *
 * @module
 */
import { type Node, operator } from "../graph/graph.ts";
import type { Role } from "./composite.ts";

const ACTIVATIONS = new Set([
  "Gelu",
  "hyaline.Silu",
  "HardSwish",
  "Mish",
  "HardSigmoid",
  "Relu",
  "Tanh",
  "Sigmoid",
  "Softplus",
  "Elu",
  "LeakyRelu",
  "Clip",
]);
const PRODUCTS = new Set(["MatMul", "Gemm", "Conv", "Einsum"]);

/** The parts of an analysis that roles are read from. */
export interface Surroundings {
  readonly consumers: ReadonlyMap<string, readonly Node[]>;
  isActive(tensor: string): boolean;
}

/**
 * A gate is an activation whose output multiplies another active tensor, perhaps after a constant factor or a change of type:
 * the SiLU or GELU branch of a gated MLP. The same activation without a partner is no gate.
 */
function isGate(node: Node, { consumers, isActive }: Surroundings): boolean {
  if (!ACTIVATIONS.has(operator(node))) return false;
  const own = new Set(node.outputs);
  for (const tensor of own) {
    for (const user of consumers.get(tensor) ?? []) {
      if (user.op !== "Mul" && user.op !== "Cast" && user.op !== "Identity") continue;
      const partners = user.inputs.filter((input) => input && !own.has(input) && isActive(input));
      if (user.op === "Mul" && partners.length > 0) return true;
      user.outputs.forEach((output) => own.add(output));
    }
  }
  return false;
}

/** Whether a node plays a role. Activity must be that of the gradient: before anything is detached. */
export function plays(role: Role, node: Node, around: Surroundings): boolean {
  const active = node.inputs.slice(0, 2).filter((input) => input && around.isActive(input)).length;
  switch (role) {
    case "gate":
      return isGate(node, around);
    case "weights":
      return PRODUCTS.has(node.op) && active === 1;
    case "bilinear":
      return active === 2;
  }
}
