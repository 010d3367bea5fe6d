/**
 * Flags made into the request that API and UI send too.
 *
 * @module
 */
import { type ExplainRequestInput, lrpShorthands, methodNamed, type MethodRequest } from "@hyaline/core/result";
import { badOption, conflictingOptions, uselessOption } from "./failures.ts";

type Options = MethodRequest["options"];
type OptionValue = Options[string];

/** Flags of `hyaline explain` that say what to ask, as commander hands them over. */
export interface AskFlags {
  readonly model?: string;
  readonly dtype?: string;
  readonly method: readonly string[];
  readonly target?: string;
  readonly targetIndex?: number;
  readonly span?: string;
  readonly each?: boolean;
  readonly foil?: string;
  readonly position?: number;
  readonly layer?: string;
  readonly head?: string;
  readonly composite?: string;
  readonly option?: readonly string[];
  readonly words?: boolean;
  readonly truncate?: boolean;
  readonly seed?: number;
  readonly executor?: ExplainRequestInput["executor"];
  readonly checks?: boolean;
}

/** Which options a method takes: the properties of its manifest's schema; undefined where the method is not known. */
export type OptionNames = (method: string) => readonly string[] | undefined;

const method = (text: string): string => {
  if (!/^[a-z0-9][a-z0-9-]*$/.test(text)) {
    throw badOption("--method", text, "method ids with commas between: lrp,grad-cam");
  }
  return text;
};

/** `a,b` and repeated flags alike, each method once. */
export const methodList = (value: string, before: readonly string[] = []): string[] => [
  ...new Set([...before, ...value.split(",").map((name) => name.trim()).filter((name) => name !== "").map(method)]),
];

/** A whole number; `--position -1` counts from the end. */
export const wholeNumber = (flag: string, least = -Infinity) => (value: string): number => {
  const number = Number(value);
  if (!/^-?\d+$/.test(value) || number < least) {
    throw badOption(flag, value, least === 0 ? "a whole number from 0" : "a whole number");
  }
  return number;
};

/** Option values are JSON where they read as JSON, lists where they have commas, text otherwise. */
export function optionValue(text: string): OptionValue {
  try {
    return JSON.parse(text);
  } catch {
    return text.includes(",") ? text.split(",").map((part) => optionValue(part.trim())) : text;
  }
}

/**
 * The request of a command line for one input.
 *
 * @throws CONFLICTING_OPTIONS, BAD_OPTION, USELESS_OPTION
 */
export function requestOf(
  flags: AskFlags,
  input: ExplainRequestInput["input"],
  optionNames: OptionNames,
): ExplainRequestInput {
  const targets = [["--target", flags.target], ["--target-index", flags.targetIndex], ["--span", flags.span]].filter((
    [, given],
  ) => given !== undefined);
  if (targets.length > 1) throw conflictingOptions(String(targets[0]![0]), String(targets[1]![0]));
  const target = defined({
    label: flags.target,
    index: flags.targetIndex,
    span: flags.span,
    each: flags.each,
    position: flags.position,
    foil: flags.foil === undefined ? undefined : /^#\d+$/.test(flags.foil) ? Number(flags.foil.slice(1)) : flags.foil,
  });
  return defined({
    model: flags.model,
    dtype: flags.dtype,
    input,
    methods: methodsOf(flags, optionNames),
    target: Object.keys(target).length ? target : undefined,
    words: flags.words,
    truncate: flags.truncate,
    seed: flags.seed,
    executor: flags.executor,
    checks: flags.checks,
  }) as ExplainRequestInput;
}

/**
 * Gives each option to every method that takes it; `--option grad-cam.layer=2` to that one alone.
 * An option that nobody takes is an error: it would be silently without effect.
 */
function methodsOf(flags: AskFlags, optionNames: OptionNames): MethodRequest[] {
  const methods = flags.method.map((name) => methodNamed(name));
  const shared: [string, string | undefined][] = [["layer", flags.layer], ["head", flags.head], [
    "composite",
    flags.composite,
  ]];
  for (const assignment of flags.option ?? []) {
    const [, owner, key, value] = /^(?:([a-z0-9-]+)\.)?([A-Za-z][A-Za-z0-9]*)=([^]*)$/.exec(assignment) ?? [];
    if (key === undefined || value === undefined) {
      throw badOption("--option", assignment, "key=value, or method.key=value");
    }
    if (owner === undefined) shared.push([key, value]);
    else {
      const at = flags.method.indexOf(owner);
      if (at < 0) throw badOption("--option", assignment, `one of the methods asked for: ${flags.method.join(", ")}`);
      methods[at]!.options[key] = optionValue(value);
    }
  }
  for (const [key, value] of shared) {
    if (value === undefined) continue;
    const takers = methods.filter(({ id }) => optionNames(id)?.includes(key) ?? true);
    if (!takers.length) throw uselessOption(key, flags.method);
    for (const [i, taker] of methods.entries()) {
      // A composite named by its shorthand stays what it is
      if (takers.includes(taker) && !(key === "composite" && lrpShorthands.includes(flags.method[i]!))) {
        taker.options[key] = optionValue(value);
      }
    }
  }
  return methods;
}

const defined = <T extends object>(object: T): Partial<T> =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Partial<T>;
