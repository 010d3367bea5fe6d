/**
 * Elementwise operators: the output is the broadcast of the inputs, element by element.
 *
 * @module
 */
import type { DType, TensorType } from "../tensor.ts";
import { broadcast, each, spread } from "./layout.ts";
import type { ShapeRule, Site } from "./site.ts";

type Function = (...x: number[]) => number;

/** Output types of a broadcasting operator; `dtype` is that of the first input unless given. */
const pointwiseType = (site: Site, inputs: readonly number[], dtype: DType = site.dtype(inputs[0]!)): TensorType[] => [
  { dtype, dims: broadcast(site, ...inputs.map((i) => site.dims(i))) },
];
const evaluate = (site: Site, inputs: readonly number[], dims: readonly number[], f: Function): number[][] => {
  const at = inputs.map((i) => spread(site.read(i), site.dims(i), dims.length)), [a, b] = at;
  // Most have one or two, and no list for every element.
  return [
    each(
      dims,
      at.length === 1 ? (i) => f(a!(i)) : at.length === 2 ? (i) => f(a!(i), b!(i)) : (i) => f(...at.map((x) => x(i))),
    ),
  ];
};
const given = (site: Site): number[] => site.node.inputs.flatMap((name, i) => (name ? [i] : []));

const unary = (op: string, f?: Function): ShapeRule => ({
  op,
  types: (s) => [s.type(0)],
  ...(f && { values: (s, [y]) => evaluate(s, [0], y!.dims, f) }),
});
const binary = (op: string, f?: (site: Site) => Function): ShapeRule => ({
  op,
  types: (s) => pointwiseType(s, [0, 1]),
  ...(f && { values: (s, [y]) => evaluate(s, [0, 1], y!.dims, f(s)) }),
});
const predicate = (op: string, arity: 1 | 2, f: Function): ShapeRule => {
  const inputs = arity === 1 ? [0] : [0, 1];
  return {
    op,
    types: (s) => pointwiseType(s, inputs, "bool"),
    values: (s, [y]) => evaluate(s, inputs, y!.dims, (...x) => Number(f(...x))),
  };
};
const variadic = (op: string, f: Function): ShapeRule => ({
  op,
  types: (s) => pointwiseType(s, given(s)),
  values: (s, [y]) => evaluate(s, given(s), y!.dims, f),
});

/** round(½) goes to the even neighbour. */
export const halfToEven = (x: number): number => {
  const low = Math.floor(x), tail = x - low;
  return tail < 0.5 ? low : tail > 0.5 ? low + 1 : low % 2 === 0 ? low : low + 1;
};
const sigmoid: Function = (x) => 1 / (1 + Math.exp(-x!));
/** Numpy's remainder has the sign of the divisor, C's (`fmod = 1`) that of the dividend. */
const modulo = (s: Site): Function => s.number("fmod", 0) ? (a, b) => a! % b! : (a, b) => a! - b! * Math.floor(a! / b!);
/** Numbers as `Cast` leaves them in the new type; storage rounds floats. */
const castTo = (dtype: DType): Function => (x) =>
  dtype === "bool" ? Number(x !== 0) : /int/.test(dtype) ? Math.trunc(x!) : x!;

/** Limits of Clip: inputs since opset 11, attributes before. */
const limits = (s: Site): [number, number] =>
  s.opset >= 11
    ? [s.scalar(1, -Infinity), s.scalar(2, Infinity)]
    : [s.number("min", -Infinity), s.number("max", Infinity)];

const ELEMENT_TYPES: Readonly<Record<number, DType>> = {
  1: "float32",
  2: "uint8",
  3: "int8",
  4: "uint16",
  5: "int16",
  6: "int32",
  7: "int64",
  8: "string",
  9: "bool",
  10: "float16",
  11: "float64",
  12: "uint32",
  13: "uint64",
  16: "bfloat16",
  21: "uint4",
  22: "int4",
};
/** The data type an attribute names by its number in `TensorProto.DataType`. */
export function elementType(site: Site, attribute: string, fallback?: DType): DType {
  const code = site.attribute(attribute) as number | undefined;
  const dtype = code === undefined || code === 0 ? fallback : ELEMENT_TYPES[code];
  if (!dtype) throw site.malformed(`attribute "${attribute}" names no supported type`);
  return dtype;
}

/** Operators of the standard domain that act on each element alone. */
export const elementwise: readonly ShapeRule[] = [
  unary("Identity", (x) => x!),
  unary("Abs", Math.abs),
  unary("Neg", (x) => -x!),
  unary("Sign", Math.sign),
  unary("Ceil", Math.ceil),
  unary("Floor", Math.floor),
  unary("Round", (x) => halfToEven(x!)),
  unary("Sqrt", Math.sqrt),
  unary("Exp", Math.exp),
  unary("Log", Math.log),
  unary("Reciprocal", (x) => 1 / x!),
  unary("Relu", (x) => Math.max(0, x!)),
  unary("Sigmoid", sigmoid),
  unary("Tanh", Math.tanh),
  unary("Sin", Math.sin),
  unary("Cos", Math.cos),
  ...[
    "Tan",
    "Asin",
    "Acos",
    "Atan",
    "Sinh",
    "Cosh",
    "Asinh",
    "Acosh",
    "Atanh",
    "Erf",
    "Gelu",
    "Elu",
    "Celu",
    "Selu",
    "LeakyRelu",
    "ThresholdedRelu",
  ]
    .map((op) => unary(op)),
  ...["HardSigmoid", "HardSwish", "Swish", "Mish", "Softplus", "Softsign", "Shrink", "BitwiseNot"].map((op) =>
    unary(op)
  ),
  unary("hyaline.Silu"),
  predicate("Not", 1, (x) => Number(x === 0)),
  predicate("IsNaN", 1, (x) => Number(Number.isNaN(x))),
  predicate("IsInf", 1, (x) => Number(Math.abs(x!) === Infinity)),
  binary("Add", () => (a, b) => a! + b!),
  binary("Sub", () => (a, b) => a! - b!),
  binary("Mul", () => (a, b) => a! * b!),
  binary("Div", (s) => s.isFloat(0) ? (a, b) => a! / b! : (a, b) => Math.trunc(a! / b!)),
  binary("Mod", modulo),
  binary("Pow", () => Math.pow),
  ...["PRelu", "BitShift", "BitwiseAnd", "BitwiseOr", "BitwiseXor"].map((op) => binary(op)),
  predicate("Equal", 2, (a, b) => Number(a === b)),
  predicate("Less", 2, (a, b) => Number(a! < b!)),
  predicate("LessOrEqual", 2, (a, b) => Number(a! <= b!)),
  predicate("Greater", 2, (a, b) => Number(a! > b!)),
  predicate("GreaterOrEqual", 2, (a, b) => Number(a! >= b!)),
  predicate("And", 2, (a, b) => a! & b!),
  predicate("Or", 2, (a, b) => a! | b!),
  predicate("Xor", 2, (a, b) => a! ^ b!),
  variadic("Max", Math.max),
  variadic("Min", Math.min),
  variadic("Sum", (...x) => x.reduce((a, b) => a + b, 0)),
  variadic("Mean", (...x) => x.reduce((a, b) => a + b, 0) / x.length),
  {
    op: "Where",
    types: (s) => pointwiseType(s, [0, 1, 2], s.dtype(1)),
    values: (s, [y]) => evaluate(s, [0, 1, 2], y!.dims, (c, a, b) => (c ? a! : b!)),
  },
  {
    op: "Clip",
    types: (s) => [s.type(0)],
    values: (s, [y]) => {
      const [low, high] = limits(s);
      return evaluate(s, [0], y!.dims, (x) => Math.min(Math.max(x!, low), high));
    },
  },
  {
    op: "Cast",
    types: (s) => [{ dtype: elementType(s, "to"), dims: s.dims(0) }],
    values: (s, [y]) => [s.read(0).map((x) => castTo(y!.dtype)(x))],
  },
  {
    op: "CastLike",
    types: (s) => [{ dtype: s.dtype(1), dims: s.dims(0) }],
    values: (s, [y]) => [s.read(0).map((x) => castTo(y!.dtype)(x))],
  },
  {
    op: "Dropout",
    types: (s) => [s.type(0), { dtype: "bool", dims: s.dims(0) }],
    values: (s) => [s.read(0), s.read(0).map(() => 1)],
  },
];
