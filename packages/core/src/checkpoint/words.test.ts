import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Tokenizer } from "./tokenizer.ts";
import { joinWords } from "./words.ts";

const golden: { cases: Record<string, { tokenizer: Record<string, unknown> }> } = JSON.parse(
  readFileSync(new URL("fixtures/tokenizers.json", import.meta.url), "utf8"),
);
const tokenizers = Object.entries(golden.cases).map(([name, { tokenizer }]) =>
  [name, new Tokenizer(tokenizer)] as const
);
const wordsOf = (tokenizer: Tokenizer, text: string) => joinWords(text, tokenizer.encode(text).tokens);

test.each(tokenizers)("%s: sub-words join to the words a reader sees", (_, tokenizer) => {
  const words = wordsOf(tokenizer, "I love programming and don't you").filter(({ special }) => !special);
  expect(words.map(({ text }) => text)).toEqual(["I", "love", "programming", "and", "don't", "you"]);
});

test.each(tokenizers)("%s: every token is in exactly one word, in order", (_, tokenizer) => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), (text) => {
      const { tokens } = tokenizer.encode(text);
      expect(joinWords(text, tokens).flatMap(({ tokens }) => tokens).sort((a, b) => a - b)).toEqual(
        tokens.map((_, i) => i),
      );
    }),
    { numRuns: 60, seed: 11 },
  );
});

test("punctuation stands for itself", () => {
  const words = (name: string) =>
    wordsOf(new Map(tokenizers).get(name)!, "programming, you?").map(({ text, special }) => special ? "" : text).filter(
      Boolean,
    );
  expect(words("WordPiece")).toEqual(["programming", ",", "you", "?"]);
});

test("special tokens stay alone", () => {
  const [, wordPiece] = tokenizers[0]!;
  const words = wordsOf(wordPiece, "good [MASK] film");
  expect(words.map(({ text, special }) => [text, special])).toEqual([
    ["[CLS]", true],
    ["good", false],
    ["[MASK]", true],
    ["film", false],
    ["[SEP]", true],
  ]);
});

test("text without spaces is cut into words, not kept as one", () => {
  const [, wordPiece] = tokenizers[0]!;
  const words = wordsOf(wordPiece, "我喜欢编程").filter(({ special }) => !special);
  expect(words.map(({ text }) => text).join("")).toBe("我喜欢编程");
  expect(words.length).toBeGreaterThan(1);
});

test("an emoji made of several characters is one word", () => {
  const [, gpt2] = tokenizers[1]!;
  expect(wordsOf(gpt2, "a 👩‍👩‍👧‍👦 b").map(({ text }) => text)).toEqual(["a", "👩‍👩‍👧‍👦", "b"]);
});

test("a token over several words joins them", () => {
  const at = (start: number, end: number) => ({ text: "", start, end, special: false });
  expect(joinWords("New York is big", [at(0, 8), at(8, 11), at(11, 15)]).map(({ text }) => text)).toEqual([
    "New York",
    "is",
    "big",
  ]);
});
