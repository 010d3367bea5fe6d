/**
 * `hyaline keys`: keys for a server's API.
 *
 * @module
 */
import { Argument, Command, Option } from "commander";
import { readFile, rename, writeFile } from "node:fs/promises";
import { badOption, unreadableFile, unwritableFile } from "../failures.ts";
import { wholeNumber } from "../request.ts";
import type { Session } from "../session.ts";

interface KeyFlags {
  readonly file: string;
}

interface AddFlags extends KeyFlags {
  readonly scope: readonly ("read" | "explain" | "admin")[];
  readonly perMinute?: number;
}

const examples = `
Examples:
  $ hyaline keys add dashboard --scope read explain --file keys.json
  $ hyaline keys list --file keys.json
  $ hyaline keys remove dashboard --file keys.json
  $ hyaline serve --keys keys.json

A key is shown once, when it is made; the file keeps its SHA-256 only. A server reads the file when it starts.`;

const SCOPES = ["read", "explain", "admin"];

export function keysCommand({ io }: Session): Command {
  const file = (command: Command): Command =>
    command.addOption(new Option("--file <path>", "where keys are kept").default("keys.json"));
  const name = new Argument("<name>", "who it is for");
  return new Command("keys")
    .summary("keys for a server's API")
    .description("Makes, lists and removes the keys that hyaline serve --keys asks for.")
    .addCommand(
      file(new Command("add").description("Make a key and print it").addArgument(name))
        .addOption(new Option("--scope <name...>", "what it may do").choices(SCOPES).default(["read", "explain"]))
        .option("--per-minute <n>", "requests it may send in a minute", wholeNumber("--per-minute", 1))
        .action(async (name: string, { scope, perMinute, file }: AddFlags) => {
          const { newKey } = await import("@hyaline/server"), keys = await keysIn(file);
          if (!/^[\w.-]{1,64}$/.test(name)) throw badOption("name", name, "letters, digits, dots and dashes");
          if (keys.some((key) => key.name === name)) throw badOption("name", name, "a name that has no key yet");
          const { key, record } = newKey({ name, scopes: [...scope], ...(perMinute ? { perMinute } : {}) });
          await write(file, [...keys, record]);
          io.stdout.write(`${key}\n`);
        }),
    )
    .addCommand(
      file(new Command("list").description("Names and scopes")).action(async ({ file }: KeyFlags) => {
        for (const { name, scopes } of await keysIn(file)) io.stdout.write(`${name}\t${scopes.join(" ")}\n`);
      }),
    )
    .addCommand(
      file(new Command("remove").description("Forget a key").addArgument(name)).action(
        async (name: string, { file }: KeyFlags) => {
          const keys = await keysIn(file), left = keys.filter((key) => key.name !== name);
          if (left.length === keys.length) throw badOption("name", name, "the name of a key in the file");
          await write(file, left);
        },
      ),
    )
    .addHelpText("after", examples);
}

/** Keys in a file; none where there is no file. @throws UNREADABLE_FILE, KEYS_INVALID */
async function keysIn(path: string) {
  const text = await readFile(path, "utf8").catch((cause) => {
    if (cause.code === "ENOENT") return '{"keys": []}';
    throw unreadableFile(path, cause);
  });
  return (await import("@hyaline/server")).parseKeys(text, path);
}

/** Whole or not at all, for the owner's eyes. */
async function write(path: string, keys: readonly unknown[]): Promise<void> {
  const draft = `${path}.${process.pid}.draft`;
  await writeFile(draft, JSON.stringify({ keys }, null, 1) + "\n", { mode: 0o600 })
    .then(() => rename(draft, path))
    .catch((cause) => {
      throw unwritableFile(path, cause);
    });
}
