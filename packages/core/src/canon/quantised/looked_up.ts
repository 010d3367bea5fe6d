/**
 * Embedding tables of integers whose rows go into integer products as they are.
 *
 * @module
 */
import { type Node, operator } from "../../graph/graph.ts";
import { because, type Canonicaliser } from "../canonicaliser.ts";
import { Draft } from "../draft.ts";
import type { Scene } from "../scene.ts";
import { dequantised, MOVEMENT } from "./real.ts";

/** Scale and zero point of the rows, as the integer product they go into has them: onnxruntime writes its scale as (rows' · weight's). */
interface Rows {
  readonly scale: string;
  readonly zero: string | undefined;
}

function below(scene: Scene, tensor: string): Rows | Node | undefined {
  for (const user of scene.users(tensor)) {
    if (MOVEMENT.has(operator(user)) && user.inputs[0] === tensor) {
      const found = below(scene, user.outputs[0]!);
      if (found) return found;
    }
    if ((user.op !== "MatMulInteger" && user.op !== "ConvInteger") || user.inputs[0] !== tensor) continue;
    const cast = scene.users(user.outputs[0]!).find(({ op }) => op === "Cast");
    const scaled = cast && scene.users(cast.outputs[0]!).find(({ op }) => op === "Mul");
    const scale = scene.made(scaled?.inputs.find((input) => input !== cast?.outputs[0]), "Mul")?.inputs[0];
    return scale && scene.scalar(scale) !== undefined ? { scale, zero: user.inputs[2] || undefined } : user;
  }
  return undefined;
}

/** q = Gather(W, i) → QuantizeLinear(Gather(DequantizeLinear(W), i)): the rows appear as floats, and rounding them gives q again. */
export const lookedUp: Canonicaliser = {
  name: "looked-up-integers",
  summary: "Gather(W, i) of integers → QuantizeLinear(Gather(DequantizeLinear(W), i))",
  at: ["Gather"],
  rewrite(node, scene) {
    const [table, ids, rows] = [node.inputs[0]!, node.inputs[1]!, node.outputs[0]!], dtype = scene.type(table)?.dtype;
    if ((dtype !== "uint8" && dtype !== "int8") || !scene.isFixed(table) || scene.isFixed(ids)) return undefined;
    const found = below(scene, rows);
    if (!found) return undefined;
    if ("op" in found) return because("the scale of its rows is not told apart from the weight's", found);
    const draft = new Draft(node, scene),
      floats = draft.op("Gather", [dequantised(scene, draft, table, found), ids], node.attributes);
    return draft.ends(draft.op("QuantizeLinear", [floats, found.scale, ...(found.zero ? [found.zero] : [])]));
  },
};
