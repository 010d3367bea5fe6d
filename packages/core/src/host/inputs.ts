/**
 * From what a person gives (a text, ids, named tensors) to every input the file asks for.
 *
 * @module
 */
import { failure } from "../errors.ts";
import type { Graph, Port } from "../graph/graph.ts";
import { type DType, numbers, numberToHalf, size, type Tensor } from "../graph/tensor.ts";

/** Model inputs by name. */
export type Inputs = ReadonlyMap<string, Tensor>;

/** What is read from `config.json` to fill inputs nobody gave. */
export interface InputDefaults {
  readonly decoderStart?: number | undefined;
}

const INTEGER = new Set<DType>(["int64", "int32"]);

/** A tensor of one number, repeated. */
export function filled(dtype: DType, dims: readonly number[], value: number): Tensor {
  return typed(dtype, dims, new Array<number>(size(dims)).fill(value));
}

/** Plain numbers as a tensor of a data type. @throws WRONG_INPUT for a type a model input cannot have */
export function typed(dtype: DType, dims: readonly number[], values: readonly number[]): Tensor {
  switch (dtype) {
    case "int64":
      return { dtype, dims, data: BigInt64Array.from(values, (v) => BigInt(Math.trunc(v))) };
    case "int32":
      return { dtype, dims, data: Int32Array.from(values) };
    case "float32":
      return { dtype, dims, data: Float32Array.from(values) };
    case "float16":
      return { dtype, dims, data: Uint16Array.from(values, numberToHalf) };
    case "float64":
      return { dtype, dims, data: Float64Array.from(values) };
    case "bool":
    case "uint8":
      return { dtype, dims, data: Uint8Array.from(values) };
    case "int8":
      return { dtype, dims, data: Int8Array.from(values) };
    default:
      throw failure({
        code: "WRONG_INPUT",
        message: `An input cannot have the type "${dtype}"`,
        hint: "Use int64, float32, float16 or bool",
      });
  }
}

/** Flat numbers of a tensor, for JSON. */
export const plain = (tensor: Tensor): { dtype: string; dims: number[]; data: number[] } => ({
  dtype: tensor.dtype,
  dims: [...tensor.dims],
  data: numbers(tensor),
});

/** Inputs that stand for a choice or a count rather than for data: their value decides shapes, so it is fixed when a program is compiled. */
export const isSetting = ({ dims, dtype }: Port): boolean =>
  size(dims.map((d) => (typeof d === "number" ? d : 2))) === 1 && dims.length < 2 &&
  (dtype === "bool" || INTEGER.has(dtype));

/**
 * Fills what is left out, by the customary names of the inputs: a mask of ones, types of zero, positions from 0, an empty cache.
 *
 * @param given at least the ids (or pixels); wins over every default
 * @throws WRONG_INPUT for a name the file does not have, MISSING_INPUT for one that has no customary value
 */
export function completeInputs(graph: Graph, given: Inputs, { decoderStart }: InputDefaults = {}): Map<string, Tensor> {
  const ports = graph.inputs.filter(({ name }) => !graph.constants.has(name)), names = ports.map(({ name }) => name);
  for (const name of given.keys()) {
    // A merged decoder's choice of branch is made when the file is opened: it is no input any more.
    if (name === "use_cache_branch" && !names.includes(name)) continue;
    if (!names.includes(name)) {
      throw failure({
        code: "WRONG_INPUT",
        message: `The model has no input "${name}"`,
        hint: `Its inputs are ${names.map((n) => `"${n}"`).join(", ")}`,
      });
    }
  }
  const shapeOf = (name: string): readonly number[] => given.get(name)?.dims ?? [1, 1];
  const complete = new Map<string, Tensor>();
  for (const port of ports) {
    const value = given.get(port.name) ??
      customary(port, {
        ids: shapeOf("input_ids"),
        decoderIds: given.get("decoder_input_ids")?.dims ?? [1, 1],
        decoderStart,
      });
    if (!value) {
      throw failure({
        code: "MISSING_INPUT",
        message: `The model needs the input "${port.name}" (${port.dtype} [${port.dims}])`,
        hint: "Give it with --inputs inputs.json",
      });
    }
    complete.set(port.name, value.dtype === port.dtype ? value : typed(port.dtype, value.dims, numbers(value)));
  }
  return complete;
}

interface Around {
  readonly ids: readonly number[];
  readonly decoderIds: readonly number[];
  readonly decoderStart: number | undefined;
}

function customary(port: Port, { ids, decoderIds, decoderStart }: Around): Tensor | undefined {
  const { name, dtype, dims } = port, [batch = 1, length = 1] = ids;
  if (/^decoder_attention_mask$/.test(name)) return filled(dtype, decoderIds, 1);
  if (/attention_mask$/.test(name)) return filled(dtype, [batch, length], 1);
  if (name === "token_type_ids") return filled(dtype, [batch, length], 0);
  if (name === "position_ids") {
    return typed(
      dtype,
      [batch, length],
      Array.from({ length: batch * length }, (_, i) => i % length),
    );
  }
  if (name === "decoder_input_ids") {
    return decoderStart === undefined ? undefined : filled(dtype, [batch, 1], decoderStart);
  }
  if (/^past_key_values|^past_|^cache_/.test(name) && dims.length >= 2) {
    // Named sizes of a cache are its length (0) but for the batch, which comes first.
    return filled(dtype, dims.map((d, i) => (typeof d === "number" ? d : i === 0 ? batch : 0)), 0);
  }
  if (name === "use_cache_branch") return filled(dtype, dims.map(() => 1), 0);
  if (name === "num_logits_to_keep" || name === "logits_to_keep") return filled(dtype, dims.map(() => 1), 0);
  return undefined;
}
