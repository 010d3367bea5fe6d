/**
 * Static quantisation: QuantizeLinear/DequantizeLinear pairs, as the file writes them or as QLinear operators leave them.
 *
 * @module
 */
import { because, type Canonicaliser } from "../canonicaliser.ts";
import { Draft } from "../draft.ts";
import { real, roundedFrom } from "./real.ts";

const QUANTISED = { quantised: true };

/**
 * DequantizeLinear(QuantizeLinear(x)) → Identity(x): straight through. A weight's DequantizeLinear over a constant stays;
 * one over rows that were looked up in a constant goes before the look-up.
 */
export const qdq: Canonicaliser = {
  name: "qdq",
  summary:
    "DequantizeLinear(QuantizeLinear(x)) → x, straight through; DequantizeLinear(Gather(W, i)) → Gather(DequantizeLinear(W), i)",
  at: ["DequantizeLinear", "com.microsoft.DequantizeLinear"],
  rewrite(node, scene) {
    if (scene.isFixed(node.inputs[0]!)) return undefined;
    const draft = new Draft(node, scene, QUANTISED), source = roundedFrom(scene, draft, node.inputs[0]!);
    if (source) return draft.ends(draft.op("Identity", [source]));
    // Rows of a constant were rounded once and for all: nothing is lost in this run.
    const exact = new Draft(node, scene),
      rows = real(scene, exact, node.inputs[0]!, { scale: node.inputs[1]!, zero: node.inputs[2] });
    return rows ? exact.ends(rows) : because(`it is not known what "${node.inputs[0]}" was rounded from`, node);
  },
};
