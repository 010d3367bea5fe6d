/**
 * `deno task zoo [folder] [part of a case's name …]`: every golden checkpoint explained and compared with torch.
 *
 * Without a folder: the committed cases. Held-out ones are made by `scripts/make_zoo.py FOLDER --seed 7 --hidden 48 --layers 3`.
 */
import { readdir } from "node:fs/promises";
import { HyalineError, ortExecutor, type SessionOptions } from "@hyaline/core";
import { readCase } from "./case.ts";
import { committed } from "./committed.ts";
import { runCase } from "./run_case.ts";

const [first, ...rest] = Deno.args,
  isFolder = first !== undefined && await Deno.stat(first).then((s) => s.isDirectory, () => false);
const folder = isFolder ? first : await committed(), parts = isFolder ? rest : Deno.args;
const names = (await readdir(folder)).filter((name) => parts.length === 0 || parts.some((part) => name.includes(part)))
  .sort();
const session: SessionOptions = { backend: "wasm", threads: 1 }, executor = ortExecutor(session);
const shown = (value: number | undefined): string => (value === undefined ? "–" : value.toExponential(1)).padStart(9);

console.log(`${"case".padEnd(34)}  gradient   AttnLRP    CP-LRP    ledger    ledger`);
let held = 0, failed = 0;
for (const name of names) {
  try {
    const { metric, gradient, attnlrp, cplrp, ledgers, holds } = await runCase(await readCase(folder, name), {
      session,
      executor,
    });
    console.log(
      `${name.padEnd(34)} ${[gradient, attnlrp, cplrp, ...ledgers].map(shown).join(" ")}  ${
        holds ? "holds" : "MISSES"
      }${metric === "cosine" ? " (1 − cosine)" : ""}`,
    );
    if (holds) held++;
    else failed++;
  } catch (error) {
    failed++;
    const { code, message } = error instanceof HyalineError
      ? error
      : { code: (error as Error).name, message: (error as Error).message };
    console.log(`${name.padEnd(34)} ${code}: ${message.slice(0, 160)}`);
  }
}
console.log(`\n${held} of ${names.length} cells hold`);
Deno.exit(failed ? 1 : 0);
