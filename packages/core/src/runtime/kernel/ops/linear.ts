/**
 * Matrix products. Operands are read as they lie: transposed, head by head, quantised.
 *
 * @module
 */
import { broadcast } from "../../../program/builder.ts";
import { address, type Argument, type KernelFunction } from "../command.ts";
import { contiguousSteps, part, size } from "../dims.ts";
import type { Lowering } from "../lowering.ts";
import { expanded, offsetsOf, permuted, reshaped, type View } from "../view.ts";
import { binaryOf, number } from "./elementwise.ts";
import { quantisedWeight } from "./quantised.ts";
import type { Lower } from "./lower.ts";
import { biased, type Tail } from "./tail.ts";

/** Products below this many multiply-adds are not worth a second thread. */
const WORTH_SHARING = 1 << 16;

const swapped = (view: View): View =>
  permuted(view, view.dims.map((_, i) => (i < view.dims.length - 2 ? i : 2 * view.dims.length - 3 - i)));

/** What happens to the sums of a product. */
interface Ends {
  readonly alpha?: number;
  /** For products of integers: one factor or one for each column. */
  readonly scale?: View;
  /** One summand for each column. */
  readonly bias?: View;
}

/** The result of a · b over the last two axes, times alpha or the scale, plus the bias. */
export function product(l: Lowering, a: View, b: View, ends: Ends = {}): View {
  const [m, k] = a.dims.slice(-2) as [number, number], n = b.dims.at(-1)!;
  const lead = broadcast(a.dims.slice(0, -2), b.dims.slice(0, -2)), c = l.room([...lead, m, n]);
  // A left operand whose rows go on evenly over the batch is one tall matrix against one b.
  if (lead.length > 0 && b.dims.slice(0, -2).every((d) => d === 1)) {
    const tall = reshaped(a, [size(lead) * m, k]),
      flat = {
        ...b,
        dims: b.dims.slice(-2),
        steps: b.steps.slice(-2),
        ...(b.quantised ? { quantised: { ...b.quantised, scaleSteps: b.quantised.scaleSteps.slice(-2) } } : {}),
      };
    if (tall) {
      multiply(l, tall, flat, { ...c, dims: [size(lead) * m, n], steps: [n, 1] }, ends);
      return c;
    }
  }
  multiply(
    l,
    expanded(a, [...lead, m, k]),
    expanded(b.quantised && lead.length ? l.contiguous(b) : b, [...lead, k, n]),
    c,
    ends,
  );
  return c;
}

function multiply(l: Lowering, a: View, b: View, c: View, { alpha = 1, scale, bias }: Ends): void {
  const [m, k] = a.dims.slice(-2) as [number, number],
    n = b.dims.at(-1)!,
    batch = a.dims.slice(0, -2),
    count = size(batch);
  if (size(c.dims) === 0) return;
  const [aRow, aDepth] = a.steps.slice(-2) as [number, number],
    [bDepth, bColumn] = b.steps.slice(-2) as [number, number];
  const [weight, from] = b.quantised ? quantisedWeight(l, b) : [undefined, b];
  const offsets = offsetsOf(batch, [a.steps, b.steps, contiguousSteps(c.dims)]);
  const integers = b.quantised?.integers, zero = integers?.zero;
  const name: KernelFunction = integers ? "gemm_integer_8x12" : weight ? "gemm_quantized_8x12" : "gemm_f32_8x12";
  const call = (
    thread: number,
    i: number,
    rows: { from: number; to: number },
    columns: { from: number; to: number },
  ) => {
    const [pa, pb, pc] = offsets[i]! as [number, number, number];
    const left = address(a, pa + rows.from * aRow),
      out = address(c, pc + rows.from * n + columns.from);
    const shape = [rows.to - rows.from, columns.to - columns.from, k, left, aRow, aDepth];
    const right: Argument[] = weight
      ? [weight, columns.from]
      : [address(from, pb + columns.from * bColumn), bDepth, bColumn];
    const each = scale && size(scale.dims) > 1 ? 1 : 0, add = bias ? address(bias, columns.from) : 0;
    const args: Argument[] = integers
      ? [
        ...[integers.form, ...shape, integers.low, zero ? address(zero) : 0, ...right, out, n],
        ...[scale ? address(scale, each * columns.from) : 0, each, add],
      ]
      : [...shape, ...right, out, n, alpha, 0, add];
    return { name, args: [...args, l.scratch[thread]!] };
  };
  const all = { from: 0, to: m },
    wide = { from: 0, to: n },
    touch = { reads: [a, b, zero, scale, bias].filter((view) => view !== undefined), writes: [c] };
  const batches = (range: { from: number; to: number }, thread: number) =>
    Array.from({ length: range.to - range.from }, (_, i) => call(thread, range.from + i, all, wide));
  if (l.threads === 1 || count * m * n * k < WORTH_SHARING) {
    return l.soloCalls(touch, batches({ from: 0, to: count }, 0));
  }
  if (count >= l.threads) {
    return l.parallel(touch, (thread) => batches(part(count, { index: thread, of: l.threads }), thread));
  }
  const byColumns = n >= 12 * l.threads && n >= m;
  l.parallel(touch, (thread) => {
    const share = part(byColumns ? n : m, { index: thread, of: l.threads, grain: byColumns ? 12 : 8 });
    if (share.from >= share.to) return [];
    return Array.from({ length: count }, (_, i) => call(thread, i, byColumns ? all : share, byColumns ? share : wide));
  });
}

/** A vector operand gets an axis of one, as numpy does, which is dropped from the result. */
const matmul: Lower = (l, step) => {
  const { inputs, attributes } = step;
  let [a, b] = inputs.map((input) => l.raw(input)) as [View, View];
  if (a.quantised) a = l.contiguous(a);
  const matrices = a.dims.length > 1 && b.dims.length > 1;
  if (a.dims.length === 1) a = { ...a, dims: [1, ...a.dims], steps: [0, ...a.steps] };
  if (b.dims.length === 1) b = { ...l.contiguous(b), dims: [...b.dims, 1], steps: [1, 1] };
  if (attributes["transA"]) a = swapped(a);
  if (attributes["transB"]) b = swapped(b);
  const rank = Math.max(a.dims.length, b.dims.length);
  const padded = (view: View): View =>
    view.dims.length === rank || view.quantised
      ? view
      : expanded(view, [...Array<number>(rank - view.dims.length).fill(1), ...view.dims]);
  const alpha = (attributes["alpha"] as number | undefined) ?? 1,
    { output, ...ends }: Tail = matrices ? biased(l, step) : { output: step.outputs[0]! };
  const c = product(l, padded(a), padded(b), { alpha, ...ends });
  l.define(output, { ...c, ...rowMajor(l.dims(output)) });
};
const rowMajor = (dims: readonly number[]) => ({ dims, steps: contiguousSteps(dims) });

/** α·A'B' + β·C of two matrices. */
const gemm: Lower = (l, { inputs, outputs, attributes }) => {
  const turned = (name: string, by: unknown): View => (by ? swapped(l.raw(name)) : l.raw(name));
  const a = turned(inputs[0]!, attributes["transA"]), b = turned(inputs[1]!, attributes["transB"]);
  const alpha = (attributes["alpha"] as number | undefined) ?? 1;
  const c = product(l, a.quantised ? l.contiguous(a) : a, b, { alpha });
  const beta = (attributes["beta"] as number | undefined) ?? 1,
    bias = inputs[2] && beta !== 0 ? l.value(inputs[2]) : undefined;
  if (!bias) return l.define(outputs[0]!, c);
  const added = beta === 1 ? bias : binaryOf(l, "mul_f32", bias, number(l, beta), bias.dims);
  l.define(outputs[0]!, binaryOf(l, "add_f32", c, added, c.dims));
};

export const linear: Readonly<Record<string, Lower>> = { MatMul: matmul, Gemm: gemm };
