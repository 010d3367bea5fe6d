/**
 * How commands fail: typed errors on standard error, and the exit code.
 *
 * @module
 */
import { failure, HyalineError } from "@hyaline/core/errors";
import pc from "picocolors";
import type { Io } from "./io.ts";
import { colourDepth } from "./terminal.ts";

/** What a shell script can tell a run by. */
export const exit = { ok: 0, failure: 1, usage: 2, partial: 3, interrupted: 130 } as const;

/** A command called the wrong way. */
export class UsageError extends HyalineError {}

const usage = (code: string, message: string, hint: string): UsageError => new UsageError({ code, message, hint });

/** An option's value that cannot be used. */
export const badOption = (option: string, value: string, wanted: string): UsageError =>
  usage("BAD_OPTION", `"${option}" cannot be "${value}"`, `Give ${wanted}`);

/** Options that contradict each other. */
export const conflictingOptions = (one: string, other: string): UsageError =>
  usage("CONFLICTING_OPTIONS", `"${one}" and "${other}" cannot be given together`, `Leave out "${one}" or "${other}"`);

/** An option that no method asked for takes. */
export const uselessOption = (option: string, methods: readonly string[]): UsageError =>
  usage(
    "USELESS_OPTION",
    `None of ${methods.map((m) => `"${m}"`).join(", ")} takes the option "${option}"`,
    `hyaline methods ${methods[0]} lists its options`,
  );

export const badConfiguration = (path: string, why: string, cause?: unknown): UsageError =>
  new UsageError({
    code: "BAD_CONFIGURATION",
    message: `Cannot use the settings in "${path}": ${why}`,
    hint: "See hyaline doctor for where it is looked for",
    cause,
  });

/** A file that was named and cannot be read. */
export const unreadableFile = (path: string, cause: unknown): HyalineError =>
  failure({
    code: "UNREADABLE_FILE",
    message: `Cannot read "${path}": ${reasonOf(cause)}`,
    hint: "Check the path and its permissions",
    cause,
  });

/** A place a result cannot be written to. */
export const unwritableFile = (path: string, cause: unknown): HyalineError =>
  failure({
    code: "UNWRITABLE_FILE",
    message: `Cannot write "${path}": ${reasonOf(cause)}`,
    hint: "Nothing was written",
    cause,
  });

/** A file of model inputs in no known form. */
export const badInputs = (path: string, why: string, cause?: unknown): HyalineError =>
  failure({
    code: "BAD_INPUTS",
    message: `Cannot use the inputs in "${path}": ${why}`,
    hint: 'Give {"input_ids": {"dtype": "int64", "dims": [1, 2], "data": [101, 102]}, …}',
    cause,
  });

/** Standard input without a single text. */
export const noText = (): UsageError => usage("NO_TEXT", "There is no text on standard input", "Give one text a line");

/** A question that nobody is there to answer. */
export const consentNeeded = (): UsageError =>
  usage(
    "CONSENT_NEEDED",
    "A plugin is installed only when somebody agrees, and nobody can be asked here",
    "Look at what it asks for, then give --yes",
  );

export const unknownModel = (name: string): HyalineError =>
  failure({
    code: "UNKNOWN_MODEL",
    message: `There is no model "${name}"`,
    hint: "hyaline models lists those at hand; a folder's path or a hub id works too",
  });

const reasonOf = (cause: unknown): string => {
  const { code, message } = cause as NodeJS.ErrnoException;
  const known: Record<string, string> = {
    ENOENT: "there is no such file",
    EACCES: "permission denied",
    EEXIST: "it is there already",
    EISDIR: "it is a folder",
    ENOTDIR: "its folder is a file",
    ENOSPC: "the disk is full",
  };
  return known[code ?? ""] ?? message;
};

/** Any error as one with a code. What nobody foresaw is INTERNAL. */
export const typed = (error: unknown): HyalineError =>
  error instanceof HyalineError ? error : failure({
    code: "INTERNAL",
    message: error instanceof Error ? error.message : String(error),
    hint: "Please report this message, with HYALINE_DEBUG=1 for where it comes from",
    cause: error,
  });

/** Writes an error for people, or as one line of JSON for programs. */
export async function report(error: HyalineError, io: Io, json: boolean): Promise<void> {
  if (json) return io.stderr.write(JSON.stringify({ error: error.toJSON() }) + "\n");
  const { visible } = await import("@hyaline/core/render");
  const colour = pc.createColors(colourDepth(io.stderr, io.env) !== "none");
  io.stderr.write(`${colour.bold(colour.magenta(error.code))} ${visible(error.message)}\n`);
  if (error.hint) io.stderr.write(`  ${colour.dim(visible(error.hint))}\n`);
  if (io.env.HYALINE_DEBUG) io.stderr.write(`${(error.cause instanceof Error ? error.cause : error).stack}\n`);
}

/** The exit code an error ends a run with. */
export const exitCodeOf = (error: unknown): number =>
  error instanceof UsageError ? exit.usage : (error as Error)?.name === "AbortError" ? exit.interrupted : exit.failure;
