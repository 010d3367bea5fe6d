/**
 * How a request is read: the inputs it means, the tokens a person will see, and the names of the answers.
 *
 * @module
 */
import { joinWords } from "../checkpoint/words.ts";
import { failure } from "../errors.ts";
import { numbers, type Tensor } from "../graph/tensor.ts";
import type { ExplainRequest, Token, Word } from "../result/mod.ts";
import type { PlacedSource } from "./plan.ts";
import { completeInputs, type Inputs, typed } from "./inputs.ts";
import type { Subject } from "./subject.ts";
import type { Names } from "./target.ts";

export interface Reading {
  readonly inputs: Inputs;
  /** Tokens of the first source; empty where only the sources tell (pictures). */
  readonly tokens: readonly Token[];
  readonly text?: string;
  /** The texts of several sources, by name. */
  readonly texts: ReadonlyMap<string, string>;
  readonly notes: readonly string[];
  readonly names: Names;
  readonly span?: { ids: readonly number[]; first: number };
  /** Tokens of all sources in their order. */
  tokensFor(sources: readonly PlacedSource[]): Token[];
  /** Words of the ordinary tokens. */
  wordsOf(tokens: readonly Token[]): Word[];
}

/** The first whole number of the given data type's input. */
const idsPort = (subject: Subject): { name: string; dtype: Tensor["dtype"] } => {
  const { inputs } = subject.model.graph,
    port = inputs.find(({ name }) => name === "input_ids") ??
      inputs.find(({ dtype }) => dtype === "int64" || dtype === "int32");
  if (!port) {
    throw failure({
      code: "WRONG_INPUT",
      message: "This model reads no token ids",
      hint: "Give its inputs with --inputs inputs.json",
    });
  }
  return port;
};

/** @throws MISSING_TOKENIZER, TEXT_TOO_LONG, WRONG_INPUT */
export function read(subject: Subject, request: ExplainRequest): Reading {
  const { model, words } = subject,
    notes: string[] = [],
    given = new Map<string, Tensor>(),
    encodedTokens = new Map<string, readonly Token[]>(),
    texts = new Map<string, string>();
  let span: Reading["span"];
  let text: string | undefined;
  const { input } = request;
  if ("inputs" in input) {
    for (const [name, { dtype, dims, data }] of Object.entries(input.inputs)) {
      given.set(name, typed(dtype as Tensor["dtype"], dims, data));
    }
  } else if ("ids" in input) {
    const port = idsPort(subject);
    given.set(port.name, typed(port.dtype, [1, input.ids.length], input.ids));
  } else {
    if (!words) {
      throw failure({
        code: "MISSING_TOKENIZER",
        message: `The checkpoint "${subject.id}" has no tokenizer`,
        hint: "Give token ids instead: --input-ids 101,2023",
      });
    }
    const { tokens, cut } = words.encode(input.text, { truncate: request.truncate }), port = idsPort(subject);
    if (cut) notes.push(`The text was cut: ${cut} tokens at its end were not read`);
    const list = [...tokens], continuation = [input.continuation, request.target.span].filter(Boolean).join("");
    text = input.text;
    const decoder = model.graph.inputs.find(({ name }) => name === "decoder_input_ids");
    if (continuation && decoder) {
      const said = spoken(words, continuation, 0),
        start = subject.decoderStart ?? 0,
        prefix: Token = { text: words.text(start), id: start, start: 0, end: 0, special: true };
      given.set(decoder.name, typed(decoder.dtype, [1, said.length + 1], [start, ...said.map(({ id }) => id)]));
      encodedTokens.set(decoder.name, [prefix, ...said]);
      texts.set("decoder", continuation);
      if (request.target.span) {
        span = {
          ids: said.slice(-words.plain(request.target.span).length).map(({ id }) => id),
          first: said.length - words.plain(request.target.span).length,
        };
      }
    } else if (continuation) {
      const said = spoken(words, continuation, input.text.length),
        spanned = request.target.span ? words.plain(request.target.span).length : 0;
      while (list.at(-1)?.special) list.pop(); // a closing mark would stand between text and continuation
      list.push(...said);
      text = input.text + continuation;
      if (spanned) span = { ids: said.slice(-spanned).map(({ id }) => id), first: list.length - spanned - 1 };
    }
    given.set(port.name, typed(port.dtype, [1, list.length], list.map(({ id }) => id)));
    encodedTokens.set(port.name, list);
    texts.set("encoder", input.text);
  }
  const inputs = completeInputs(model.graph, given, { decoderStart: subject.decoderStart });
  const named = (source: PlacedSource): readonly Token[] => {
    const before = encodedTokens.get(source.input);
    if (before) return before;
    const tensor = inputs.get(source.input)!, ids = numbers(tensor);
    if (ids.length !== source.positions || source.channels === "second") {
      return Array.from(
        { length: source.positions },
        (_, i) => ({ text: `patch ${i + 1}`, id: i, start: 0, end: 0, special: false }),
      );
    }
    return ids.map((id) => ({
      text: words?.text(id) ?? `#${id}`,
      id,
      start: 0,
      end: 0,
      special: words?.isSpecial(id) ?? false,
    }));
  };
  return {
    inputs,
    tokens: encodedTokens.values().next().value ?? [],
    ...(text === undefined ? {} : { text }),
    texts,
    notes,
    names: namesOf(subject),
    ...(span ? { span } : {}),
    tokensFor: (sources) =>
      sources.flatMap((source) =>
        named(source).map((token) => (sources.length > 1 ? { ...token, source: source.name } : token))
      ),
    wordsOf: (tokens) => wordsOf(tokens, (source) => source === undefined ? text : texts.get(source)),
  };
}

/** Tokens of a text alone, their places counted from `at`. */
function spoken(words: NonNullable<Subject["words"]>, text: string, at: number): Token[] {
  return words.encode(text, { truncate: false }).tokens.filter(({ special }) => !special).map((token) => ({
    ...token,
    start: token.start + at,
    end: token.end + at,
  }));
}

/**
 * Words of the ordinary tokens, each source by itself. Where there is no text (ids were given), every token stands alone.
 *
 * @param textOf the text of a source
 */
export function wordsOf(tokens: readonly Token[], textOf: (source: string | undefined) => string | undefined): Word[] {
  const sources = [...new Set(tokens.map(({ source }) => source))];
  return sources.flatMap((source) => {
    const places = [...tokens.keys()].filter((i) => tokens[i]!.source === source);
    const text = textOf(source), own = places.map((i) => tokens[i]!);
    const alone = own.map(({ text, start, end, special }, i) => ({ text, start, end, special, tokens: [i] }));
    return (text === undefined ? alone : joinWords(text, own))
      .filter(({ special }) => !special)
      .map(({ text, start, end, tokens }) => ({ text, start, end, tokens: tokens.map((i) => places[i]!) }));
  });
}

/** Classes by `id2label`, else tokens of the vocabulary. */
function namesOf({ labels, words }: Subject): Names {
  if (labels) {
    const lower = labels.map((label) => label.toLowerCase());
    return {
      classes: labels,
      labelOf: (index) => labels[index],
      indexOf: (label) => {
        const index = lower.indexOf(label.toLowerCase());
        return index >= 0 ? index : undefined;
      },
    };
  }
  return {
    classes: [],
    labelOf: (index) => words?.text(index),
    indexOf(label) {
      for (const form of [label, ` ${label}`]) {
        const ids = words?.plain(form) ?? [];
        if (ids.length === 1) return ids[0]!;
      }
      return undefined;
    },
  };
}
