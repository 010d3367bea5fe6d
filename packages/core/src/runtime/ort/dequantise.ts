/**
 * Weights as floats: w = (q − zero point) · scale, per tensor, per axis or per block of an axis.
 *
 * ONNX Runtime never folds a DequantizeLinear of constants, it would run it again with every program.
 *
 * @module
 */
import type { Constant } from "../../graph/graph.ts";
import { numbers, size, type Tensor } from "../../graph/tensor.ts";
import type { Step } from "../../program/program.ts";

/** Elements of packed 4-bit data, low nibble first; other types as they are. */
function integers({ dtype, dims, data }: Tensor): ArrayLike<number> {
  if (dtype !== "uint4" && dtype !== "int4") return data as Int8Array | Uint8Array | Int32Array;
  const packed = data as Uint8Array, count = size(dims), values = new Int8Array(count);
  for (let i = 0; i < count; i++) {
    const nibble = (packed[i >> 1]! >> (4 * (i & 1))) & 15;
    values[i] = dtype === "int4" && nibble > 7 ? nibble - 16 : nibble;
  }
  return values;
}

/** One flat array of floats of the shape of `q`. */
export function dequantise(
  q: Tensor,
  { scale, zero, axis, block }: { scale: Tensor; zero?: Tensor | undefined; axis: number; block: number },
): Float32Array {
  const values = integers(q),
    scales = Float32Array.from(numbers(scale)),
    zeros = zero && integers(zero),
    out = new Float32Array(size(q.dims));
  if (scales.length === 1) {
    const s = scales[0]!, z = zeros ? zeros[0]! : 0;
    for (let i = 0; i < out.length; i++) out[i] = (values[i]! - z) * s;
    return out;
  }
  const at = axis < 0 ? axis + q.dims.length : axis,
    length = q.dims[at]!,
    inner = size(q.dims.slice(at + 1)),
    outer = size(q.dims.slice(0, at));
  const perAxis = block > 0 ? scale.dims[at]! : length, step = block > 0 ? block : 1, blocked = block > 0;
  for (let o = 0; o < outer; o++) {
    for (let a = 0; a < length; a++) {
      const group = blocked ? Math.floor(a / step) : a, from = (o * length + a) * inner;
      for (let i = 0; i < inner; i++) {
        const k = blocked ? (o * perAxis + group) * inner + i : group;
        out[from + i] = (values[from + i]! - (zeros ? zeros[k]! : 0)) * scales[k]!;
      }
    }
  }
  return out;
}

/** The constant a DequantizeLinear step of constants stands for; `undefined` where an operand is no constant. */
export function folded(
  step: Step,
  constants: ReadonlyMap<string, Constant>,
  dims: readonly number[],
): Constant | undefined {
  if (step.op !== "DequantizeLinear") return undefined;
  const [q, scale] = step.inputs.map((name) => constants.get(name)) as [Constant?, Constant?],
    zero = step.inputs[2] ? constants.get(step.inputs[2]) : undefined;
  if (!q || !scale || (step.inputs[2] && !zero)) return undefined;
  const number = (name: string, fallback: number): number => (step.attributes[name] as number | undefined) ?? fallback;
  let made: Tensor | undefined;
  return {
    dtype: "float32",
    dims,
    read: () =>
      made ??= {
        dtype: "float32",
        dims,
        data: dequantise(q.read(), {
          scale: scale.read(),
          zero: zero?.read(),
          axis: number("axis", 1),
          block: number("block_size", 0),
        }),
      },
  };
}
