import { expect, test } from "vitest";
import { strings } from "./mod.ts";

/** Every sentence with its path; functions are called with words and numbers that pass through. */
function* sentences(node: unknown, path = ""): Generator<[string, string]> {
  if (typeof node === "string") yield [path, node];
  else if (typeof node === "function") yield [path, String(node("1 %", "b", "c"))];
  else {for (const [key, child] of Object.entries(node as object)) {
      yield* sentences(child, path ? `${path}.${key}` : key);
    }}
}

/** The switch names the other language; formats, a count and a comma have no words. */
const asTheyAre = new Set(["shell.language", "shell.passes", "shell.plugins.comma"]);

test("every sentence is there in both languages, and none is left in English", () => {
  const zh = new Map(sentences(strings.zh));
  expect([...zh.keys()]).toEqual([...new Map(sentences(strings.en)).keys()]);
  for (const [path, sentence] of zh) if (!asTheyAre.has(path)) expect(sentence, path).toMatch(/\p{Script=Han}/u);
});
