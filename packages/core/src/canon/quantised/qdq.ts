/**
 * Static quantisation: QuantizeLinear/DequantizeLinear pairs, and the QLinear operators such graphs are fused into.
 *
 * @module
 */
import { type Node, number, operator } from "../../graph/graph.ts";
import { because, type Canonicaliser } from "../canonicaliser.ts";
import { Draft } from "../draft.ts";
import type { Scene } from "../scene.ts";
import { type Quantisation, real, roundedFrom } from "./real.ts";

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
    if (rows) return exact.ends(rows);
    const product = scene.made(node.inputs[0]), made = product && qlinear(scene, draft, product);
    return made ? draft.ends(made) : because(`it is not known what "${node.inputs[0]}" was rounded from`, node);
  },
};

/** QGemm with a float output → Gemm. */
export const qgemm: Canonicaliser = {
  name: "qgemm",
  summary: "QGemm → Gemm on dequantised weights",
  at: ["com.microsoft.QGemm"],
  rewrite(node, scene) {
    if (node.inputs[7]) return undefined; // its output is an integer: read from the DequantizeLinear behind it
    const draft = new Draft(node, scene, QUANTISED), made = qlinear(scene, draft, node);
    return made ? draft.ends(made) : because("it is not known what its operands were rounded from", node);
  },
};

/** What a QLinear operator computes, in floats and before it rounds. */
function qlinear(scene: Scene, draft: Draft, node: Node): string | undefined {
  const of = (tensor: number, quantisation: Partial<Quantisation> = {}): string | undefined => {
    const q = { scale: node.inputs[tensor + 1]!, zero: node.inputs[tensor + 2], ...quantisation };
    return real(scene, draft, node.inputs[tensor]!, q) ?? nested(scene, draft, node.inputs[tensor]!);
  };
  /** A bias of int32 is in units of both scales. */
  const bias = (i: number, [a, b]: readonly [number, number]): string | undefined =>
    node.inputs[i]
      ? draft.mul(draft.op("Cast", [node.inputs[i]!], { to: 1 }), draft.mul(node.inputs[a]!, node.inputs[b]!))
      : undefined;
  const both = (op: string): string | undefined => {
    const [a, b] = [of(0), of(3)];
    return a && b && draft.op(op, [a, b]);
  };
  switch (operator(node)) {
    case "QLinearMatMul": {
      const [a, b] = [of(0), of(3, { axis: (scene.dims(node.inputs[3])?.length ?? 2) - 1 })];
      return a && b && draft.matmul(a, b);
    }
    case "QLinearConv": {
      const [x, w, c] = [of(0), of(3, { axis: 0 }), bias(8, [1, 4])];
      return x && w && draft.op("Conv", c ? [x, w, c] : [x, w], node.attributes);
    }
    case "com.microsoft.QGemm": {
      const [a, b, c] = [of(0), of(3, { axis: number(node, "transB", 0) ? 0 : 1 }), bias(6, [1, 4])];
      return a && b && draft.op("Gemm", c ? [a, b, c] : [a, b], node.attributes);
    }
    case "com.microsoft.QLinearAdd":
      return both("Add");
    case "com.microsoft.QLinearMul":
      return both("Mul");
    case "com.microsoft.QLinearSigmoid": {
      const x = of(0);
      return x && draft.op("Sigmoid", [x]);
    }
    case "com.microsoft.QLinearSoftmax": {
      const x = of(0);
      return x && draft.op("Softmax", [x], { axis: number(node, "axis", -1) });
    }
    default:
      return undefined;
  }
}

/** A QLinear operator feeds another without floats between them. */
function nested(scene: Scene, draft: Draft, tensor: string): string | undefined {
  const node = scene.made(tensor);
  return node && qlinear(scene, draft, node);
}
