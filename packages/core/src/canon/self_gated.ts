/**
 * x · h(x): activations that gate their own input, found whatever order their product was written in.
 *
 * @module
 */
import type { Node } from "../graph/graph.ts";
import { factors, polynomial, roundsBetween } from "./algebra.ts";
import type { Scene } from "./scene.ts";

/** A product c · x · h(u) with u a polynomial of x. */
export interface SelfGated {
  readonly x: string;
  readonly constant: number;
  /** Coefficients of u, lowest power first. */
  readonly inner: readonly number[];
  /** The node of h's core (Erf, Tanh, Sigmoid). */
  readonly core: Node;
  /** Whether the file rounds to integers on the way. */
  readonly quantised: boolean;
}

/**
 * Reads a node's output as c · x · h(u(x)).
 *
 * @param gate tells the core of h from the node that makes a factor, or nothing if it is no such factor
 * @returns the reading, or the core alone where its argument is no polynomial of the other factor
 */
export function selfGated(scene: Scene, node: Node, gate: (factor: string) => Node | undefined): SelfGated | undefined {
  const all = factors(scene, node.outputs[0]!);
  for (const factor of all.tensors) {
    const core = gate(factor);
    if (!core) continue;
    for (const x of new Set(all.parts)) {
      if (x === factor || x === node.outputs[0]) continue;
      const inner = polynomial(scene, core.inputs[0]!, x);
      if (!inner || inner.length < 2) continue;
      const { constant, tensors } = factors(scene, node.outputs[0]!, new Set([x, factor]));
      if (tensors.length === 2 && tensors.includes(x) && tensors.includes(factor)) {
        return { x, constant, inner, core, quantised: roundsBetween(scene, x, node) };
      }
    }
  }
  return undefined;
}
