/**
 * The QLinear operators of statically quantised graphs (ONNX Runtime's "QOperator" form): integers in, integers out.
 *
 * Each becomes what it stands for, Q(f(DQ(a), DQ(b), …)): the pairs DQ(Q(x)) this leaves between two of them are the same as in
 * the Q/DQ form, and go the same way.
 *
 * @module
 */
import { type Node, number, operator } from "../../graph/graph.ts";
import { because, type Canonicaliser } from "../canonicaliser.ts";
import { Draft } from "../draft.ts";
import type { Scene } from "../scene.ts";
import { dequantised } from "./real.ts";

interface Form {
  /** Where the scale of the result stands; its zero point is the next input. */
  readonly result: number;
  /** f: the floats of the operands in, the result before it is rounded out. */
  compute(at: Operands): string;
}

/** What a form reads. */
interface Operands {
  readonly node: Node;
  readonly scene: Scene;
  readonly draft: Draft;
  /** The floats of the integers at input i, whose scale and zero point follow; `axis` is that of a scale for each channel. */
  real(i: number, axis?: number): string;
  /** A bias of int32 at input i, if any: in units of the scales at inputs a and b. */
  bias(i: number, scales: readonly [number, number]): string[];
}

const unary = (op: string, attributes: (node: Node) => Node["attributes"] = ({ attributes }) => attributes): Form => ({
  result: 3,
  compute: ({ draft, node, real }) => draft.op(op, [real(0)], attributes(node)),
});
const binary = (op: string): Form => ({ result: 6, compute: ({ draft, real }) => draft.op(op, [real(0), real(3)]) });

const FORMS: Readonly<Record<string, Form>> = {
  "QLinearMatMul": {
    result: 6,
    compute: ({ draft, scene, node, real }) =>
      draft.matmul(real(0), real(3, (scene.dims(node.inputs[3])?.length ?? 2) - 1)),
  },
  "QLinearConv": {
    result: 6,
    compute: ({ draft, node, real, bias }) =>
      draft.op("Conv", [real(0), real(3, 0), ...bias(8, [1, 4])], node.attributes),
  },
  "com.microsoft.QGemm": {
    result: 7,
    compute: ({ draft, node, real, bias }) =>
      draft.op("Gemm", [real(0), real(3, number(node, "transB", 0) ? 0 : 1), ...bias(6, [1, 4])], node.attributes),
  },
  "com.microsoft.QLinearAdd": binary("Add"),
  "com.microsoft.QLinearMul": binary("Mul"),
  "com.microsoft.QLinearSigmoid": unary("Sigmoid"),
  "com.microsoft.QLinearLeakyRelu": unary("LeakyRelu"),
  "com.microsoft.QLinearSoftmax": unary("Softmax", (node) => ({ axis: number(node, "axis", -1) })),
  "com.microsoft.QLinearAveragePool": unary("AveragePool"),
  "com.microsoft.QLinearGlobalAveragePool": unary("GlobalAveragePool"),
  "com.microsoft.QLinearConcat": {
    result: 0,
    compute: ({ draft, node, real }) => {
      const parts = Array.from({ length: (node.inputs.length - 2) / 3 }, (_, i) => real(2 + 3 * i));
      return draft.concat(parts, number(node, "axis", 0));
    },
  },
  "com.microsoft.QLinearWhere": {
    result: 7,
    compute: ({ draft, node, real }) => draft.op("Where", [node.inputs[0]!, real(1), real(4)]),
  },
};

/** QLinear… and QGemm → QuantizeLinear(f(DequantizeLinear(a), …)); a QGemm whose result is a float is not rounded. */
export const qlinear: Canonicaliser = {
  name: "qlinear",
  summary: "QLinearMatMul, QLinearConv, QGemm, QLinearAdd, … → QuantizeLinear(f(DequantizeLinear(a), …))",
  at: Object.keys(FORMS),
  rewrite(node, scene) {
    if (number(node, "channels_last", 0)) return because("its channels come last", node);
    const draft = new Draft(node, scene, { quantised: true }), { result, compute } = FORMS[operator(node)]!;
    const y = compute({
      node,
      scene,
      draft,
      real(i, axis) {
        const [integers, scale, zero] = node.inputs.slice(i, i + 3) as [string, string, string?];
        return scene.isFixed(integers)
          ? dequantised(scene, draft, integers, { scale, zero, ...(axis === undefined ? {} : { axis }) })
          : draft.op("DequantizeLinear", [integers, scale, ...(zero ? [zero] : [])]);
      },
      bias: (i, [a, b]) =>
        node.inputs[i]
          ? [draft.mul(draft.op("Cast", [node.inputs[i]], { to: 1 }), draft.mul(node.inputs[a]!, node.inputs[b]!))]
          : [],
    });
    const [scale, zero] = node.inputs.slice(result, result + 2);
    return draft.ends(scale ? draft.op("QuantizeLinear", [y, scale, ...(zero ? [zero] : [])]) : y);
  },
};
