import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { rules } from "./mod.ts";

const directory = new URL(".", import.meta.url);

test("every rule in the table is put to the test by the rule tester", async () => {
  const files = (await readdir(directory)).filter((name) => name.endsWith(".test.ts") && name !== "coverage.test.ts");
  const text = (await Promise.all(files.map((name) => readFile(new URL(name, directory), "utf8")))).join("\n");
  // An operator is named where its cases are run, alone or in the list of a loop.
  expect([...rules.keys()].filter((op) => !text.includes(`"${op}"`))).toEqual([]);
});

const FAMILIES =
  /bert|gpt|llama|bloom|falcon|qwen|gemma|mistral|mixtral|olmoe|mamba|marian|electra|mpnet|neox|smollm|\b(opt|phi3?|bart|t5|vit)\b/i;
/** A tokenizer file names its normaliser and its processor after the models they were made for; `numberToHalf` reads as one. */
const NO_FAMILY = /BertNormalizer|RobertaProcessing|numberToHalf/g;

test("no source file of the core outside its tests names an architecture in code", async () => {
  const core = new URL("../", directory), named: string[] = [];
  for (const entry of await readdir(core, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.tsx?$/.test(entry.name) || /\.test(ing)?\.tsx?$/.test(entry.name)) continue;
    const path = `${entry.parentPath}/${entry.name}`, source = await readFile(path, "utf8");
    // Comments may cite where a form was met; code may not know it.
    const code = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");
    code.split("\n").forEach((line) =>
      FAMILIES.test(line.replace(NO_FAMILY, "")) && named.push(`${path.slice(core.pathname.length)}: ${line.trim()}`)
    );
  }
  expect(named).toEqual([]);
});
