import { expect, test } from "vitest";
import { unbatched } from "./arrays.ts";

test.each([[[1, 2, 3, 3]], [[2, 3, 3]], [[1, 1, 2, 3, 3]]])("attention held as %j is two heads of 3 × 3", (dims) => {
  const data = Float32Array.from({ length: 18 }, (_, i) => i);
  expect(unbatched({ dtype: "float32", dims, data })).toEqual({ shape: [2, 3, 3], data });
});
