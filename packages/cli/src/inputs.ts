/**
 * What is to be explained, from arguments, standard input and files.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import type { ExplainRequestInput } from "@hyaline/core/result";
import { badInputs, badOption, conflictingOptions, noText, unreadableFile } from "./failures.ts";
import type { Io } from "./io.ts";

type Input = ExplainRequestInput["input"];

/** Flags that give an input other than by text. */
export interface InputFlags {
  readonly inputIds?: string;
  readonly inputs?: string;
  readonly continuation?: string;
}

/**
 * Every input the command line asks for, in order; none where it gives none.
 * A text `-` stands for standard input, one text a line; blank lines are left out.
 *
 * @throws NO_TEXT, BAD_OPTION, BAD_INPUTS, UNREADABLE_FILE, CONFLICTING_OPTIONS
 */
export async function inputsOf(texts: readonly string[], flags: InputFlags, io: Io): Promise<Input[]> {
  const given = [
    texts.length > 0 && "text",
    flags.inputIds !== undefined && "--input-ids",
    flags.inputs !== undefined && "--inputs",
  ].filter((g) => g !== false);
  if (given.length > 1) throw conflictingOptions(given[0]!, given[1]!);
  if (flags.inputIds !== undefined) return [{ ids: idsOf(flags.inputIds) }];
  if (flags.inputs !== undefined) return [{ inputs: await inputsFile(flags.inputs) }];
  const all: Input[] = [];
  for (const text of texts) {
    const lines = text === "-" ? (await io.stdin()).split(/\r?\n/).filter((line) => line.trim() !== "") : [text];
    if (!lines.length) throw noText();
    all.push(
      ...lines.map((line) => ({
        text: line,
        ...(flags.continuation === undefined ? {} : { continuation: flags.continuation }),
      })),
    );
  }
  return all;
}

/** Token ids, separated by commas or blanks. */
export function idsOf(list: string): number[] {
  const ids = list.split(/[\s,]+/).filter((part) => part !== "");
  const wrong = ids.find((id) => !/^\d+$/.test(id)) ?? (ids.length ? undefined : list);
  if (wrong !== undefined) throw badOption("--input-ids", wrong, "token ids with commas between: 101,2023,102");
  return ids.map(Number);
}

/** Model inputs by name from a JSON file: the inputs alone, or under `inputs` as in an explanation or a test case. */
async function inputsFile(path: string): Promise<Extract<Input, { inputs: unknown }>["inputs"]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw unreadableFile(path, error);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw badInputs(path, "it is not JSON", error);
  }
  const isObject = (v: unknown): v is Record<string, unknown> =>
    typeof v === "object" && v !== null && !Array.isArray(v);
  const inputs = isObject(value) && isObject(value.inputs) && !("dtype" in value.inputs) ? value.inputs : value;
  if (!isObject(inputs) || !Object.keys(inputs).length) throw badInputs(path, "it is not an object of inputs by name");
  for (const [name, tensor] of Object.entries(inputs)) {
    const whole = isObject(tensor) && typeof tensor.dtype === "string" && Array.isArray(tensor.dims) &&
      Array.isArray(tensor.data);
    if (!whole) throw badInputs(path, `"${name}" needs dtype, dims and data`);
  }
  return inputs as Extract<Input, { inputs: unknown }>["inputs"];
}
