/**
 * Activations rounded to eight bits and products of integers. Integers are whole numbers kept as floats: products of bytes are summed
 * in 32 bits and rounded to a float once, as ONNX's Cast would.
 *
 * @module
 */
import { size } from "../../../graph/tensor.ts";
import { address } from "../command.ts";
import type { Lowering } from "../lowering.ts";
import type { View } from "../view.ts";
import { product } from "./linear.ts";
import type { Lower } from "./lower.ts";
import { integers } from "./quantised.ts";
import { scaled } from "./tail.ts";

const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
};

/** clamp(round(x / scale) + zero): half goes to even. */
function rounded(l: Lowering, x: View, { scale, zero, range: [low, high] }: Rounding): View {
  const from = l.contiguous(x), y = l.room(x.dims), count = size(x.dims);
  if (count > 0) {
    const reads = zero ? [from, scale, zero] : [from, scale];
    l.split("quantize_f32", { reads, writes: [y] }, [count], ({ from: at, to }) => [
      to - at,
      address(from, at),
      address(scale),
      zero ? address(zero) : 0,
      low,
      high,
      address(y, at),
    ]);
  }
  return y;
}
interface Rounding {
  readonly scale: View;
  readonly zero: View | undefined;
  readonly range: readonly [number, number];
}

/** One pass finds the scale and the zero point, another rounds. */
const dynamicQuantize: Lower = (l, { inputs, outputs }) => {
  const x = l.contiguous(l.value(inputs[0]!)), count = size(x.dims);
  if (count === 0) return "foreign";
  const scale = l.room([]), zero = l.room([]);
  l.solo("dynamic_scale_f32", { reads: [x], writes: [scale, zero] }, [
    count,
    address(x),
    address(scale),
    address(zero),
  ]);
  l.define(outputs[0]!, rounded(l, x, { scale, zero, range: RANGES["uint8"]! }));
  if (outputs[1]) l.define(outputs[1], scale);
  if (outputs[2]) l.define(outputs[2], zero);
};

const quantize: Lower = (l, { inputs: [x, scale, zero], outputs }) => {
  const range = RANGES[l.program.types.get(outputs[0]!)!.dtype];
  if (!range || size(l.dims(scale!)) !== 1) return "foreign";
  const one = (name: string): View => ({ ...l.contiguous(l.value(name)), dims: [], steps: [] });
  l.define(outputs[0]!, rounded(l, l.value(x!), { scale: one(scale!), zero: zero ? one(zero) : undefined, range }));
};

/** (A − zero) · (B − zero), B a matrix of bytes in the file. */
const matmulInteger: Lower = (l, step) => {
  const [a, b, zeroA, zeroB] = step.inputs;
  const weight = l.constant(b!), zeros = zeroB ? l.constant(zeroB) : undefined;
  const bytes = weight?.dims.length === 2 && (weight.dtype === "int8" || weight.dtype === "uint8");
  if (!bytes || (zeroB && !zeros) || (zeroA && size(l.dims(zeroA)) !== 1)) return "foreign";
  const [low] = RANGES[l.program.types.get(a!)!.dtype]!, zero = zeroA ? l.contiguous(l.value(zeroA)) : undefined;
  const { output, ...ends } = scaled(l, step);
  l.define(output, product(l, l.contiguous(l.value(a!)), integers(l, weight, { zeros, low, zero }), ends));
};

export const rounding: Readonly<Record<string, Lower>> = {
  DynamicQuantizeLinear: dynamicQuantize,
  QuantizeLinear: quantize,
  MatMulInteger: matmulInteger,
};
