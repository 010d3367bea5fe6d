/**
 * Weights in 8 or 4 bits, read as they are: DequantizeLinear of a constant is a view that MatMul understands.
 *
 * @module
 */
import { type Constant, constant } from "../../../graph/graph.ts";
import { size, type Tensor } from "../../../graph/tensor.ts";
import type { Table } from "../command.ts";
import { contiguousSteps, wrap } from "../dims.ts";
import type { Lowering } from "../lowering.ts";
import type { Quantised, View } from "../view.ts";
import { elementsOf } from "../weights.ts";
import { binaryOf } from "./elementwise.ts";
import type { Lower } from "./lower.ts";

const KINDS: Readonly<Record<Quantised["kind"], number>> = { int8: 1, uint8: 2, uint4: 3, "uint8-blocks": 4 };

/** The kernel's description of a weight B[depth × columns]; the view's last two axes. */
export function quantisedWeight(l: Lowering, b: View): [Table, View] {
  const q = b.quantised!,
    [depth, column] = b.steps.slice(-2) as [number, number],
    [sd, sc] = q.scaleSteps.slice(-2) as [number, number];
  const of = (storage: Quantised["zero"]) => (storage ? { storage, bytes: 0 } : 0);
  // The block kinds tell by a step of 1 which way a row runs.
  const steps = q.block ? [depth === 1 ? 1 : 0, depth === 1 ? 0 : 1] : [depth, column];
  return [
    l.table([
      KINDS[q.kind],
      { storage: b.storage, bytes: b.offset },
      ...steps,
      of(q.scale),
      of(q.zero),
      sd,
      sc,
      q.block,
      q.blocks,
    ]),
    b,
  ];
}

/** The kernel's forms of a product of integers. */
const PAIRS = 0, SIGNED = 2;
const lowest = new WeakMap<Constant, boolean>();

/** How a weight is multiplied by an engine of such a form: signed bytes may not be −128, or what is left of an unsigned 0. */
export function formOf(form: number, bytes: Constant): number {
  if (form !== SIGNED) return form;
  const held = lowest.get(bytes) ?? (bytes.read().data as Int8Array).includes(bytes.dtype === "int8" ? -128 : 0);
  lowest.set(bytes, held);
  return held ? PAIRS : form;
}

/** Bytes as they are, for a product with whole numbers from `low` on, less `zero`. */
export function integers(
  l: Lowering,
  bytes: Constant,
  { zeros, low, zero }: { zeros: Constant | undefined; low: number; zero: View | undefined },
): View {
  const { dims, dtype } = bytes, many = zeros !== undefined && size(zeros.dims) > 1;
  return {
    storage: l.hold(bytes, "bytes"),
    offset: 0,
    dims,
    steps: contiguousSteps(dims),
    quantised: {
      kind: dtype as "int8" | "uint8",
      scale: undefined,
      zero: zeros && l.hold(zeros, "float32"),
      scaleSteps: dims.map((_, i) => (many && i === dims.length - 1 ? 1 : 0)),
      integers: { low, zero, form: formOf(l.form, bytes) },
      block: 0,
      blocks: 0,
    },
  };
}

const dequantize: Lower = (l, { inputs, outputs, attributes }) => {
  const [x, s, z] = inputs as [string, string, string | undefined], dims = l.dims(outputs[0]!);
  const stored = l.constant(x), scales = l.constant(s), zeros = z ? l.constant(z) : undefined;
  const count = size(l.dims(s)),
    axis = wrap((attributes["axis"] as number | undefined) ?? 1, dims.length),
    block = (attributes["block_size"] as number | undefined) ?? 0;
  const readable = stored && scales && (!z || zeros) && dims.length === 2;
  const f32 = (of: typeof scales) => l.hold(of!, "float32");
  if (readable && block === 0 && (stored.dtype === "int8" || stored.dtype === "uint8")) {
    return l.define(outputs[0]!, {
      storage: l.hold(stored, "bytes"),
      offset: 0,
      dims,
      steps: contiguousSteps(dims),
      quantised: {
        kind: stored.dtype,
        scale: f32(scales),
        zero: zeros && f32(zeros),
        scaleSteps: dims.map((_, i) => (count > 1 && i === axis ? 1 : 0)),
        block: 0,
        blocks: 0,
      },
    });
  }
  // Blocks along the rows, whole ones only: the layout of MatMulNBits.
  const fits = block % 4 === 0 && axis === 1 && dims[1]! % block === 0 &&
    (stored?.dtype === "uint4" || stored?.dtype === "uint8");
  if (readable && block > 0 && fits) {
    const four = stored.dtype === "uint4";
    return l.define(outputs[0]!, {
      storage: l.hold(stored, "bytes"),
      offset: 0,
      dims,
      steps: contiguousSteps(dims),
      quantised: {
        kind: four ? "uint4" : "uint8-blocks",
        scale: f32(scales),
        zero: centred(zeros, four) ? undefined : f32(zeros ?? same(scales.dims, 0)),
        scaleSteps: [0, 0],
        block,
        blocks: dims[1]! / block,
      },
    });
  }
  if (stored && scales && (!z || zeros)) {
    const data = dequantised({ x: stored.read(), scale: scales.read(), zero: zeros?.read(), axis, block });
    return l.define(outputs[0]!, {
      storage: l.hold(constant({ dtype: "float32", dims, data }), "float32"),
      offset: 0,
      dims,
      steps: contiguousSteps(dims),
    });
  }
  if (block > 0) return "foreign";
  const along = (name: string): View => {
    const view = l.value(name);
    return count === 1 ? { ...view, dims: [], steps: [] } : {
      ...view,
      dims: dims.map((d, i) => (i === axis ? d : 1)),
      steps: dims.map((_, i) => (i === axis ? view.steps[0]! : 0)),
    };
  };
  const shifted = z ? binaryOf(l, "sub_f32", l.value(x), along(z), dims) : l.value(x);
  l.define(outputs[0]!, binaryOf(l, "mul_f32", shifted, along(s), dims));
};

/** Whether all zero points are the middle of the range, which the kernel takes for granted. */
const centred = (zeros: Constant | undefined, four: boolean): boolean =>
  zeros !== undefined && elementsOf(zeros.read()).every((zero) => zero === (four ? 8 : 128));
const same = (dims: readonly number[], value: number) =>
  constant({ dtype: "float32", dims, data: new Float32Array(size(dims)).fill(value) });

/** y = (x − zero) · scale, with one scale for all, one an index of `axis`, or one a block of `block` along `axis`. */
function dequantised(
  { x, scale, zero, axis, block }: { x: Tensor; scale: Tensor; zero: Tensor | undefined; axis: number; block: number },
): Float32Array {
  const q = elementsOf(x), scales = elementsOf(scale), zeros = zero ? elementsOf(zero) : undefined;
  const inner = size(x.dims.slice(axis + 1)), along = x.dims[axis] ?? 1, groups = block ? scale.dims[axis]! : along;
  return Float32Array.from(q, (v, i) => {
    const at = Math.floor(i / inner) % along, outer = Math.floor(i / (inner * along));
    const s = scales.length === 1 ? 0 : block ? (outer * groups + Math.floor(at / block)) * inner + (i % inner) : at;
    return (v - (zeros ? zeros[s]! : 0)) * scales[s]!;
  });
}

export const quantised: Readonly<Record<string, Lower>> = { DequantizeLinear: dequantize };
