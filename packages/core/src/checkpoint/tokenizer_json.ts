/**
 * `tokenizer.json` as the library should read it.
 *
 * The JavaScript library leaves out a few things the Rust one does; where the file can say the same in words the library
 * follows, it is made to.
 *
 * @module
 */
import { tokenizerInvalid } from "../errors.ts";

/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>;

export interface Faithful {
  readonly json: Json;
  readonly config: Json;
  /** Steps that `tokenizer_config.json` asks for before the normaliser (XLM, ALBERT). */
  readonly before: readonly ((text: string) => string)[];
  /** Leave the space out of a byte-level token's range. */
  readonly trimOffsets: boolean;
  readonly continuingPrefix: string | undefined;
  readonly maxTokens: number | undefined;
}

const isJson = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);

/** Reads both files. @throws TOKENIZER_INVALID */
export function faithful(json: Json, config: Json): Faithful {
  if (!isJson(json) || !isJson(json.model)) throw tokenizerInvalid("tokenizer.json holds no model");
  const model = json.model as Json & { unk_token?: string };
  const added = Array.isArray(json.added_tokens) ? json.added_tokens : [];
  const before: ((text: string) => string)[] = [];
  if (config.remove_space === true) before.push((text) => text.trim().split(/\s+/).join(" "));
  if (config.do_lowercase_and_remove_accent === true) before.push((text) => text.toLowerCase().replace(/\p{M}/gu, ""));
  const max = config.model_max_length;
  return {
    json: {
      decoder: null,
      post_processor: null,
      ...json,
      added_tokens: added,
      normalizer: normalizer(json.normalizer),
      pre_tokenizer: preTokenizer(json.pre_tokenizer),
    },
    // A WordLevel model's unknown token is looked for in the wrong file.
    config: { ...config, unk_token: content(config.unk_token) ?? model.unk_token },
    before,
    trimOffsets: trims(json.post_processor),
    continuingPrefix: model.type === "WordPiece" || model.type === undefined
      ? model.continuing_subword_prefix as string | undefined
      : undefined,
    // 10³⁰ is Python's way to say that there is no limit.
    maxTokens: typeof max === "number" && max > 0 && max < 1e9 ? max : undefined,
  };
}

/** A token's text: some configurations hold an object. */
export const content = (token: unknown): string | undefined =>
  typeof token === "string" ? token : isJson(token) && typeof token.content === "string" ? token.content : undefined;

/** What Unicode (UTS 18) calls a word character; the library's `\w` is that of ASCII or lacks the joiners. */
const word = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u200C\\u200D";
/** Han outside the basic plane, which the library's BertNormalizer does not see. `$&` is JavaScript's "what was found". */
const rareHan = {
  type: "Replace",
  pattern: { Regex: "[\\x{20000}-\\x{2A6DF}\\x{2A700}-\\x{2CEAF}\\x{2F800}-\\x{2FA1F}]" },
  content: " $& ",
};

/** BERT sets each Han character apart, then takes accents off, then lowers the case letter by letter (see `steps`). */
function normalizer(step: unknown): unknown {
  if (!isJson(step)) return null;
  if (step.type === "Sequence") return { ...step, normalizers: (step.normalizers as unknown[] ?? []).map(normalizer) };
  if (step.type !== "BertNormalizer") return step;
  const { lowercase = true, strip_accents = null, handle_chinese_chars = true } = step;
  const plain = {
    clean_text: true,
    ...step,
    handle_chinese_chars,
    lowercase: false,
    strip_accents: strip_accents ?? lowercase,
  };
  return {
    type: "Sequence",
    normalizers: [plain, ...(handle_chinese_chars ? [rareHan] : []), ...(lowercase ? [{ type: "Lowercase" }] : [])],
  };
}

/** `Whitespace` means Unicode's letters, and an old `Metaspace` may say that no space goes first. */
function preTokenizer(step: unknown): unknown {
  if (!isJson(step)) return null;
  switch (step.type) {
    case "Sequence":
      return { ...step, pretokenizers: (step.pretokenizers as unknown[] ?? []).map(preTokenizer) };
    case "Whitespace":
      return { type: "Split", pattern: { Regex: `[${word}]+|[^${word}\\s]+` }, behavior: "Removed", invert: true };
    case "Metaspace":
      return step.prepend_scheme === undefined && step.add_prefix_space === false
        ? { ...step, prepend_scheme: "never" }
        : step;
    default:
      return step;
  }
}

/** Whether the post-processor trims offsets, as byte-level models may ask for. */
function trims(step: unknown): boolean {
  if (!isJson(step)) return false;
  if (step.type === "Sequence") return (step.processors as unknown[] ?? []).some(trims);
  return (step.type === "ByteLevel" || step.type === "RobertaProcessing") && step.trim_offsets !== false;
}
