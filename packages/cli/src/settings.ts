/**
 * Where an option's value comes from: flags before HYALINE_* variables before the configuration file before defaults.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { homedir } from "node:os";
import { type Command, Option } from "commander";
import { badConfiguration } from "./failures.ts";
import type { Io } from "./io.ts";

/** Options that have a variable and a key in the configuration file. */
const settings = new WeakSet<Option>();

/** An option that may also be set by a variable (`--target-index` by HYALINE_TARGET_INDEX) and in the configuration file. */
export function setting(flags: string, description: string, fallback?: unknown): Option {
  const option = new Option(flags, description);
  settings.add(option);
  return fallback === undefined ? option : option.default(fallback);
}

const variableOf = (option: Option): string =>
  `HYALINE_${option.attributeName().replace(/[A-Z]/g, (c) => `_${c}`).toUpperCase()}`;

/** `$HYALINE_HOME`, or `hyaline` in the user's configuration folder: settings, and plugins beside them. */
export const homeFolder = (env: Io["env"]): string =>
  env.HYALINE_HOME || join(env.XDG_CONFIG_HOME || join(homedir(), ".config"), "hyaline");

/** `HYALINE_CONFIG`, or `config.json` in Hyaline's folder. */
export const configurationFile = (env: Io["env"]): string => env.HYALINE_CONFIG || join(homeFolder(env), "config.json");

/**
 * Fills in what the flags left open. Keys of the file are the options' long names; those of other commands are left alone.
 *
 * @throws BAD_CONFIGURATION for a file that is no JSON object, or was named and is not there, and for values an option does not take
 */
export async function applySettings(command: Command, env: Io["env"]): Promise<void> {
  const path = configurationFile(env), file = await readConfiguration(path, env.HYALINE_CONFIG !== undefined);
  for (const option of command.options) {
    const name = option.attributeName(), variable = variableOf(option), source = command.getOptionValueSource(name);
    if (!settings.has(option) || (source !== undefined && source !== "default")) continue;
    const [value, where] = env[variable] ? [env[variable], variable] : [file[name] ?? file[option.name()], path];
    if (value === undefined || value === null) continue;
    const refuse = (wanted: string) => badConfiguration(where, `"${name}" cannot be "${value}": give ${wanted}`);
    if (option.argChoices && !option.argChoices.includes(String(value))) throw refuse(option.argChoices.join(", "));
    if (option.isBoolean()) {
      if (!/^(1|0|true|false)$/.test(String(value))) throw refuse("true or false");
      command.setOptionValueWithSource(name, /^(1|true)$/.test(String(value)), "config");
    } else {command.setOptionValueWithSource(
        name,
        option.parseArg ? option.parseArg(String(value), undefined as never) : String(value),
        "config",
      );}
  }
}

async function readConfiguration(path: string, named: boolean): Promise<Record<string, unknown>> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (named) throw badConfiguration(path, "it cannot be read", error);
    return {};
  }
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch (error) {
    throw badConfiguration(path, "it is not JSON", error);
  }
  if (typeof values !== "object" || values === null || Array.isArray(values)) {
    throw badConfiguration(path, "it is not an object");
  }
  return values as Record<string, unknown>;
}
