/**
 * Runs the commands that documents show and puts their output below them: `deno run -A scripts/transcripts.ts docs/attention.md`.
 *
 * A transcript is a block marked `console` that starts with `$ hyaline …`. Lines that differ from run to run (time and memory) are left out.
 */
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import process from "node:process";
import { promisify } from "node:util";

const cli = new URL("../packages/cli/src/main.ts", import.meta.url).pathname;
/** The Deno that runs this, or the one at hand. */
const deno = "Deno" in globalThis ? process.execPath : "deno";
const BLOCK = /^```console\n\$ hyaline (.*)\n[^]*?^```$/gm;

/** Words of a command line; double quotes keep spaces together. */
const words = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare!);

/** What a command prints, without colour. */
async function output(line: string): Promise<string> {
  const { stdout } = await promisify(execFile)(deno, ["run", "-A", cli, ...words(line)], {
    env: { ...process.env, NO_COLOR: "1", COLUMNS: "100" },
  });
  return stdout.split("\n").filter((text) => !/^ *[\d.]+ m?s, \d+ forward/.test(text)).join("\n").replace(
    /^\n+|\s+$/g,
    "",
  );
}

/** A document with the output of each of its commands brought up to date. */
export async function renewed(markdown: string): Promise<string> {
  const outputs = new Map<string, string>();
  for (const [, line] of markdown.matchAll(BLOCK)) outputs.set(line!, outputs.get(line!) ?? await output(line!));
  return markdown.replace(BLOCK, (_, line: string) => `\`\`\`console\n$ hyaline ${line}\n${outputs.get(line)}\n\`\`\``);
}

if (import.meta.main) {
  for (const path of process.argv.slice(2)) await writeFile(path, await renewed(await readFile(path, "utf8")));
}
