import { expect, test } from "vitest";
import { colour } from "./heatmap.tsx";
import { strings } from "./strings.ts";

test("colour() is orange for, purple against, and never fully opaque", () => {
  expect(colour(1)).toBe("rgba(230, 120, 10, 0.600)");
  expect(colour(-2)).toBe("rgba(110, 70, 170, 0.600)");
  expect(colour(0)).toBe("rgba(230, 120, 10, 0.080)");
});

test("every sentence is there in both languages, and none is left in English", () => {
  expect(Object.keys(strings.zh)).toEqual(Object.keys(strings.en));
  for (const key of Object.keys(strings.en) as (keyof typeof strings.en)[]) {
    const { [key]: zh } = strings.zh, told = typeof zh === "function" ? zh("a", "1 %") : zh;
    if (key !== "example" && key !== "language") expect(told, key).toMatch(/\p{Script=Han}/u);
  }
});
