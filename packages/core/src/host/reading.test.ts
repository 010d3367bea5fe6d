import { expect, test } from "vitest";
import type { Token } from "../result/mod.ts";
import { wordsOf } from "./reading.ts";

const token = (start: number, end: number, more: Partial<Token> = {}): Token => ({
  text: "x",
  id: 1,
  start,
  end,
  special: false,
  ...more,
});

test("sub-words join to words, special tokens have none, and places are those of the whole list", () => {
  const tokens = [
    token(0, 0, { special: true }),
    token(0, 2),
    token(2, 7),
    token(7, 11),
    token(11, 11, { special: true }),
  ];
  expect(wordsOf(tokens, () => "unhappy man")).toEqual([{ text: "unhappy", start: 0, end: 7, tokens: [1, 2] }, {
    text: "man",
    start: 8,
    end: 11,
    tokens: [3],
  }]);
});

test("each source is read in its own text", () => {
  const tokens = [
    token(0, 3, { source: "encoder" }),
    token(3, 4, { source: "encoder" }),
    token(0, 2, { source: "decoder" }),
    token(2, 4, { source: "decoder" }),
  ];
  const texts = new Map([["encoder", "good"], ["decoder", "gut!"]]);
  expect(wordsOf(tokens, (source) => texts.get(source!)).map(({ text, tokens }) => [text, tokens])).toEqual([["good", [
    0,
    1,
  ]], ["gut!", [2, 3]]]);
});

test("without a text every token stands alone", () => {
  expect(wordsOf([token(0, 0), token(0, 0)], () => undefined).map(({ tokens }) => tokens)).toEqual([[0], [1]]);
});
