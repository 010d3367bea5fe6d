import { expect, test } from "vitest";
import { floats, graphOf, modelOf, type TensorInit } from "../onnx/sample.ts";
import { precisionOf } from "./precision.ts";

const weight = (dataType: number, elements: number): TensorInit => ({ name: "W", dataType, dims: [BigInt(elements)] });
const blocks = (bits: bigint, scales: number) =>
  modelOf({
    initializer: [weight(2, 512), weight(scales, 32)],
    node: [{ opType: "MatMulNBits", domain: "com.microsoft", attribute: [{ name: "bits", type: 2, i: bits }] }],
  });

test.each([
  ["floats", modelOf({ initializer: [weight(1, 100), weight(7, 5)] }), "fp32"],
  ["halves with some floats", modelOf({ initializer: [weight(10, 100), weight(1, 20)] }), "fp16"],
  ["signed bytes with float biases", modelOf({ initializer: [weight(3, 100), weight(1, 20)] }), "int8"],
  ["unsigned bytes", modelOf({ initializer: [weight(2, 100), weight(1, 20)] }), "uint8"],
  ["blocks of 4 bits", blocks(4n, 1), "q4"],
  ["blocks of 4 bits with half scales", blocks(4n, 10), "q4f16"],
  ["blocks of 8 bits", blocks(8n, 1), "q8"],
  [
    "4-bit floats of bitsandbytes",
    modelOf({
      initializer: [weight(2, 512), weight(1, 32)],
      node: [{ opType: "MatMulBnb4", domain: "com.microsoft" }],
    }),
    "bnb4",
  ],
  ["4-bit integers", modelOf({ initializer: [weight(22, 100)] }), "q4"],
  [
    "weights in a Constant node of a branch",
    modelOf({
      node: [{
        opType: "If",
        attribute: [{
          name: "then_branch",
          g: graphOf({ node: [{ opType: "Constant", attribute: [{ name: "value", t: weight(10, 50) }] }] }),
        }],
      }],
      initializer: [floats("b", [1], [1])],
    }),
    "fp16",
  ],
  ["nothing", modelOf({}), "fp32"],
])("%s are told by what is in the file", (_, model, precision) => expect(precisionOf(model)).toBe(precision));
