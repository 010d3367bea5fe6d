import { expect, test } from "vitest";
import { HyalineError } from "../errors.ts";
import { decode } from "./decode.ts";
import { encode } from "./encode.ts";
import { dense, fileOf, modelOf } from "./sample.ts";

const codeOf = (bytes: Uint8Array): string => {
  try {
    decode(bytes);
    return "decoded";
  } catch (error) {
    return error instanceof HyalineError ? error.code : `untyped: ${error}`;
  }
};
const ascii = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const relu = { node: [{ opType: "Relu", input: ["x"], output: ["y"] }] };

test("decode gives back what encode wrote", () => {
  const model = modelOf(relu);
  expect(decode(encode(model)).graph?.node[0]?.opType).toBe("Relu");
});

test("decode keeps weights as views into the file", () => {
  const file = dense();
  expect(decode(file).graph?.initializer[0]?.rawData.buffer).toBe(file.buffer);
});

test("decode says an empty file is empty", () => expect(codeOf(new Uint8Array())).toBe("FILE_EMPTY"));

test("decode never takes a truncated model for a whole one", () => {
  const file = dense();
  const codes = new Map<string, number>();
  for (let length = 1; length < file.length; length++) {
    const code = codeOf(file.subarray(0, length));
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }
  expect(codes.get("FILE_TRUNCATED")).toBeGreaterThan(file.length - 4);
  expect([...codes.keys()].filter((code) => code !== "FILE_TRUNCATED" && code !== "NOT_ONNX")).toEqual([]);
});

test.each([
  ["a Git LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", /git lfs pull/],
  ["a web page", "<!DOCTYPE html><html></html>", /download/],
  ["a GGUF file", "GGUF\x03\0\0\0", /optimum/],
  ["a zip archive", "PK\x03\x04\x14\0\0\0", /Unpack/],
  ["a safetensors file", '\x10\0\0\0\0\0\0\0{"a":{}}', /optimum/],
  ["JSON", '{"model_type": "bert"}', /directory/],
  ["text", "hello, world", /\.onnx/],
  ["zeros", "\0".repeat(64), /\.onnx/],
])("decode recognises %s and says what to do", (_, text, hint) => {
  try {
    decode(ascii(text));
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({ code: "NOT_ONNX", hint: expect.stringMatching(hint) });
  }
});

test.each([[27n, "OPSET_UNSUPPORTED"], [6n, "OPSET_UNSUPPORTED"], [7n, "decoded"], [26n, "decoded"]])(
  "decode judges operator set %s",
  (version, code) => {
    expect(codeOf(fileOf(relu, { opsetImport: [{ domain: "", version }] }))).toBe(code);
    expect(codeOf(fileOf(relu, { opsetImport: [{ domain: "ai.onnx", version }] }))).toBe(code);
  },
);

test("decode refuses a newer file format", () =>
  expect(codeOf(fileOf(relu, { irVersion: 14n }))).toBe("IR_UNSUPPORTED"));

test("decode answers every one-byte mutation with a model or a typed error", () => {
  const file = dense();
  for (let at = 0; at < file.length; at++) {
    for (const flip of [0x01, 0x80, 0xff]) {
      const mutant = file.slice();
      mutant[at]! ^= flip;
      expect(codeOf(mutant)).not.toMatch(/untyped/);
    }
  }
});
