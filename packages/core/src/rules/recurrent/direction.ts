/**
 * A recurrent layer walked backwards, one direction after the other.
 *
 * All states h_t are the layer's output, so every pre-activation of every step is known from two matrix products; only the message itself
 * goes step by step. Steps keep an axis of length one: slices of [steps, batch, …] and their concatenation need no reshapes.
 *
 * @module
 */
import { number, text } from "../../graph/graph.ts";
import { numbers } from "../../graph/tensor.ts";
import type { Builder } from "../../program/builder.ts";
import { formMissing, type RuleContext } from "../rule.ts";

/** The forward values of one direction, over all steps at once. */
export interface Layer {
  readonly b: Builder;
  readonly hidden: number;
  /** Steps in the order they were run. */
  readonly order: readonly number[];
  /** W x_t + b and R h_{t−1} + b′, [steps, batch, gates · hidden]. */
  readonly fromInput: string;
  readonly fromHidden: string;
  /** h_{t−1}, [steps, batch, hidden]. */
  readonly previous: string;
  /** R, [gates · hidden, hidden], and b′. */
  readonly recurrence: string;
  readonly hiddenBias: string | undefined;
  /** The cell's state before the first step, if one is given. */
  readonly initialCell: string | undefined;
  /** By step: which sequences are that long, [1, batch, 1]; absent where all are. */
  readonly mask: readonly string[] | undefined;
  /** [1, batch, hidden]. */
  readonly zero: string;
  /** A tensor [steps, …] as its steps [1, …]. */
  stepwise(tensor: string): string[];
}

/** What leaves one step: messages at its pre-activations (input and hidden side), at h_{t−1} and at C_{t−1}. All are [1, batch, …]. */
export interface StepBack {
  readonly input: string;
  readonly hidden: string;
  readonly dh: string;
  readonly dc?: string;
}

/** How a message crosses one step. `first` is the first gate that carries any: those before it are constants. */
export interface Cell {
  readonly first: number;
  step(t: number, message: { dh: string; dc: string | undefined }): StepBack;
}

export interface Walk {
  readonly gates: number;
  cell(layer: Layer, direction: number): Cell;
}

/** Cotangents of X, W, R, B, sequence_lens, initial_h, initial_c. Weights are constants. */
export function recurrentBack(c: RuleContext, walk: Walk): (string | null)[] {
  refuse(c);
  const { b } = c, directions = c.dims[1]![0]!, states = allStates(c);
  const ways = Array.from(
    { length: directions },
    (_, d) => directionBack(c, { ...walk, states, direction: d, directions }),
  );
  const together = (of: (way: (typeof ways)[number]) => string): string => b.concat(ways.map(of), 0);
  return [
    ways.map(({ dx }) => dx).reduce((p, q) => b.add(p, q)),
    null,
    null,
    c.has(3) ? together(({ dbias }) => dbias) : null,
    null,
    c.has(5) ? together(({ dh }) => dh) : null,
    c.has(6) ? together(({ dc }) => dc) : null,
  ];
}

/** Forms no exporter of the covered families writes. @throws MISSING_RULES */
function refuse(c: RuleContext): void {
  const form = number(c.node, "layout", 0) !== 0
    ? "layout 1"
    : c.node.attributes["clip"] !== undefined
    ? "clip"
    : number(c.node, "input_forget", 0) !== 0
    ? "input_forget"
    : c.has(7)
    ? "peepholes"
    : undefined;
  if (form) throw formMissing(c, form);
}

/** The output Y [steps, directions, batch, hidden]; run again where the file keeps only the last state. */
function allStates(c: RuleContext): string {
  if (c.node.outputs[0]) return c.y[0]!;
  const [steps, batch] = c.dims[0] as [number, number, number],
    [directions, , hidden] = c.dims[2] as [number, number, number];
  const inputs = c.node.inputs.map((_, i) => (c.has(i) ? c.x[i]! : ""));
  const type = { dtype: "float32" as const, dims: [steps, directions, batch, hidden] };
  return c.b.forward({
    op: c.node.op,
    domain: "",
    inputs,
    outputs: [c.b.fresh("states")],
    attributes: c.node.attributes,
  }, [type])[0]!;
}

function directionBack(
  c: RuleContext,
  { gates, cell, states, direction, directions }: Walk & { states: string; direction: number; directions: number },
) {
  const { b } = c,
    [steps, batch] = c.dims[0] as [number, number, number],
    hidden = c.dims[2]![2]!,
    width = gates * hidden;
  /** One direction's part along an axis; the axis goes. */
  const own = (tensor: string, axis: number): string => {
    const dims = b.dims(tensor),
      part = directions === 1 ? tensor : b.slice(tensor, axis, { start: direction, end: direction + 1 });
    return b.reshape(part, dims.filter((_, i) => i !== axis));
  };
  const state = (tensor: string): string => b.reshape(own(tensor, 0), [1, batch, hidden]);
  const stepwise = (tensor: string): string[] => b.split(tensor, 0, Array<number>(steps).fill(1));
  const reverse = text(c.node, "direction", "forward") === "reverse" || direction === 1,
    forwards = Array.from({ length: steps }, (_, t) => t);
  const order = reverse ? [...forwards].reverse() : forwards, zero = b.zeros([1, batch, hidden]);

  const lengths = maskOf(c, steps, batch),
    mask = lengths === undefined ? undefined : stepwise(lengths),
    initial = c.has(5) ? state(c.x[5]!) : zero;
  const previous = previousStates(b, { states: own(states, 1), initial, reverse, lengths });
  const weights = own(c.x[1]!, 0), recurrence = own(c.x[2]!, 0), bias = c.has(3) ? own(c.x[3]!, 0) : undefined;
  const half = (from: number): string | undefined => bias && b.slice(bias, 0, { start: from, end: from + width });
  const affine = (x: string, w: string, by: string | undefined): string =>
    by ? b.add(b.matmul(x, w, { transB: true }), by) : b.matmul(x, w, { transB: true });
  const hiddenBias = half(width),
    fromInput = affine(c.x[0]!, weights, half(0)),
    fromHidden = affine(previous, recurrence, hiddenBias);
  const { first, step } = cell({
    b,
    hidden,
    order,
    fromInput,
    fromHidden,
    previous,
    recurrence,
    hiddenBias,
    mask,
    zero,
    stepwise,
    initialCell: c.has(6) ? state(c.x[6]!) : undefined,
  }, direction);

  const [gY, gH, gC] = c.gs,
    given = gY === undefined ? undefined : stepwise(own(gY, 1)),
    inputs: string[] = [],
    hiddens: string[] = [];
  let dh = gH === undefined ? undefined : state(gH), dc = gC === undefined ? undefined : state(gC);
  for (const t of [...order].reverse()) {
    const arrives = given && (mask ? b.where(mask[t]!, given[t]!, zero) : given[t]!);
    const message = arrives && dh ? b.add(arrives, dh) : arrives ?? dh ?? zero, back = step(t, { dh: message, dc });
    // Behind its end a sequence's state stands still: the message passes by.
    const ran = (value: string, still: string): string => mask ? b.where(mask[t]!, value, still) : value;
    inputs[t] = ran(back.input, b.scalar(0));
    hiddens[t] = ran(back.hidden, b.scalar(0));
    dh = ran(back.dh, message);
    dc = back.dc && ran(back.dc, dc ?? zero);
  }
  const input = b.concat(inputs, 0), carried = b.slice(weights, 0, { start: first * hidden, end: width });
  const side = (parts: readonly string[]): string =>
    b.pad(b.sum(b.concat(parts, 0), [0, 1], false), 0, { before: first * hidden, after: 0 });
  return {
    dx: b.matmul(input, carried),
    dbias: b.reshape(b.concat([side(inputs), side(hiddens)], 0), [1, 2 * width]),
    dh: dh ?? zero,
    dc: dc ?? zero,
  };
}

/** Which steps lie within each sequence, [steps, batch, 1]; `undefined` where no lengths are given or all are full. */
function maskOf(c: RuleContext, steps: number, batch: number): string | undefined {
  if (!c.has(4) || (c.isKnown(4) && numbers(c.known(4)).every((length) => length >= steps))) return undefined;
  const { b } = c,
    count = b.tensor({
      dtype: "int64",
      dims: [steps, 1, 1],
      data: BigInt64Array.from({ length: steps }, (_, t) => BigInt(t)),
    });
  return b.less(count, b.reshape(b.cast(c.x[4]!, "int64"), [1, batch, 1]));
}

/** The state each step started from. Backwards, a sequence starts at its own end. */
function previousStates(
  b: Builder,
  { states, initial, reverse, lengths }: {
    states: string;
    initial: string;
    reverse: boolean;
    lengths: string | undefined;
  },
): string {
  const steps = b.dims(states)[0]!;
  if (steps === 1) return initial;
  if (!reverse) return b.concat([initial, b.slice(states, 0, { start: 0, end: steps - 1 })], 0);
  const next = b.slice(states, 0, { start: 1, end: steps }),
    within = lengths && b.slice(lengths, 0, { start: 1, end: steps });
  return b.concat([within ? b.where(within, next, initial) : next, initial], 0);
}
