import stringWidth from "string-width";
import { describe, expect, test } from "vitest";
import { bar, blocks, cells, centre, clip, padEnd, riser, wrap } from "./layout.ts";

const texts = [
  "plain ASCII",
  "é è ü",
  "e\u0301\u0302",
  "程序员",
  "プログラミング",
  "프로그래밍",
  "ﾊﾝｶｸ",
  "ＷＩＤＥ",
  "🎉",
  "👩‍👩‍👧",
  "🇨🇳🇩🇪",
  "1️⃣",
  "❤️",
  "❤",
  "한글",
  "नमस्ते",
  "שלום",
  "a\u200bb",
  "…—−+█▃",
  "ไทย",
  "𝔘𝔫𝔦",
  "㊗",
  "\u001b[4;38;5;16mred\u001b[0m 红",
];

describe("cells", () => {
  test.each(texts)("%j takes as many as string-width says", (text) => {
    expect(cells(text)).toBe(stringWidth(text));
  });
});

test("clip cuts between whole characters and never beyond its room", () => {
  for (const text of texts.filter((t) => !t.includes("\u001b"))) {
    for (let to = 1; to < 8; to++) {
      const cut = clip(text, to);
      expect(cells(cut)).toBeLessThanOrEqual(to);
      if (cut !== text) expect(text.startsWith(cut.slice(0, -1))).toBe(true);
    }
  }
});

test("padding and centring fill to the cell", () => {
  expect([padEnd("程序", 6), centre("程", 5), centre("ab", 5)]).toEqual(["程序  ", " 程  ", " ab  "]);
});

test("wrap breaks at blanks, and between Chinese characters but not before their punctuation", () => {
  expect(wrap("one two three", 8)).toEqual(["one two", "three"]);
  expect(wrap("账目平衡：值的每一部分都有去处。", 10).every((line) => cells(line) <= 12 && !/^[：。]/.test(line))).toBe(
    true,
  );
  expect(wrap("账目平衡：值的每一部分都有去处。", 10).join("")).toBe("账目平衡：值的每一部分都有去处。");
});

test("blocks fill lines in order, and a column too wide stands alone", () => {
  expect(blocks([3, 3, 3, 20, 2], 2, 10)).toEqual([[0, 1], [2], [3], [4]]);
});

test("bars and risers grow with the share, and nothing is drawn for nothing", () => {
  expect([bar(0, 4), bar(0.5, 4), bar(1, 4), bar(2, 4)]).toEqual(["", "██", "████", "████"]);
  expect([riser(0), riser(0.005), riser(0.1), riser(1)]).toEqual([" ", " ", "▁", "█"]);
});
