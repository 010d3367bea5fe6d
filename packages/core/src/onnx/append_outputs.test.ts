import { Tensor } from "onnxruntime-web";
import { expect, test } from "vitest";
import { appendOutputs } from "./append_outputs.ts";
import { decode } from "./decode.ts";
import { dense, runModel } from "./sample.ts";

const x = () => new Tensor("float32", [1, 2, 3, -4, 0.1, 6], [2, 3]);

test("appended outputs leave the file's own bytes as they are", () => {
  const file = dense(), tapped = appendOutputs(file, ["sum", "product", "sum"]);
  expect(tapped.subarray(0, file.length)).toEqual(file);
  expect(decode(tapped).graph?.output.map(({ name }) => name)).toEqual(["y", "sum", "product"]);
});

test("nothing to append gives the same file", () => {
  const file = dense();
  expect(appendOutputs(file, [])).toBe(file);
});

test("a model with appended outputs gives bit-identical results, and the taps are right", async () => {
  const plain = await runModel(dense(), { x: x() });
  const tapped = await runModel(appendOutputs(dense(), ["sum", "product"]), { x: x() });
  expect(tapped.y!.data).toEqual(plain.y!.data);
  expect(Array.from(tapped.product!.data as Float32Array)).toEqual(
    [1 + 6 - 15, -2 + 8 + 18, -4 + 0.1 * 3 - 30, 8 + 0.1 * 4 + 36].map((v) => expect.closeTo(v, 4)),
  );
  expect(Array.from(tapped.sum!.data as Float32Array, (v) => Math.max(v, 0))).toEqual(
    Array.from(plain.y!.data as Float32Array),
  );
});
