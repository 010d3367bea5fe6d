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

/** Past states of a decoder: keys and values of the words before the ids, which are no tokens of this run. */
const CACHE = /^past_key_values|^past_|^cache_/;
/** The axis of a cache that runs along its positions: the first named one behind the batch. */
const alongCache = ({ dims }: Port): number => dims.findIndex((d, i) => i > 0 && typeof d !== "number");

/** How many positions lie in the past states that are given. Those of crossing attentions are the encoder's. */
function pastLength(ports: readonly Port[], given: Inputs): number {
  return Math.max(
    0,
    ...ports.filter(({ name }) => CACHE.test(name) && !name.includes(".encoder.")).map((port) =>
      given.get(port.name)?.dims[alongCache(port)] ?? 0
    ),
  );
}

/**
 * Fills what is left out, by the customary names of the inputs: a mask of ones, types of zero, positions behind the past, an empty cache.
 *
 * @param given at least the ids (or pixels); wins over every default
 * @throws WRONG_INPUT for a name the file does not have or past states that nothing reads, MISSING_INPUT for one that has no customary value
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
  const unread = ports.find(({ name }) =>
    CACHE.test(name) && size(given.get(name)?.dims ?? [0]) > 0 &&
    !graph.nodes.some(({ inputs }) => inputs.includes(name))
  );
  if (unread) {
    throw failure({
      code: "WRONG_INPUT",
      message:
        `The past states in "${unread.name}" would not be read: of a merged decoder the branch without them runs`,
      hint: "Leave the past states out and give all ids, or name a file that reads them (decoder_with_past_model.onnx)",
    });
  }
  const shapeOf = (name: string): readonly number[] => given.get(name)?.dims ?? [1, 1],
    past = pastLength(ports, given),
    decodes = names.includes("decoder_input_ids");
  const complete = new Map<string, Tensor>();
  for (const port of ports) {
    const value = given.get(port.name) ??
      customary(port, {
        ids: shapeOf("input_ids"),
        decoderIds: given.get("decoder_input_ids")?.dims ?? [1, 1],
        decoderStart,
        past,
        before: decodes ? 0 : past,
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
  /** Positions in the past states. */
  readonly past: number;
  /** Those before `input_ids`: none where these are an encoder's. */
  readonly before: number;
}

function customary(port: Port, { ids, decoderIds, decoderStart, past, before }: Around): Tensor | undefined {
  const { name, dtype, dims } = port, [batch = 1, length = 1] = ids;
  if (/^decoder_attention_mask$/.test(name)) return filled(dtype, [decoderIds[0] ?? 1, past + (decoderIds[1] ?? 1)], 1);
  if (name === "attention_mask") return filled(dtype, [batch, before + length], 1);
  if (/attention_mask$/.test(name)) return filled(dtype, [batch, length], 1);
  if (name === "token_type_ids") return filled(dtype, [batch, length], 0);
  if (name === "position_ids") {
    return typed(
      dtype,
      [batch, length],
      Array.from({ length: batch * length }, (_, i) => before + i % length),
    );
  }
  if (name === "decoder_input_ids") {
    return decoderStart === undefined ? undefined : filled(dtype, [batch, 1], decoderStart);
  }
  if (CACHE.test(name) && dims.length >= 2) {
    if (past > 0) return undefined; // states of some layers alone say nothing of the others'
    // Named sizes of a cache are its length (0) but for the batch, which comes first.
    return filled(dtype, dims.map((d, i) => (typeof d === "number" ? d : i === 0 ? batch : 0)), 0);
  }
  if (name === "use_cache_branch") return filled(dtype, dims.map(() => 1), 0);
  if (name === "num_logits_to_keep" || name === "logits_to_keep") return filled(dtype, dims.map(() => 1), 0);
  return undefined;
}
