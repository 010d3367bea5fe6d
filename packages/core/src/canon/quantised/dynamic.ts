/**
 * Dynamic quantisation: activations rounded as they come, integer products, a scale behind them.
 *
 * @module
 */
import { type Node, operator } from "../../graph/graph.ts";
import { size } from "../../graph/tensor.ts";
import { factors } from "../algebra.ts";
import { because, type Canonicaliser, type Refusal } from "../canonicaliser.ts";
import { Draft } from "../draft.ts";
import type { Scene } from "../scene.ts";
import { dequantised, real, roundedFrom, stepOf } from "./real.ts";

const QUANTISED = { quantised: true };

/** The scale left for a weight once the scales of activations are taken out of a product. */
interface WeightScale {
  readonly constant: number;
  readonly tensors: readonly string[];
}

/** The integer product under Cast, and what it is multiplied with. */
function integerProduct(scene: Scene, node: Node): { product: Node; rest: WeightScale } | undefined {
  const { constant, tensors } = factors(scene, node.outputs[0]!);
  for (const tensor of tensors) {
    const cast = scene.made(tensor, "Cast"), product = scene.made(cast?.inputs[0], "MatMulInteger", "ConvInteger");
    if (product) return { product, rest: { constant, tensors: tensors.filter((t) => t !== tensor) } };
  }
  return undefined;
}

/** Whether a product is scaled by the steps of its rounded operands already: a factor beyond is somebody else's. */
function isComplete(scene: Scene, tensor: string): boolean {
  const node = scene.made(tensor, "Mul"), found = node && integerProduct(scene, node);
  if (!found) return false;
  const steps = found.product.inputs.slice(0, 2).flatMap((q) =>
    scene.made(q, "DynamicQuantizeLinear")?.outputs[1] ?? []
  );
  return steps.every((step) => found.rest.tensors.includes(step));
}

/** Operands as floats; the scales of rounded activations are struck from `rest`. */
function operands(scene: Scene, draft: Draft, product: Node, rest: WeightScale): string[] | Refusal {
  const left = [...rest.tensors], made: (string | undefined)[] = [], sides = [0, 1] as const;
  let { constant } = rest;
  for (const i of sides) {
    const step = stepOf(scene, product.inputs[i]);
    if (step !== undefined) {
      made[i] = roundedFrom(scene, draft, product.inputs[i]!);
      constant /= step;
      continue;
    }
    const source = scene.made(product.inputs[i], "DynamicQuantizeLinear");
    if (!source) continue;
    const at = left.indexOf(source.outputs[1]!);
    if (at < 0) return because(`the product is not scaled by the step of "${product.inputs[i]}"`, product);
    left.splice(at, 1);
    made[i] = source.inputs[0];
  }
  const weights = sides.filter((i) => made[i] === undefined);
  if (weights.length === 2 || weights.some((i) => !scene.isFixed(product.inputs[i]!))) {
    return because("an operand was not rounded by DynamicQuantizeLinear", product);
  }
  if (!left.every((t) => scene.isFixed(t)) || left.length > weights.length) {
    return because(`the product is also multiplied by "${left.at(-1)}"`, product);
  }
  for (const i of weights) {
    const factor = draft.scalar(constant, "float32"),
      scale = !left[0] ? factor : constant === 1 ? left[0] : draft.mul(left[0], factor);
    const axis = product.op === "ConvInteger" ? 0 : (scene.dims(product.inputs[i])?.length ?? 2) - 1;
    const type = scene.type(left[0]);
    made[i] = dequantised(scene, draft, product.inputs[i]!, {
      scale,
      zero: product.inputs[i + 2],
      ...(type && type.dims.some((d) => d > 1) && { axis }),
    });
  }
  return made as string[];
}

/** The scaled integer convolution that a node adds a bias for each channel to: convolution and bias are one operator in floats. */
function biasedConvolution(scene: Scene, node: Node): { scaled: Node; bias: string } | undefined {
  for (const [i, k] of [[0, 1], [1, 0]] as const) {
    const scaled = scene.made(node.inputs[i], "Mul"), bias = node.inputs[k]!, dims = scene.dims(bias);
    const channels = scaled && integerProduct(scene, scaled)?.product.op === "ConvInteger" &&
      scene.dims(scaled.outputs[0])?.[1];
    if (
      channels && dims && scene.isFixed(bias) && size(dims) === channels &&
      dims.at(1 - scene.dims(node.outputs[0])!.length) === channels
    ) return { scaled, bias };
  }
  return undefined;
}

/** s·(q_x − z_x)·(q_w − z_w) → MatMul or Conv of the floats. */
export const dynamicQuantise: Canonicaliser = {
  name: "dynamic-quantise",
  summary: "DynamicQuantizeLinear, MatMulInteger or ConvInteger, Cast, · scale → MatMul or Conv on dequantised weights",
  at: ["Mul", "Add"],
  rewrite(node, scene) {
    const biased = node.op === "Add" ? biasedConvolution(scene, node) : undefined;
    if (node.op === "Add" && !biased) return undefined;
    const scaled = biased?.scaled ?? node, found = integerProduct(scene, scaled);
    if (!found || scaled.inputs.some((input) => isComplete(scene, input))) return undefined;
    const { product, rest } = found,
      draft = new Draft(node, scene, QUANTISED),
      inputs = operands(scene, draft, product, rest);
    if ("because" in inputs) return inputs;
    if (product.op === "MatMulInteger") return draft.ends(draft.op("MatMul", inputs));
    const bias = biased ? [draft.reshape(biased.bias, [size(scene.dims(biased.bias)!)])] : [];
    return draft.ends(draft.op("Conv", [...inputs, ...bias], product.attributes));
  },
};

/** MatMulIntegerToFloat and DynamicQuantizeMatMul: the same, fused by ONNX Runtime, with a bias. */
export const fusedDynamicQuantise: Canonicaliser = {
  name: "fused-dynamic-quantise",
  summary: "MatMulIntegerToFloat, DynamicQuantizeMatMul → MatMul on dequantised weights, + bias",
  at: ["com.microsoft.MatMulIntegerToFloat", "com.microsoft.DynamicQuantizeMatMul"],
  rewrite(node, scene) {
    const draft = new Draft(node, scene, QUANTISED), dynamic = operator(node).endsWith("DynamicQuantizeMatMul");
    const [scale, zero, bias] = dynamic
      ? [node.inputs[2]!, node.inputs[3], node.inputs[4]]
      : [node.inputs[3]!, node.inputs[5], node.inputs[6]];
    const x = dynamic ? node.inputs[0]! : roundedFrom(scene, draft, node.inputs[0]!);
    if (!x) return because(`it is not known what "${node.inputs[0]}" was rounded from`, node);
    const columns = (scene.dims(node.inputs[1])?.length ?? 2) - 1;
    const w = real(scene, draft, node.inputs[1]!, { scale, zero, axis: columns });
    if (!w) return because(`it is not known what "${node.inputs[1]}" was rounded from`, node);
    const product = draft.matmul(x, w);
    return draft.ends(bias ? draft.add(product, bias) : product);
  },
};

/** DynamicQuantizeLSTM → LSTM whose weights [directions, in, 4·hidden] are dequantised and transposed. */
export const dynamicQuantiseLstm: Canonicaliser = {
  name: "dynamic-quantise-lstm",
  summary: "DynamicQuantizeLSTM → LSTM on dequantised weights",
  at: ["com.microsoft.DynamicQuantizeLSTM"],
  rewrite(node, scene) {
    const draft = new Draft(node, scene, QUANTISED), hidden = scene.dims(node.inputs[2])?.[1];
    const weight = (i: number, scale: string, zero: string | undefined): string => {
      const dims = scene.dims(scale) ?? [], across = dims.length === 2 ? [dims[0]!, 1, dims[1]!] : [dims[0] ?? 1, 1, 1];
      const centred = (t: string) => draft.op("Cast", [t], { to: 1 });
      const q = centred(node.inputs[i]!),
        shifted = zero ? draft.op("Sub", [q, draft.reshape(centred(zero), across)]) : q;
      return draft.transpose(draft.mul(shifted, draft.reshape(scale, across)), [0, 2, 1]);
    };
    const [w, r] = [weight(1, node.inputs[8]!, node.inputs[9]), weight(2, node.inputs[10]!, node.inputs[11])];
    const inputs = [node.inputs[0]!, w, r, ...node.inputs.slice(3, 8)];
    const attributes = { ...node.attributes, ...(hidden !== undefined && { hidden_size: hidden }) };
    draft.ops("LSTM", inputs, { outputs: node.outputs.length, attributes }).forEach((y, i) =>
      scene.isUsed(node.outputs[i]) && draft.ends(y, i)
    );
    return draft;
  },
};
