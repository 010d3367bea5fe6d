import { expect, test } from "vitest";
import { piecesOf, without, withWord } from "./words.ts";

const wordsOf = (text: string): string[] => piecesOf(text).filter(({ word }) => word).map(({ text }) => text);

test("a text falls into words and marks, whatever it is written in, and nothing of it is lost", () => {
  expect(wordsOf("A moving, funny film.")).toEqual(["A", "moving", ",", "funny", "film", "."]);
  expect(wordsOf("A [MASK] film <pad>")).toEqual(["A", "[MASK]", "film", "<pad>"]);
  expect(wordsOf("这部电影很好看").length).toBeGreaterThan(2);
  for (const text of ["", "  a  b ", "这部电影 [MASK]，好", "x\n\ny"]) {
    expect(piecesOf(text).map((piece) => piece.text).join("")).toBe(text);
  }
});

test("a word is taken out with one of its spaces, or gives its place to another", () => {
  const text = "A moving, funny film.", at = (word: string) => piecesOf(text).find((piece) => piece.text === word)!;
  expect(without(text, at("funny"))).toBe("A moving, film.");
  expect(without(text, at("A"))).toBe("moving, funny film.");
  expect(without(text, at(","))).toBe("A moving funny film.");
  expect(withWord(text, at("funny"), "[MASK]")).toBe("A moving, [MASK] film.");
});
