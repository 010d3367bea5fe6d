import { expect, test } from "vitest";
import { constant } from "../../../graph/graph.ts";
import { formOf } from "./quantised.ts";

const PAIRS = 0, UNSIGNED = 1, SIGNED = 2;
const int8 = (...data: number[]) => constant({ dtype: "int8", dims: [data.length], data: Int8Array.from(data) });
const uint8 = (...data: number[]) => constant({ dtype: "uint8", dims: [data.length], data: Uint8Array.from(data) });

test("a weight with the least number of its type is never multiplied as signed bytes", () => {
  for (const weight of [int8(0, -128, 5), uint8(255, 0)]) {
    expect([PAIRS, UNSIGNED, SIGNED].map((form) => formOf(form, weight))).toEqual([PAIRS, UNSIGNED, PAIRS]);
  }
  for (const weight of [int8(0, -127, 127), uint8(255, 1, 128)]) {
    expect([PAIRS, UNSIGNED, SIGNED].map((form) => formOf(form, weight))).toEqual([PAIRS, UNSIGNED, SIGNED]);
  }
});
