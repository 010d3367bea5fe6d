/**
 * What a person asks: everything that a permalink holds and that undo brings back.
 *
 * @module
 */
import type { ExplainRequestInput } from "@hyaline/core/result";

export type Option = string | number | boolean;

/** A method with the options that differ from its defaults. */
export interface Asked {
  readonly id: string;
  readonly options: Readonly<Record<string, Option>>;
}

export interface Question {
  readonly model: string;
  readonly text: string;
  readonly methods: readonly Asked[];
  /** A class, or a next token; `#3` is a raw number among the answers. Empty: what the model answers. */
  readonly target: string;
  /** Why the target and not this. */
  readonly foil: string;
  /** A continuation whose every token is explained by itself. */
  readonly said: string;
  /** The same text with a change: both are explained. */
  readonly changed: string | undefined;
}

export const first: Question = {
  model: "sentiment-en",
  text: "A moving, funny and beautifully acted film.",
  methods: [{ id: "lrp", options: {} }],
  target: "",
  foil: "",
  said: "",
  changed: undefined,
};

/** Longer texts are cut; the core would refuse them anyway. */
export const LONGEST = 20_000;

const named = (name: string): { label: string } | { index: number } =>
  /^#\d+$/.test(name) ? { index: Number(name.slice(1)) } : { label: name };

/** The core's request for a text of the question. */
export function requestFor({ model, methods, target, foil, said }: Question, text: string): ExplainRequestInput {
  const against = foil.trim() && named(foil.trim());
  return {
    model,
    input: { text },
    methods: methods.map(({ id, options }) => ({ id, options: { ...options } })),
    target: {
      ...(said ? { span: said, each: true } : target.trim() ? named(target.trim()) : {}),
      ...(against && !said ? { foil: "index" in against ? against.index : against.label } : {}),
    },
  };
}

const string = (value: unknown, fallback: string): string =>
  typeof value === "string" ? value.slice(0, LONGEST) : fallback;
const isOption = (value: unknown): value is Option => ["string", "number", "boolean"].includes(typeof value);

/** A question out of what a link holds. Nothing in it is believed: what has the wrong form is left out. */
export function questionFrom(value: unknown): Question {
  const given = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const methods = (Array.isArray(given["methods"]) ? given["methods"] : []).flatMap((method): Asked[] => {
    const { id, options } = (method ?? {}) as Record<string, unknown>;
    if (typeof id !== "string" || !/^[a-z0-9][a-z0-9-]{0,63}$/.test(id)) return [];
    const entries = typeof options === "object" && options !== null ? Object.entries(options) : [];
    return [{ id, options: Object.fromEntries(entries.filter(([, option]) => isOption(option)).slice(0, 32)) }];
  });
  return {
    model: string(given["model"], first.model).slice(0, 200),
    text: string(given["text"], first.text),
    methods: methods.length ? methods.slice(0, 12) : first.methods,
    target: string(given["target"], ""),
    foil: string(given["foil"], ""),
    said: string(given["said"], ""),
    changed: typeof given["changed"] === "string" ? string(given["changed"], "") : undefined,
  };
}
