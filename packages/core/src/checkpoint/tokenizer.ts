/**
 * Text → tokens with positions.
 *
 * The steps (normaliser, pre-tokeniser, model, template) are those of `@huggingface/tokenizers`, the library inside
 * transformers.js; what it lacks, where each token lies in the text, is kept here along the way.
 *
 * Positions are JavaScript string indices (UTF-16 code units): `text.slice(start, end)` is what a token stands for.
 * Python's `tokenizers` counts code points instead; the two differ behind each character outside the basic plane.
 *
 * @module
 */
import { type AddedToken, Tokenizer as Library } from "@huggingface/tokenizers";
import { HyalineError, textTooLong, tokenizerInvalid } from "../errors.ts";
import { AddedTokenSplitter } from "./added_tokens.ts";
import { type Aligned, original, pastMarks, rewritten, span } from "./alignment.ts";
import { cut } from "./pieces.ts";
import { locate } from "./subwords.ts";
import { content, faithful, type Json } from "./tokenizer_json.ts";

/** One token of a text. */
export interface TextToken {
  readonly id: number;
  /** What a reader sees: the part of the text it stands for, or the vocabulary's entry where that is nothing. */
  readonly text: string;
  /** The vocabulary's entry: `##ing`, `Ġworld`, `▁the`, `[CLS]`. */
  readonly piece: string;
  /** Position in the text, UTF-16. A token the template adds is empty, at the start or the end. */
  readonly start: number;
  readonly end: number;
  /** Added by the template, or a special token written in the text. */
  readonly special: boolean;
}

export interface Encoded {
  readonly ids: readonly number[];
  readonly tokens: readonly TextToken[];
  /** What `truncate` cut off the end. */
  readonly cut?: { readonly tokens: number; readonly characters: number };
}

export interface EncodeOptions {
  /** Add what the template adds (`[CLS]`, `</s>`). True unless said. */
  readonly specialTokens?: boolean;
  /** Most tokens, special ones included; the model's own limit holds too. */
  readonly maxTokens?: number;
  /** Cut a text that is too long instead of refusing it. */
  readonly truncate?: boolean;
}

/** A tokenizer made from the two files of a checkpoint, at hand as objects. Works offline, and in browsers. */
export class Tokenizer {
  readonly #library: Library;
  readonly #raw: AddedTokenSplitter;
  readonly #normalised: AddedTokenSplitter;
  readonly #normalise: readonly ((text: string) => string)[];
  readonly #config: Json;
  readonly #special: ReadonlySet<number>;
  readonly #trim: boolean;
  readonly #prefix: string | undefined;
  /** Most tokens the model takes, special ones included; `undefined` where the files do not say. */
  readonly maxTokens: number | undefined;

  /**
   * @param json `tokenizer.json`
   * @param config `tokenizer_config.json`
   * @throws TOKENIZER_INVALID
   *
   * @example
   * ```ts
   * import { Tokenizer } from "@hyaline/core";
   * const model = { type: "WordLevel", unk_token: "?", vocab: { "?": 0, good: 1, film: 2 } };
   * const tokenizer = new Tokenizer({ model, pre_tokenizer: { type: "WhitespaceSplit" }, added_tokens: [] });
   * const { tokens } = tokenizer.encode("good  film");
   * console.assert(tokens[1]?.start === 6 && tokens[1].end === 10 && tokens[1].id === 2);
   * ```
   */
  constructor(json: Json, config: Json = {}) {
    const files = sound(() => faithful(json, config));
    this.#config = config;
    this.#library = sound(() => new Library(files.json, files.config));
    const added = [...this.#library.get_added_tokens_decoder().values()];
    const normaliser = this.#library.normalizer;
    const isNormalised = (token: AddedToken) => token.normalized && normaliser !== null;
    const splitter = (tokens: AddedToken[], content: (token: AddedToken) => string) =>
      sound(() => new AddedTokenSplitter(new Map(tokens.map((token) => [content(token), token]))));
    this.#raw = splitter(added.filter((token) => !isNormalised(token)), ({ content }) => content);
    this.#normalised = splitter(added.filter(isNormalised), ({ content }) => normaliser!(content));
    this.#special = new Set(added.filter(({ special }) => special).map(({ id }) => id));
    this.#normalise = [...files.before, ...steps(normaliser)];
    this.#trim = files.trimOffsets;
    this.#prefix = files.continuingPrefix;
    this.maxTokens = files.maxTokens;
  }

  /** Id of the token that hides a word, where the vocabulary has one. */
  get mask(): number | undefined {
    return this.#named("mask_token");
  }

  /** Id of the token that fills a batch, where the vocabulary has one. */
  get pad(): number | undefined {
    return this.#named("pad_token");
  }

  #named(role: string): number | undefined {
    const piece = content(this.#config[role]);
    return piece === undefined ? undefined : this.#library.token_to_id(piece);
  }

  /** Whether an id is a special token: no part of a text. */
  isSpecial(id: number): boolean {
    return this.#special.has(id);
  }

  /** Vocabulary entry of an id. */
  piece(id: number): string | undefined {
    return this.#library.id_to_token(id);
  }

  /** Id of a vocabulary entry. */
  id(piece: string): number | undefined {
    return this.#library.token_to_id(piece);
  }

  /** Ids back to text, special tokens left out. */
  decode(ids: readonly number[]): string {
    return ids.length ? this.#library.decode([...ids], { skip_special_tokens: true }) : "";
  }

  /**
   * Encodes a text.
   *
   * @throws TEXT_TOO_LONG unless `truncate`; TOKENIZER_INVALID where the files turn out not to fit together, or have no
   * id for a character
   */
  encode(text: string, options: EncodeOptions = {}): Encoded {
    const body = sound(() => this.#body(text));
    const [before, after] = options.specialTokens === false ? [[], []] : sound(() => this.#template(text));
    const limit = Math.min(this.maxTokens ?? Infinity, options.maxTokens ?? Infinity),
      room = Math.max(0, limit - before.length - after.length);
    if (body.length <= room) return encoded([...before, ...body, ...after]);
    if (!options.truncate) throw textTooLong(body.length + before.length + after.length, limit);
    const kept = body.slice(0, room), end = kept.at(-1)?.end ?? 0;
    return {
      ...encoded([...before, ...kept, ...after]),
      cut: { tokens: body.length - room, characters: text.length - end },
    };
  }

  #body(text: string): TextToken[] {
    const sections = this.#raw.split(original(text));
    const tokens = sections.flatMap(({ text: raw, token }) => {
      if (token) return [this.#added(text, token, raw)];
      const normal = this.#normalise.reduce(rewritten, raw);
      return this.#normalised.split(normal).flatMap((section) =>
        section.token ? [this.#added(text, section.token, section.text)] : this.#pieces(section.text)
      );
    });
    // An accent that was removed, or joined into its letter, belongs to the letter.
    return tokens.map((token, i) =>
      this.#settled(
        text,
        token,
        Math.max(token.end, Math.min(pastMarks(text, token.end), tokens[i + 1]?.start ?? text.length)),
      )
    );
  }

  #pieces(section: Aligned): TextToken[] {
    const model = this.#library.model!;
    return cut(section, this.#library.pre_tokenizer, span(section)[0] === 0).flatMap((piece) => {
      if (piece.text === "") return [];
      const subwords = model([piece.text]), unknown = model.unk_token;
      const ranges = locate(piece.text, subwords, { prefix: this.#prefix, suffix: model.end_of_word_suffix, unknown });
      return subwords.map((subword, i) => {
        const id = model.tokens_to_ids.get(subword) ?? model.unk_token_id;
        if (id === undefined) throw tokenizerInvalid(`it has no token for "${subword}" and none for the unknown`);
        const [start, end] = span(piece, ...ranges[i]!);
        return { id, piece: this.#library.id_to_token(id) ?? subword, text: "", start, end, special: false };
      });
    });
  }

  #added(text: string, { id, content, special }: AddedToken, where: Aligned): TextToken {
    const [start, end] = span(where);
    return { id, piece: content, text: text.slice(start, end), start, end, special };
  }

  /** Gives a token its last position and its text. Byte-level models may ask that a space stays outside. */
  #settled(text: string, token: TextToken, last: number): TextToken {
    let { start } = token, end = token.end > start ? last : token.end;
    if (this.#trim) {
      while (start < end && text[start] === " ") start++;
      while (end > start && text[end - 1] === " ") end--;
    }
    return { ...token, start, end, text: text.slice(start, end) || token.piece };
  }

  /** What the template puts before and behind a text. */
  #template(text: string): [TextToken[], TextToken[]] {
    const processor = this.#library.post_processor;
    if (!processor) return [[], []];
    const mark = "\0", all = processor([mark], null, true).tokens, at = all.indexOf(mark);
    const tokens = (pieces: readonly string[], position: number) =>
      pieces.map((piece) => ({
        id: this.#library.token_to_id(piece) ?? this.#library.model!.unk_token_id ?? 0,
        piece,
        text: piece,
        start: position,
        end: position,
        special: true,
      }));
    return [tokens(all.slice(0, at), 0), tokens(all.slice(at + 1), text.length)];
  }
}

/** What the library makes of files that contradict themselves comes to light as any kind of error. */
function sound<T>(action: () => T): T {
  try {
    return action();
  } catch (cause) {
    if (cause instanceof HyalineError) throw cause;
    throw tokenizerInvalid(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function encoded(tokens: readonly TextToken[]): Encoded {
  const wrong = tokens.find(({ id }) => !Number.isInteger(id) || id < 0);
  if (wrong) throw tokenizerInvalid(`the id of "${wrong.piece}" is ${wrong.id}`);
  return { ids: tokens.map(({ id }) => id), tokens };
}

/** A normaliser's single steps: each is aligned by itself. */
function steps(normaliser: Library["normalizer"]): ((text: string) => string)[] {
  if (!normaliser) return [];
  if ("normalizers" in normaliser) return (normaliser.normalizers as Library["normalizer"][]).flatMap(steps);
  // Letter by letter: JavaScript alone gives a final sigma its own form.
  if (normaliser.config?.type === "Lowercase") {
    return [(text) => Array.from(text, (letter) => letter.toLowerCase()).join("")];
  }
  return [(text) => normaliser.normalize(text)];
}
