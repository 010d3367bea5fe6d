/**
 * An embedded checkpoint, opened for measuring: tokenizer and forward pass, one text at a time.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { chooseExecutor, Model, type SessionOptions, Tokenizer } from "@hyaline/core";
import { completeInputs, typed } from "../packages/core/src/host/inputs.ts";

/** One checkpoint of this directory. */
export interface Embedded {
  readonly labels: readonly string[];
  readonly tokenizer: Tokenizer;
  /** Logits of a text: [classes] of a classifier, those behind the last token of a language model. */
  logits(text: string): Promise<Float32Array>;
  release(): Promise<void>;
}

const json = async (url: URL) => JSON.parse(await readFile(url, "utf8"));

/** The model's file in the `onnx` folder of each checkpoint. */
export const modelFile = (id: string): URL =>
  new URL(`${id}/onnx/${id === "sentiment-en" ? "model_quantized" : "model"}.onnx`, import.meta.url);

/**
 * Opens a checkpoint of this directory as the command line does.
 *
 * @param id `sentiment-en`, `sentiment-lstm` or `ioi-lm`
 */
export async function openEmbedded(id: string, file: URL = modelFile(id)): Promise<Embedded> {
  const at = (name: string) => new URL(`${id}/${name}`, import.meta.url);
  const tokenizer = new Tokenizer(await json(at("tokenizer.json")), await json(at("tokenizer_config.json")));
  const { id2label = {} } = await json(at("config.json")) as { id2label?: Record<string, string> };
  const session: SessionOptions = { backend: "wasm", threads: 1 };
  const model = new Model({ model: new Uint8Array(await readFile(file)) }, { session, executor: chooseExecutor("auto", session) });
  return {
    labels: Object.values(id2label),
    tokenizer,
    async logits(text) {
      const { ids } = tokenizer.encode(text);
      const inputs = completeInputs(model.graph, new Map([["input_ids", typed("int64", [1, ids.length], [...ids])]]));
      const { data, dims } = (await model.forward(inputs, ["logits"])).get("logits")!;
      return (data as Float32Array).slice(-dims.at(-1)!);
    },
    release: () => model.release(),
  };
}
