/**
 * Explanations to test renderers with.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import type { Explanation, ExplanationOf, ResultType } from "../result/mod.ts";

const file = new URL("../result/golden/explanation.v1.json", import.meta.url);

/** Fresh copies of the golden explanations of version 1. */
export const golden = (): Explanation[] => JSON.parse(readFileSync(file, "utf8"));

/** The first golden explanation of a type. */
export const sample = <T extends ResultType>(type: T): ExplanationOf<T> =>
  golden().find((explanation) => explanation.type === type) as ExplanationOf<T>;

/** Token scores over words of a text, without special tokens, as another method or another text would give them. */
export function scored(
  text: string,
  score: (index: number) => number,
  { id = "lrp", signed = true } = {},
): ExplanationOf<"token-scores"> {
  const explanation = sample("token-scores");
  delete explanation.words;
  const tokens = [...text.matchAll(/\p{sc=Han}|[^\s\p{sc=Han}]+/gu)].map((match, i) => ({
    text: match[0],
    id: 100 + i,
    start: match.index,
    end: match.index + match[0].length,
    special: false,
  }));
  const values = tokens.map((_, i) => score(i));
  return {
    ...explanation,
    text,
    tokens,
    signed,
    method: { id, options: {} },
    data: { shape: [tokens.length], values, join: "sum" },
  };
}

/** Text that would run, break out or mislead if a renderer let it through. */
export const payloads: readonly string[] = [
  "<script>alert(1)</script>",
  "</script><script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  '"><svg onload=alert(1)>',
  "'><iframe src=javascript:alert(1)>",
  "</style><script>alert(1)</script>",
  "</title><script>alert(1)</script>",
  "<!--<script>alert(1)</script>",
  "]]><script>alert(1)</script>",
  "&lt;script&gt;alert(1)&lt;/script&gt;",
  "&#60;script&#62;",
  'x" onmouseover="alert(1)',
  "x' onfocus='alert(1)' autofocus='",
  "javascript:alert(1)",
  "<a href='javascript:alert(1)'>x</a>",
  "<math><mtext><script>alert(1)</script>",
  "<base href=//evil.example>",
  "<meta http-equiv=refresh content=0;url=//evil.example>",
  "${alert(1)}",
  "{{constructor.constructor('alert(1)')()}}",
  '=HYPERLINK("http://evil.example","x")',
  "+cmd|' /C calc'!A0",
  "-2+3+cmd|' /C calc'!A0",
  "@SUM(1+1)*cmd|' /C calc'!A0",
  "\t=1+1",
  "\r\n=1+1",
  "\u001b]0;owned\u0007\u001b[31mred\u001b[2J",
  "\u009b31mC1",
  "\u202etxt.exe\u202c",
  "\ud800\u0000\ufeff\u2028line",
];
