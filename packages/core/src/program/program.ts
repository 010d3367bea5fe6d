/**
 * The relevance program: what the compiler emits and an executor runs.
 *
 * A program is a straight list of nodes over named tensors of known type. Its operators are a small subset of ONNX
 * ({@link PRIMITIVES}); where one is meant differently the table says so. Recomputed parts of the forward pass may use any
 * other ONNX operator: an executor that lacks one hands that node to ONNX Runtime.
 *
 * @module
 */
import type { Attribute, Constant } from "../graph/graph.ts";
import type { TensorType } from "../graph/tensor.ts";

/** One step. `origin` is the forward node it explains: any graph viewer then shows the pairing. */
export interface Step {
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly origin: string;
}

/** Where a part of the explained value went that no token received; `tensor` is a scalar output of the program. */
export interface LedgerLine {
  readonly kind: "bias" | "constant" | "softmax" | "epsilon" | "quantisation" | "nonlinear";
  readonly node: string;
  readonly tensor: string;
}

export interface Program {
  /** Forward tensors it reads, under their names in the file. */
  readonly taps: readonly string[];
  /** Name of the input that holds the cotangent of the target: `[seeds, …dims of the target]`, or the target's dims where `seeds` is 1. Not read where {@link takesSeed} is false. */
  readonly seed: string;
  /** How many cotangents are carried at once; above 1 every cotangent has a leading axis of this size. */
  readonly seeds: number;
  readonly constants: ReadonlyMap<string, Constant>;
  /** Type of every tensor named anywhere in the program, physical (with the leading axis of seeds). */
  readonly types: ReadonlyMap<string, TensorType>;
  readonly steps: readonly Step[];
  /** Forward tensor → the program's tensor that holds its cotangent (same shape, behind the axis of seeds). */
  readonly cotangents: ReadonlyMap<string, string>;
  /** Forward tensor → the program's tensor that holds its value, for values the file does not give as they are. */
  readonly values: ReadonlyMap<string, string>;
  readonly ledger: readonly LedgerLine[];
}

/** What a program returns: every tensor an executor must hand back. */
export const outputsOf = (program: Program): string[] => [
  ...new Set([
    ...program.cotangents.values(),
    ...program.values.values(),
    ...program.ledger.map((line) => line.tensor),
  ]),
];

/** Whether a program carries a message back, or only recomputes values. */
export const takesSeed = (program: Program): boolean => program.types.has(program.seed);

/**
 * The primitive set. All are ONNX operators of opset 21 with ONNX's meaning and ONNX's inputs, but
 *  - `MatMul` takes the attributes `transA` and `transB` (0 or 1: swap the last two axes first) and `alpha` (a factor, default 1);
 *  - `Gelu` takes `approximate` ("none" or "tanh") as in opset 20;
 *  - `AttentionContext` and `AttentionCotangent` are no ONNX operators: see `Builder`, and `spelledOut` for the same in the others.
 *
 * Axes, shapes and the like are inputs, as in ONNX, and always constants of the program: shapes are concrete.
 */
export const PRIMITIVES = [
  "Add",
  "Sub",
  "Mul",
  "Div",
  "Neg",
  "Exp",
  "Log",
  "Sqrt",
  "Erf",
  "Tanh",
  "Sigmoid",
  "Relu",
  "Abs",
  "Sign",
  "Pow",
  "Max",
  "Min",
  "Gelu",
  "Where",
  "Less",
  "Greater",
  "Equal",
  "Not",
  "And",
  "Or",
  "Cast",
  "MatMul",
  "AttentionContext",
  "AttentionCotangent",
  "Softmax",
  "ReduceSum",
  "ReduceMean",
  "ReduceMax",
  "Reshape",
  "Transpose",
  "Expand",
  "Concat",
  "Slice",
  "Split",
  "Pad",
  "Gather",
  "ScatterND",
  "DequantizeLinear",
  "Conv",
  "ConvTranspose",
] as const;
