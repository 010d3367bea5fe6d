import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openGraph } from "../graph/open.ts";
import { completeInputs, typed } from "../host/inputs.ts";
import { Model } from "../host/model.ts";
import { dense, fileOf, floats, info } from "../onnx/sample.ts";
import { kernelExecutor } from "../runtime/kernel/executor.ts";
import { readCheckpoint } from "./checkpoint.ts";
import { openCheckpoint } from "./directory.ts";
import { filesFromBytes, sha256 } from "./files.ts";
import { chooseModel, dtypeOfFile } from "./model_file.ts";

const json = (value: unknown) => JSON.stringify(value);
const tokenizer = {
  model: { type: "WordLevel", unk_token: "?", vocab: { "?": 0, good: 1 } },
  pre_tokenizer: { type: "WhitespaceSplit" },
};
const external = fileOf({
  input: [info("x", [2])],
  output: [info("y", [2])],
  node: [{ opType: "Mul", input: ["x", "W"], output: ["y"] }],
  initializer: [{
    name: "W",
    dataType: 1,
    dims: [2n],
    dataLocation: 1,
    externalData: [{ key: "location", value: "w.bin" }],
  }],
});

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "hyaline-directory-"));
  mkdirSync(join(root, "full/onnx"), { recursive: true });
  writeFileSync(join(root, "full/config.json"), json({ id2label: { 0: "NEG", 1: "POS" }, max_position_embeddings: 4 }));
  writeFileSync(join(root, "full/tokenizer.json"), json(tokenizer));
  writeFileSync(join(root, "full/onnx/model.onnx"), dense());
  writeFileSync(
    join(root, "full/onnx/model_quantized.onnx"),
    fileOf({
      input: [info("x", [1])],
      output: [info("y", [1])],
      node: [{ opType: "Neg", input: ["x"], output: ["y"] }],
    }),
  );
  mkdirSync(join(root, "lone"));
  writeFileSync(join(root, "lone/digits_int8.onnx"), dense());
  mkdirSync(join(root, "empty"));
  mkdirSync(join(root, "linked/onnx"), { recursive: true });
  writeFileSync(join(root, "secret"), new Uint8Array(8));
  writeFileSync(join(root, "linked/onnx/model.onnx"), external);
  symlinkSync(join(root, "secret"), join(root, "linked/onnx/w.bin"));
  cpSync(join(root, "linked/onnx/model.onnx"), join(root, "lone/other.txt"));
  mkdirSync(join(root, "broken"));
  writeFileSync(join(root, "broken/model.onnx"), dense());
  writeFileSync(join(root, "broken/config.json"), "{ not json");
});
afterAll(() => rmSync(root, { recursive: true }));
const fails = (code: string, text = /./) => expect.objectContaining({ code, hint: expect.stringMatching(text) });

test("a directory in Hugging Face layout is opened, the full precision first", async () => {
  const checkpoint = await openCheckpoint(join(root, "full"));
  expect(checkpoint).toMatchObject({
    id: "full",
    path: "onnx/model.onnx",
    dtype: "fp32",
    labels: ["NEG", "POS"],
    hasTokenizer: true,
  });
  expect(checkpoint.sha256).toBe(await sha256(dense()));
  expect([...checkpoint.digests.keys()]).toEqual(["onnx/model.onnx", "config.json", "tokenizer.json"]);
  expect(openGraph(checkpoint.model).graph.nodes).toHaveLength(3);
});

test("a model opened from a disk reads its weights again, and says so where they were written to meanwhile", async () => {
  cpSync(new URL("../../../../models/ioi-lm", import.meta.url), join(root, "rewritten"), { recursive: true });
  const path = join(root, "rewritten/onnx/model.onnx"), session = { backend: "wasm" as const, threads: 1 };
  const checkpoint = await openCheckpoint(join(root, "rewritten")), executor = kernelExecutor({ threads: 1 });
  const model = new Model(checkpoint, { session, executor, forward: "program" }), { target } = model;
  expect(checkpoint.model).toHaveLength(0);
  const inputs = completeInputs(model.graph, new Map([["input_ids", typed("int64", [1, 3], [1, 2, 3])]]));
  const before = await model.forward(inputs, [target]);
  renameSync(path, `${path}.old`); // another file under its name is another model
  writeFileSync(path, dense());
  expect(await model.forward(inputs, [target])).toEqual(before);
  appendFileSync(`${path}.old`, "x");
  await expect(model.forward(inputs, [target])).rejects.toThrow(fails("MODEL_CHANGED", /again/));
  await model.release();
  await model.release(); // twice does no harm
  await executor.stop();
});

test("the tokenizer takes its limit from the model where its own file does not say", async () => {
  const checkpoint = await openCheckpoint(join(root, "full"));
  expect(checkpoint.tokenizer().encode("good good").ids).toEqual([1, 1]);
  expect(() => checkpoint.tokenizer().encode("good ".repeat(5))).toThrow(
    expect.objectContaining({ code: "TEXT_TOO_LONG" }),
  );
});

test("dtype picks the file", async () => {
  for (const dtype of ["int8", "q8"]) {
    expect(await openCheckpoint(join(root, "full"), { dtype })).toMatchObject({
      path: "onnx/model_quantized.onnx",
    });
  }
});

test("an .onnx file finds the rest beside it, or beside its folder", async () => {
  expect(await openCheckpoint(join(root, "full/onnx/model_quantized.onnx"))).toMatchObject({
    id: "full",
    path: "onnx/model_quantized.onnx",
    hasTokenizer: true,
  });
  expect(await openCheckpoint(join(root, "lone/digits_int8.onnx"))).toMatchObject({
    id: "lone",
    path: "digits_int8.onnx",
    hasTokenizer: false,
    config: {},
  });
});

test("a directory with one model under a name of its own needs no convention", async () => {
  expect((await openCheckpoint(join(root, "lone"))).path).toBe("digits_int8.onnx");
});

test.each([
  ["a precision nobody knows", "full", { dtype: "fp7" }, "DTYPE_UNKNOWN", /fp16.*"onnx\/model.onnx"/],
  ["a precision that is not there", "full", { dtype: "q4" }, "DTYPE_UNKNOWN", /"onnx\/model_quantized.onnx"/],
  ["a part that is not there", "full", { part: "encoder_model" }, "FILE_MISSING", /"onnx\/model.onnx"/],
  ["a directory without a model", "empty", {}, "FILE_MISSING", /no files/],
  ["a path that is not there", "gone/model.onnx", {}, "FILE_MISSING", /./],
  ["a file that is no model", "lone/../full/config.json", {}, "NOT_ONNX", /directory/],
  ["a configuration that is no JSON", "broken", {}, "CONFIG_INVALID", /./],
  ["external data behind a symbolic link", "linked", {}, "EXTERNAL_PATH", /plain files/],
  ["a model over the limit", "full", { limits: { totalBytes: 10 } }, "MODEL_TOO_LARGE", /limit/],
])("%s is refused", async (_, path, options, code, hint) => {
  await expect(openCheckpoint(join(root, path), options)).rejects.toThrow(fails(code, hint));
});

test.each(["https://host/model.onnx2", "file:///etc", "no such name"])("%j is no checkpoint", async (source) => {
  await expect(openCheckpoint(source, { offline: true })).rejects.toThrow(fails("CHECKPOINT_UNKNOWN"));
});

test("a checkpoint without a tokenizer says so when text is asked of it", async () => {
  const checkpoint = await readCheckpoint(filesFromBytes("mine", new Map([["model.onnx", dense()]])));
  expect(() => checkpoint.tokenizer()).toThrow(fails("MISSING_TOKENIZER", /--input-ids/));
});

test("missing external data is named", async () => {
  await expect(readCheckpoint(filesFromBytes("mine", new Map([["onnx/model.onnx", external]])))).rejects.toThrow(
    fails("EXTERNAL_MISSING"),
  );
});

test("links of Hugging Face's own cache are followed to its blobs, and nowhere else", async () => {
  const repository = join(root, "models--org--name"), snapshot = join(repository, "snapshots/abc/onnx");
  mkdirSync(snapshot, { recursive: true });
  mkdirSync(join(repository, "blobs"));
  writeFileSync(join(repository, "blobs/1"), external);
  writeFileSync(join(repository, "blobs/2"), new Uint8Array(Float32Array.of(3, 4).buffer));
  symlinkSync("../../../blobs/1", join(snapshot, "model.onnx"));
  symlinkSync("../../../blobs/2", join(snapshot, "w.bin"));
  const { externalData } = await openCheckpoint(join(repository, "snapshots/abc"));
  expect(externalData[0]!.data).toEqual(new Uint8Array(Float32Array.of(3, 4).buffer));
  rmSync(join(snapshot, "w.bin"));
  symlinkSync(join(root, "secret"), join(snapshot, "w.bin"));
  await expect(openCheckpoint(join(repository, "snapshots/abc"))).rejects.toThrow(fails("EXTERNAL_PATH"));
});

test("a pipe in place of a file is not waited for", async () => {
  const folder = join(root, "piped");
  mkdirSync(folder);
  writeFileSync(join(folder, "model.onnx"), external);
  execFileSync("mkfifo", [join(folder, "w.bin"), join(folder, "config.json")]);
  await expect(openCheckpoint(folder)).rejects.toThrow(fails("EXTERNAL_PATH"));
});

test("a decoder that reads an encoder's hidden states brings the encoder along, in its own precision", async () => {
  const part = (input: string, output: string) =>
    fileOf({
      input: [info(input, [1])],
      output: [info(output, [1])],
      node: [{ opType: "Neg", input: [input], output: [output] }],
    });
  const decoder = part("encoder_hidden_states", "logits"),
    encoder = part("input_ids", "last_hidden_state"),
    small = part("pixels", "last_hidden_state");
  const read = (paths: [string, Uint8Array][], dtype?: string) =>
    readCheckpoint(filesFromBytes("m", new Map(paths)), dtype ? { dtype } : {});
  const all: [string, Uint8Array][] = [
    ["onnx/decoder_model_merged.onnx", decoder],
    ["onnx/decoder_model_merged_quantized.onnx", decoder],
    ["onnx/encoder_model.onnx", encoder],
    ["onnx/encoder_model_quantized.onnx", small],
  ];
  const { path, encoder: found, digests } = await read(all);
  expect([path, found]).toEqual(["onnx/decoder_model_merged.onnx", encoder]);
  expect(digests.has("onnx/encoder_model.onnx")).toBe(true);
  expect((await read(all, "int8")).encoder).toEqual(small);
  expect((await read(all.slice(0, 3), "int8")).encoder).toEqual(encoder);
  expect((await read(all.slice(0, 1))).encoder).toBeUndefined();
  expect(
    (await read([["onnx/decoder_model.onnx", part("input_ids", "logits")], ["onnx/encoder_model.onnx", encoder]]))
      .encoder,
  ).toBeUndefined();
});

test("labels count only where every class has one", async () => {
  const labels = async (id2label: unknown) =>
    (await readCheckpoint(
      filesFromBytes(
        "m",
        new Map([["model.onnx", dense()], ["config.json", new TextEncoder().encode(json({ id2label }))]]),
      ),
    )).labels;
  expect(await labels({ 1: "b", 0: "a" })).toEqual(["a", "b"]);
  expect(await labels({ 0: "a", 2: "c" })).toBeUndefined();
  expect(await labels(null)).toBeUndefined();
});

test.each([
  [
    ["onnx/decoder_model_merged.onnx", "onnx/encoder_model.onnx", "onnx/decoder_model.onnx"],
    {},
    "onnx/decoder_model_merged.onnx",
  ],
  [["onnx/decoder_model_merged.onnx", "onnx/encoder_model.onnx"], { part: "encoder_model" }, "onnx/encoder_model.onnx"],
  [["onnx/model_int8.onnx", "onnx/model_quantized.onnx"], { dtype: "int8" }, "onnx/model_int8.onnx"],
  [["onnx/model_int8.onnx", "onnx/model_quantized.onnx"], { dtype: "q8" }, "onnx/model_quantized.onnx"],
  [["onnx/model_q4f16.onnx", "onnx/model_bnb4.onnx"], {}, "onnx/model_q4f16.onnx"],
  [["model.onnx", "onnx/model.onnx"], {}, "onnx/model.onnx"],
])("of %j with %j, %s is meant", (paths, wish, path) => {
  expect(chooseModel("m", paths, wish).path).toBe(path);
});

test.each([
  ["model.onnx", "fp32"],
  ["a/model_fp16.onnx", "fp16"],
  ["model_quantized.onnx", "int8"],
  ["model_q4f16.onnx", "q4f16"],
  ["model_q4.onnx", "q4"],
  ["model_bnb4.onnx", "bnb4"],
  ["model_uint8.onnx", "uint8"],
])("%s is %s", (path, dtype) => {
  expect(dtypeOfFile(path)).toBe(dtype);
});

test("weights in the file are not mistaken for external ones", async () => {
  const file = fileOf({
    input: [info("x", [1])],
    output: [info("y", [1])],
    initializer: [floats("W", [1], [2])],
    node: [{ opType: "Mul", input: ["x", "W"], output: ["y"] }],
  });
  expect((await readCheckpoint(filesFromBytes("m", new Map([["model.onnx", file]])))).externalData).toEqual([]);
});
