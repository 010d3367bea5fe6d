/**
 * A checkpoint made into a subject: its model at work, its words, the names of its answers.
 *
 * @module
 */
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { Tokenizer } from "../checkpoint/tokenizer.ts";
import { Model, type ModelOptions } from "./model.ts";
import type { Subject, Words } from "./subject.ts";

/**
 * The subject of a checkpoint. No forward pass runs yet.
 *
 * @throws TOKENIZER_INVALID and what decoding the model throws
 */
export function subjectOf(checkpoint: Checkpoint, options: ModelOptions): Subject {
  const { id, sha256, dtype, labels, decoderStart, config } = checkpoint;
  const model = new Model(checkpoint, options);
  const answers = model.graph.outputs.find(({ name }) => name === model.target)?.dims.at(-1);
  // A language model's config may carry default labels that name nothing it answers.
  const named = labels && answers !== config["vocab_size"] &&
    (typeof answers !== "number" || answers === labels.length);
  return {
    id,
    sha256,
    dtype,
    model,
    ...(typeof config["model_type"] === "string" ? { modelType: config["model_type"] } : {}),
    ...(named ? { labels } : {}),
    ...(checkpoint.hasTokenizer ? { words: wordsOf(checkpoint.tokenizer()) } : {}),
    ...(decoderStart === undefined ? {} : { decoderStart }),
  };
}

/** A tokenizer in the form the host asks for. */
export function wordsOf(tokenizer: Tokenizer): Words {
  const { mask, pad } = tokenizer;
  return {
    encode(text, { truncate }) {
      const { tokens, cut } = tokenizer.encode(text, { truncate });
      return {
        tokens: tokens.map(({ text, id, start, end, special }) => ({ text, id, start, end, special })),
        ...(cut ? { cut: cut.tokens } : {}),
      };
    },
    plain: (text) => [...tokenizer.encode(text, { specialTokens: false }).ids],
    text: (id) => tokenizer.decode([id]) || (tokenizer.piece(id) ?? `#${id}`),
    isSpecial: (id) => tokenizer.isSpecial(id),
    stand: { ...(mask === undefined ? {} : { mask }), ...(pad === undefined ? {} : { pad }) },
  };
}
