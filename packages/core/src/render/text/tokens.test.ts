import { describe, expect, test } from "vitest";
import { scored } from "../testing.ts";
import { renderText } from "./text.ts";

describe("an estimate", () => {
  const explanation = scored("I love films", (i) => [0.5, 2, -1][i]!);
  const estimate = { ...explanation, data: { ...explanation.data, low: [0.25, 1.5, -1], high: [0.75, 2.25, -1] } };

  test("shows under each score how far it may be off, to the wider side", () => {
    const lines = renderText([estimate]).split("\n"), at = lines.findIndex((line) => line.includes("±"));
    expect(lines[at]!.trim().split(/ +/)).toEqual(["±0.25", "±0.50"]);
    expect(lines[at - 2]!.trim().split(/ +/)).toEqual(["+0.50", "+2.00", "−1.00"]);
  });

  test("of a word may be off by what its tokens are together", () => {
    const words = [{ text: "I love", start: 0, end: 6, tokens: [0, 1] }, {
      text: "films",
      start: 7,
      end: 12,
      tokens: [2],
    }];
    expect(renderText([{ ...estimate, words }])).toContain("±0.75");
  });

  test("nothing is added where no interval is known", () => {
    expect(renderText([explanation])).not.toContain("±");
  });
});
