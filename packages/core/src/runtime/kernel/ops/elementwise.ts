/**
 * Elementwise operators.
 *
 * @module
 */
import { constant } from "../../../graph/graph.ts";
import { ELEMENT_TYPE, isFloat } from "../../../graph/tensor.ts";
import { address, type KernelFunction } from "../command.ts";
import { contiguousSteps, type Dims, size } from "../dims.ts";
import type { Lowering } from "../lowering.ts";
import { collapsed, expanded, type View, whole } from "../view.ts";
import type { Lower } from "./lower.ts";

/** Writes y = f(operands) with broadcasting; steps along the last axis must be 0 or 1, what has others is moved first. */
export function broadcastInto(l: Lowering, name: KernelFunction, operands: readonly View[], y: View): void {
  const { dims: full } = y;
  if (size(full) === 0) return;
  let views = operands.map((view) => expanded(view, full));
  let flat = collapsed(full, views.map((view) => view.steps));
  if (flat.steps.some((steps) => steps.at(-1)! > 1 || steps.at(-1)! < 0)) {
    views = operands.map((
      view,
      i,
    ) => ([0, 1].includes(flat.steps[i]!.at(-1)!) ? views[i]! : expanded(l.contiguous(view), full)));
    flat = collapsed(full, views.map((view) => view.steps));
  }
  const { dims, steps } = flat, ahead = contiguousSteps(dims)[0]!;
  l.split(name, { reads: views, writes: [y] }, dims, (range, walk) => [
    l.table([...walk, ...steps.flat(), ...dims]),
    ...views.map((view, i) => address(view, range.from * steps[i]![0]!)),
    address(y, range.from * ahead),
  ]);
}

/** Whether the elements fill their storage without gaps, in whatever order of axes. */
function isDense({ dims, steps }: View): boolean {
  const axes = dims.map((d, i) => ({ d, step: steps[i]! })).filter(({ d }) => d !== 1).sort((a, b) => b.step - a.step);
  const straight = contiguousSteps(axes.map(({ d }) => d));
  return axes.every(({ step }, i) => step === straight[i]);
}

/** y = f(x) in the order x lies in: a transposed tensor stays a view. */
export function unaryOf(l: Lowering, name: KernelFunction, x: View): View {
  const from = isDense(x) ? x : l.contiguous(x),
    y: View = { ...l.room(x.dims), steps: from.steps },
    count = size(x.dims);
  if (count > 0) {
    l.split(
      name,
      { reads: [from], writes: [y] },
      [count],
      ({ from: at, to }) => [to - at, address(from, at), address(y, at)],
    );
  }
  return y;
}

export function binaryOf(l: Lowering, name: KernelFunction, a: View, b: View, dims: Dims): View {
  const y = l.room(dims);
  broadcastInto(l, name, [a, b], y);
  return y;
}

/** A number as an operand that broadcasts. */
export const number = (l: Lowering, value: number): View =>
  whole(l.hold(constant({ dtype: "float32", dims: [], data: Float32Array.of(value) }), "float32"), []);

const unary = (name: KernelFunction): Lower => (l, { inputs, outputs }) => {
  l.define(outputs[0]!, unaryOf(l, name, l.value(inputs[0]!)));
};

/** Operators of two or more operands, applied from the left. */
const binary = (name: KernelFunction): Lower => (l, { inputs, outputs }) => {
  const dims = l.dims(outputs[0]!), [first, ...rest] = inputs.map((input) => l.value(input));
  l.define(outputs[0]!, rest.length ? rest.reduce((a, b) => binaryOf(l, name, a, b, dims), first!) : first!);
};

/** Only for floats: on integers the operator means something else. */
const floating = (lower: Lower): Lower =>
(
  l,
  step,
) => (isFloat(l.program.types.get(step.outputs[0]!)!.dtype) ? lower(l, step) : "foreign");

/** Floats to integers cut, anything to a truth value asks for ≠ 0; the rest is the same number. */
const cast: Lower = (l, { inputs, outputs, attributes }) => {
  const from = l.program.types.get(inputs[0]!)!.dtype, to = attributes["to"];
  if (to === ELEMENT_TYPE.float16 || to === ELEMENT_TYPE.bfloat16 || to === ELEMENT_TYPE.string) return "foreign";
  const known = l.constant(inputs[0]!);
  if (known && isFloat(from) && to === ELEMENT_TYPE.float32) return l.learn(outputs[0]!, known);
  const x = l.value(inputs[0]!);
  if (to === ELEMENT_TYPE.bool && from !== "bool") l.define(outputs[0]!, unaryOf(l, "not_zero_f32", x));
  else if (isFloat(from) && to !== ELEMENT_TYPE.float32 && to !== ELEMENT_TYPE.float64) {
    l.define(outputs[0]!, unaryOf(l, "trunc_f32", x));
  } else l.define(outputs[0]!, x);
};

const where: Lower = (l, { inputs, outputs }) => {
  const y = l.room(l.dims(outputs[0]!));
  broadcastInto(l, "where_f32", inputs.map((input) => l.value(input)), y);
  l.define(outputs[0]!, y);
};

/** What is not equal to itself. */
const isNaN: Lower = (l, { inputs, outputs }) => {
  const x = l.value(inputs[0]!);
  l.define(outputs[0]!, unaryOf(l, "not_f32", binaryOf(l, "equal_f32", x, x, x.dims)));
};

const gelu: Lower = (l, step) =>
  unary(step.attributes["approximate"] === "tanh" ? "gelu_tanh_f32" : "gelu_erf_f32")(l, step);
const silu: Lower = (l, step) => ((step.attributes["alpha"] ?? 1) === 1 ? unary("silu_f32")(l, step) : "foreign");

export const elementwise: Readonly<Record<string, Lower>> = {
  Add: binary("add_f32"),
  Sub: binary("sub_f32"),
  Mul: binary("mul_f32"),
  Div: floating(binary("div_f32")),
  Pow: floating(binary("pow_f32")),
  Min: binary("min_f32"),
  Max: binary("max_f32"),
  Sum: binary("add_f32"),
  And: binary("mul_f32"),
  Or: binary("max_f32"),
  Equal: binary("equal_f32"),
  Greater: binary("greater_f32"),
  GreaterOrEqual: binary("greater_or_equal_f32"),
  Less: binary("less_f32"),
  LessOrEqual: binary("less_or_equal_f32"),
  Neg: unary("neg_f32"),
  Abs: unary("abs_f32"),
  Exp: unary("exp_f32"),
  Log: unary("log_f32"),
  Sqrt: unary("sqrt_f32"),
  Reciprocal: unary("reciprocal_f32"),
  Tanh: unary("tanh_f32"),
  Sigmoid: unary("sigmoid_f32"),
  Erf: unary("erf_f32"),
  Sin: unary("sin_f32"),
  Cos: unary("cos_f32"),
  Relu: unary("relu_f32"),
  Floor: unary("floor_f32"),
  Ceil: unary("ceil_f32"),
  Round: unary("round_f32"),
  Sign: unary("sign_f32"),
  Not: unary("not_f32"),
  Softplus: unary("softplus_f32"),
  Cast: cast,
  Where: where,
  IsNaN: isNaN,
  Gelu: gelu,
  "hyaline.Silu": silu,
};
