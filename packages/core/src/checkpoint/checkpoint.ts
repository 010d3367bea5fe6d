/**
 * A checkpoint in Hugging Face layout, read and ready: configuration, model bytes, external data, tokenizer.
 *
 * @module
 */
import type { ModelProto } from "onnx-buf";
import { configInvalid, externalMissing, fileMissing, tokenizerMissing } from "../errors.ts";
import type { Backing } from "../onnx/backing.ts";
import { decode } from "../onnx/decode.ts";
import { type ExternalData, externalFromBytes, externalLocations } from "../onnx/external.ts";
import { checkLimits, defaultLimits, type Limits } from "../onnx/limits.ts";
import { type Files, needed, sha256 } from "./files.ts";
import { candidates, chooseModel, type ModelWish } from "./model_file.ts";
import { precisionOf } from "./precision.ts";
import { Tokenizer } from "./tokenizer.ts";
import { content, type Json } from "./tokenizer_json.ts";

export interface Checkpoint {
  readonly id: string;
  /** `config.json`; empty where there is none. */
  readonly config: Json;
  /** Classes by index, where `config.json` names them. */
  readonly labels?: readonly string[];
  /** First token of an encoder-decoder's answer. */
  readonly decoderStart?: number;
  /** Path of the model file. */
  readonly path: string;
  /** Precision by what is in the file: `fp32`, `fp16`, `int8`, `uint8`, `q4`, `q4f16`, `q8`. */
  readonly dtype: string;
  /** The model file's own bytes. A `Model` takes them where there is a `backing`. */
  readonly model: Uint8Array;
  /** The model file, to be read again. */
  readonly backing?: Backing;
  /** The encoder's file, where `model` is a decoder that reads its hidden states and the encoder lies beside it. */
  readonly encoder?: Uint8Array;
  /** SHA-256 of the model file. */
  readonly sha256: string;
  /** SHA-256 of each file that was read, by path. */
  readonly digests: ReadonlyMap<string, string>;
  readonly external: ExternalData;
  /** The same data for the runtime, under the names the model gives it. */
  readonly externalData: readonly { readonly path: string; readonly data: Uint8Array }[];
  readonly hasTokenizer: boolean;
  /** The tokenizer, made when first asked for. @throws MISSING_TOKENIZER, TOKENIZER_INVALID */
  tokenizer(): Tokenizer;
}

export interface ReadOptions extends ModelWish {
  /** This file, whatever its name. */
  readonly path?: string;
  readonly limits?: Partial<Limits>;
}

/**
 * Reads a checkpoint's files. The model is decoded and bounded once here, so that nothing unchecked reaches a runtime.
 *
 * @throws FILE_MISSING, DTYPE_UNKNOWN, CONFIG_INVALID, and what `decode`, `checkLimits` and external data throw
 *
 * @example
 * ```ts
 * import { encodeGraph, filesFromBytes, type Graph, readCheckpoint } from "@hyaline/core";
 * const x = { name: "x", dtype: "float32", dims: ["n"] } as const, y = { ...x, name: "y" };
 * const relu: Graph = {
 *   inputs: [x], outputs: [y], constants: new Map(), inFile: new Set(), opsets: new Map([["", 17]]),
 *   nodes: [{ op: "Relu", domain: "", name: "r", inputs: ["x"], outputs: ["y"], attributes: {} }],
 * };
 * const checkpoint = await readCheckpoint(filesFromBytes("mine", new Map([["onnx/model.onnx", encodeGraph(relu)]])));
 * console.assert(checkpoint.dtype === "fp32" && !checkpoint.hasTokenizer);
 * ```
 */
export async function readCheckpoint(files: Files, options: ReadOptions = {}): Promise<Checkpoint> {
  const found = await modelOf(files, options);
  try {
    return await around(found, files, options);
  } catch (cause) {
    found.backing?.close();
    throw cause;
  }
}

/** A model file with all that lies beside it. */
async function around({ path, bytes, backing }: Found, files: Files, options: ReadOptions): Promise<Checkpoint> {
  const digests = new Map<string, string>();
  const seen = async (path: string, bytes: Uint8Array) => {
    digests.set(path, await sha256(bytes));
    return bytes;
  };
  const json = async (path: string): Promise<Json | undefined> => {
    const bytes = await files.read(path);
    return bytes && parsed(path, await seen(path, bytes));
  };
  const folder = path.slice(0, path.lastIndexOf("/") + 1), external = new Map<string, Uint8Array>();
  const checked = async (file: Uint8Array): Promise<ModelProto> => {
    const proto = decode(file);
    checkLimits(proto, { ...defaultLimits, ...options.limits });
    for (const location of externalLocations(tensorsOf(proto))) {
      if (external.has(location)) continue;
      const data = await files.read(folder + location, { contained: true });
      if (!data) throw externalMissing(location, "is missing");
      external.set(location, await seen(folder + location, data));
    }
    return proto;
  };
  const model = await seen(path, bytes), proto = await checked(model);
  const encoder = readsEncoder(proto) ? await encoderOf(files, path) : undefined;
  if (encoder) await checked(await seen(encoder.path, encoder.bytes));
  const config = await json("config.json") ?? {};
  const tokenizerJson = await json("tokenizer.json"),
    tokenizerConfig = tokenizerJson && await json("tokenizer_config.json");
  let tokenizer: Tokenizer | undefined;
  const labels = labelsOf(config), decoderStart = config.decoder_start_token_id;
  return {
    id: files.id,
    config,
    ...(labels ? { labels } : {}),
    ...(typeof decoderStart === "number" ? { decoderStart } : {}),
    path,
    dtype: precisionOf(proto),
    model,
    ...(backing ? { backing } : {}),
    ...(encoder ? { encoder: encoder.bytes } : {}),
    sha256: digests.get(path)!,
    digests,
    external: externalFromBytes(external),
    externalData: [...external].map(([location, data]) => ({ path: location, data })),
    hasTokenizer: tokenizerJson !== undefined,
    tokenizer() {
      if (!tokenizerJson) throw tokenizerMissing(files.id);
      return tokenizer ??= new Tokenizer(tokenizerJson, { ...limitOf(config), ...tokenizerConfig });
    },
  };
}

/** The file that is explained. */
interface Found {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly backing?: Backing | undefined;
}

async function modelOf(files: Files, { path, ...wish }: ReadOptions): Promise<Found> {
  const whole = async (path: string): Promise<Found> => {
    const backing = await files.backing?.(path);
    return { path, bytes: backing?.whole() ?? await needed(files, path), backing };
  };
  if (path) return await whole(path);
  const present = await files.list();
  if (present) return await whole(chooseModel(files.id, present, wish).path);
  for (const choice of candidates(wish)) {
    const bytes = await files.read(choice.path);
    if (bytes) return { path: choice.path, bytes };
  }
  throw fileMissing(files.id, candidates(wish)[0]!.path, undefined);
}

/** Whether a model is the second half of an encoder-decoder, as optimum exports it. */
const readsEncoder = ({ graph }: ModelProto): boolean =>
  graph?.input.some(({ name }) => name === "encoder_hidden_states") ?? false;

/** The encoder beside a decoder: of the same precision, else the full one. */
async function encoderOf(files: Files, decoder: string): Promise<{ path: string; bytes: Uint8Array } | undefined> {
  const same = decoder.replace(/decoder_(model_merged|with_past_model|model)/, "encoder_model");
  for (const path of new Set([same, `${decoder.slice(0, decoder.lastIndexOf("/") + 1)}encoder_model.onnx`])) {
    const bytes = path === decoder ? undefined : await files.read(path);
    if (bytes) return { path, bytes };
  }
  return undefined;
}

/** Every tensor of a model that may lie elsewhere. */
function* tensorsOf({ graph }: ModelProto) {
  if (!graph) return;
  yield* graph.initializer;
  for (const { attribute } of graph.node) for (const { t } of attribute) if (t) yield t;
}

function parsed(path: string, bytes: Uint8Array): Json {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw configInvalid(path, cause instanceof Error ? cause.message : String(cause));
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw configInvalid(path, "it holds no object");
  }
  return value as Json;
}

/** `id2label` as a list, where it names every class from 0 on. */
function labelsOf({ id2label }: Json): string[] | undefined {
  if (typeof id2label !== "object" || id2label === null) return undefined;
  const names = Object.entries(id2label as Json), labels = names.map((_, i) => content((id2label as Json)[String(i)]));
  return names.length > 0 && labels.every((label) => label !== undefined) ? labels as string[] : undefined;
}

/** The number of positions a model has, for tokenizers that do not say. */
function limitOf({ max_position_embeddings, n_positions }: Json): Json {
  const limit = max_position_embeddings ?? n_positions;
  return typeof limit === "number" ? { model_max_length: limit } : {};
}
