import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { HyalineError } from "../errors.ts";
import { Tokenizer } from "./tokenizer.ts";

type Value = null | boolean | number | string | Value[] | { [key: string]: Value };
const golden: { cases: Record<string, { tokenizer: { [key: string]: Value } }> } = JSON.parse(
  readFileSync(new URL("fixtures/tokenizers.json", import.meta.url), "utf8"),
);

/** Outcome of making a tokenizer and using it: an error that is not ours is thrown on. */
function outcome(json: Value, text: string): string {
  try {
    const { tokens } = new Tokenizer(json as Record<string, unknown>).encode(text);
    let last = 0;
    for (const { id, start, end } of tokens) {
      expect(Number.isInteger(id) && id >= 0).toBe(true);
      expect([start >= last, end >= start, end <= text.length]).toEqual([true, true, true]);
      last = start;
    }
    return "encoded";
  } catch (error) {
    if (error instanceof HyalineError) return error.code;
    throw error;
  }
}

test.each(Object.keys(golden.cases))(
  "%s: a tokenizer.json with any part replaced works or is refused by name",
  (name) => {
    let state = 99;
    const random = (below: number) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % below;
    const strange: Value[] = [
      null,
      -1,
      1e30,
      0.5,
      "",
      "x",
      "\0",
      "__proto__",
      [],
      {},
      true,
      [[]],
      { type: "Sequence" },
      { Regex: "(" },
      { String: "" },
    ];
    const codes = new Set<string>();
    for (let i = 0; i < 150; i++) {
      const json = structuredClone(golden.cases[name]!.tokenizer);
      let at: Value[] | { [key: string]: Value } = json;
      for (let depth = 0;; depth++) {
        const keys = Object.keys(at).slice(0, 12), key: string = keys[random(keys.length)]!;
        const below: Value = (at as { [key: string]: Value })[key]!;
        if (typeof below === "object" && below !== null && Object.keys(below).length && random(4)) at = below;
        else {
          (at as { [key: string]: Value })[key] = strange[random(strange.length)]!;
          break;
        }
      }
      codes.add(outcome(json, "I love cafés 😀 <s> [MASK]"));
    }
    expect([...codes].sort()).toEqual(["TOKENIZER_INVALID", "encoded"]);
  },
);

test("a vocabulary may hold the names of JavaScript's own properties", () => {
  const vocab = Object.fromEntries(["?", "constructor", "toString", "hasOwnProperty"].map((piece, id) => [piece, id]));
  const json = { model: { type: "WordLevel", unk_token: "?", vocab }, pre_tokenizer: { type: "WhitespaceSplit" } };
  expect(new Tokenizer(json).encode("constructor toString valueOf").ids).toEqual([1, 2, 0]);
});
