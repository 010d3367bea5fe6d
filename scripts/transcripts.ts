/**
 * Runs the commands that documents show and puts their output below them: `deno run -A scripts/transcripts.ts docs/attention.md`.
 *
 * A transcript is a block marked `console` that starts with `$ …`. A document's commands run one after the other in a folder of their own,
 * with plugins of their own. Lines that differ from run to run (time and memory) are left out, the folder is written as `~`.
 */
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";

const cli = new URL("../packages/cli/src/main.ts", import.meta.url).pathname;
/** The Deno that runs this, or the one at hand. */
const deno = "Deno" in globalThis ? process.execPath : "deno";
const BLOCK = /^```console\n\$ (.*)\n[^]*?^```$/gm;

/** What a command prints in a folder, without colour. A test that finds something ends with 1, which is no failure here. */
function output(line: string, folder: string): Promise<string> {
  const env = {
    ...process.env,
    PATH: `${join(folder, ".bin")}${delimiter}${process.env.PATH}`,
    HYALINE_HOME: join(folder, ".hyaline"),
    NO_COLOR: "1",
    COLUMNS: "100",
  };
  return new Promise((done, fail) =>
    execFile("/bin/sh", ["-c", line], { cwd: folder, env }, (error, stdout, stderr) => {
      if (error && error.code !== 1) return fail(new Error(`$ ${line}\n${stderr}`, { cause: error }));
      const lines = (stdout + stderr).split("\n").filter((text) => !/^ *[\d.]+ m?s, \d+ forward/.test(text));
      done(lines.join("\n").replaceAll(folder, "~").replace(/^\n+|\s+$/g, ""));
    })
  );
}

/** A document with the output of each of its commands brought up to date. */
export async function renewed(markdown: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "hyaline-transcript-")), outputs: string[] = [];
  try {
    const hyaline = join(folder, ".bin", "hyaline");
    await mkdir(join(folder, ".bin"));
    await writeFile(hyaline, `#!/bin/sh\nexec "${deno}" run -A "${cli}" "$@"\n`);
    await chmod(hyaline, 0o755);
    for (const [, line] of markdown.matchAll(BLOCK)) outputs.push(await output(line!, folder));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  let at = 0;
  return markdown.replace(BLOCK, (_, line: string) => {
    const text = outputs[at++]!;
    return `\`\`\`console\n$ ${line}\n${text}${text && "\n"}\`\`\``;
  });
}

if (import.meta.main) {
  for (const path of process.argv.slice(2)) await writeFile(path, await renewed(await readFile(path, "utf8")));
}
