/**
 * The floats that integer tensors stand for: s (q − z).
 *
 * Relevance crosses rounding unchanged (straight-through): an activation's integers stand for the tensor they were rounded
 * from, a weight's for `DequantizeLinear` of the constant.
 *
 * @module
 */
import { type Node, operator } from "../../graph/graph.ts";
import { fromNumbers } from "../../graph/fold.ts";
import { type DType, size } from "../../graph/tensor.ts";
import type { Draft } from "../draft.ts";
import type { Scene } from "../scene.ts";

/** Scale and zero point of a quantised tensor; `axis` is the channel they run along, if there are many. */
export interface Quantisation {
  readonly scale: string;
  readonly zero?: string | undefined;
  readonly axis?: number;
}

/** Operators that move integers as they would move floats. */
export const MOVEMENT: ReadonlySet<string> = new Set([
  "Reshape",
  "Transpose",
  "Squeeze",
  "Unsqueeze",
  "Flatten",
  "Slice",
  "Gather",
  "Expand",
  "Identity",
  "MaxPool",
  "Split",
]);

/** What integers were rounded from, through operators that only move them; `undefined` where that is not told. */
type Leaf = (tensor: string) => string | undefined;
function moved(scene: Scene, draft: Draft, tensor: string, leaf: Leaf): string | undefined {
  const at = leaf(tensor), node = scene.made(tensor);
  if (at || !node || !MOVEMENT.has(operator(node))) return at;
  const source = moved(scene, draft, node.inputs[0]!, leaf);
  return source &&
    draft.ops(node.op, [source, ...node.inputs.slice(1)], {
      outputs: node.outputs.length,
      attributes: node.attributes,
    })[node.outputs.indexOf(tensor)];
}

/** The float tensor an activation was rounded from; `undefined` where it comes from elsewhere. */
export const roundedFrom = (scene: Scene, draft: Draft, tensor: string): string | undefined =>
  moved(scene, draft, tensor, (t) => {
    const node = scene.made(t, "QuantizeLinear", "DynamicQuantizeLinear", "com.microsoft.QuantizeLinear");
    if (node?.outputs[0] !== t) return undefined;
    return cutsOff(scene, node) ? draft.op("Relu", [node.inputs[0]!]) : node.inputs[0];
  });

const LOWEST: Partial<Record<DType, number>> = { uint8: 0, uint16: 0, int8: -128, int16: -32768 };
/** Operators whose results are not negative. */
const POSITIVE = new Set(["Softmax", "Sigmoid", "Relu", "HardSigmoid", "Abs", "Exp", "Sqrt"]);

/** Whether rounding cuts off what is negative: a quantiser leaves a ReLU out where the zero point is the lowest integer. */
function cutsOff(scene: Scene, node: Node): boolean {
  if (node.op !== "QuantizeLinear") return false;
  const type = node.inputs[2] ? scene.type(node.inputs[2])?.dtype : "uint8",
    zero = node.inputs[2] ? scene.scalar(node.inputs[2]) : 0;
  return type !== undefined && zero === LOWEST[type] && !POSITIVE.has(scene.made(node.inputs[0])?.op ?? "");
}

/** The step that `QuantizeLinear` rounded an activation to, if that made it. */
export function stepOf(scene: Scene, tensor: string | undefined): number | undefined {
  const node = scene.made(tensor);
  if (!node) return undefined;
  if (node.op === "QuantizeLinear") return scene.scalar(node.inputs[1]);
  return MOVEMENT.has(operator(node)) ? stepOf(scene, node.inputs[0]) : undefined;
}

/** A weight as floats: `DequantizeLinear` over the file's integers, its zero point brought to the shape of the scale. */
export function dequantised(scene: Scene, draft: Draft, weight: string, { scale, zero, axis }: Quantisation): string {
  const scales = size(scene.dims(scale) ?? []), many = scales > 1 && axis !== undefined;
  const flatScale = (scene.dims(scale)?.length ?? 0) > 1 || (!many && scene.dims(scale)?.length === 1)
    ? draft.reshape(scale, many ? [scales] : [])
    : scale;
  const inputs = [weight, flatScale];
  const zeros = zero ? scene.values(zero) : undefined;
  if (zeros?.some((z) => z !== 0)) {
    const dims = many ? [scales] : [];
    inputs.push(
      draft.constant(
        fromNumbers(
          scene.type(weight)!.dtype,
          dims,
          many && zeros.length === 1 ? Array<number>(scales).fill(zeros[0]!) : zeros,
        ),
        "zero",
      ),
    );
  } else if (zero && !zeros) inputs.push(zero);
  return draft.op("DequantizeLinear", inputs, many ? { axis } : {});
}

/** Either of the two: what an activation was rounded from, or a constant (or rows of it) dequantised. */
export function real(scene: Scene, draft: Draft, tensor: string, quantisation: Quantisation): string | undefined {
  if (scene.isFixed(tensor)) return dequantised(scene, draft, tensor, quantisation);
  const source = roundedFrom(scene, draft, tensor);
  if (source || size(scene.dims(quantisation.scale) ?? []) > 1) return source;
  return moved(
    scene,
    draft,
    tensor,
    (t) => (scene.isFixed(t) ? dequantised(scene, draft, t, quantisation) : undefined),
  );
}
