import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Tensor } from "onnxruntime-web";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openGraph } from "../graph/open.ts";
import { decode } from "./decode.ts";
import { encodeGraph } from "./encode.ts";
import { containedPath, externalFromBytes, externalLocations } from "./external.ts";
import { externalFromDirectory } from "./external_files.ts";
import { fileOf, info, runModel } from "./sample.ts";

const weights = Float32Array.of(9, 9, 1, 2, 3, 4);
const weightBytes = new Uint8Array(weights.buffer);

const external = (entries: Record<string, string>) =>
  fileOf({
    input: [info("x", [2])],
    output: [info("y", [2])],
    initializer: [{
      name: "W",
      dataType: 1,
      dims: [2n, 2n],
      dataLocation: 1,
      externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
    }],
    node: [{ opType: "MatMul", input: ["x", "W"], output: ["y"] }],
  });
const good = { location: "w.bin", offset: "8", length: "16" };
const at = (slice: Partial<{ location: string; offset: number; length: number }>) => ({
  location: "w.bin",
  offset: 8,
  length: 16,
  ...slice,
});

let root: string, directory: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "hyaline-external-"));
  directory = join(root, "model");
  mkdirSync(join(directory, "deep"), { recursive: true });
  writeFileSync(join(directory, "w.bin"), weightBytes);
  writeFileSync(join(directory, "deep", "w.bin"), weightBytes);
  writeFileSync(join(root, "secret"), weightBytes);
  symlinkSync(join(root, "secret"), join(directory, "link"));
  symlinkSync(root, join(directory, "up"));
  symlinkSync(join(directory, "w.bin"), join(directory, "inner"));
  linkSync(join(root, "secret"), join(directory, "hard"));
});
afterAll(() => rmSync(root, { recursive: true }));

test("external weights are read when asked for, from a directory and from bytes alike", () => {
  for (const source of [externalFromDirectory(directory), externalFromBytes(new Map([["w.bin", weightBytes]]))]) {
    const W = openGraph(external(good), { external: source }).graph.constants.get("W")!;
    expect(W.dims).toEqual([2, 2]);
    expect(W.read().data).toEqual(Float32Array.of(1, 2, 3, 4));
  }
});

test("a graph with external weights opens without them", () => {
  const { graph } = openGraph(external(good));
  expect(() => graph.constants.get("W")!.read()).toThrow(expect.objectContaining({ code: "EXTERNAL_MISSING" }));
});

test("an encoded graph leaves external weights where they are, and the runtime finds them", async () => {
  const bytes = encodeGraph(openGraph(external(good)).graph);
  expect(externalLocations(decode(bytes).graph!.initializer)).toEqual(["w.bin"]);
  const { y } = await runModel(bytes, { x: new Tensor("float32", [1, 10], [2]) }, {
    externalData: [{ path: "w.bin", data: weightBytes }],
  });
  expect(Array.from(y!.data as Float32Array)).toEqual([31, 42]);
});

test.each([
  "../secret",
  "deep/../../secret",
  "/etc/passwd",
  "C:/secret",
  "C:secret",
  "\\\\host\\share",
  "deep\\w.bin",
  "file:///etc/passwd",
  "http://host/w",
  "",
  ".",
  "./",
  "..",
  "w\0.bin",
])("a location %j is refused as text", (location) => {
  expect(() => containedPath(location)).toThrow(expect.objectContaining({ code: "EXTERNAL_PATH" }));
  expect(() => openGraph(external({ ...good, location }))).toThrow(expect.objectContaining({ code: "EXTERNAL_PATH" }));
});

test.each([["./w.bin", "w.bin"], ["deep//w.bin", "deep/w.bin"], ["a..b/..c", "a..b/..c"], [
  "model.onnx_data",
  "model.onnx_data",
]])("a location %j stays inside", (location, plain) => {
  expect(containedPath(location)).toBe(plain);
});

test.each([["link", /symbolic/], ["up/secret", /symbolic/], ["inner", /symbolic/], ["hard", /hard link/], [
  "deep",
  /plain file/,
]])("on a disk, %s is refused", (location, why) => {
  expect(() => externalFromDirectory(directory).read(at({ location }))).toThrow(
    expect.objectContaining({ code: "EXTERNAL_PATH", message: expect.stringMatching(why) }),
  );
});

test("a hard link is read where the caller vouches for the directory", () => {
  expect(externalFromDirectory(directory, { hardLinks: true }).read(at({ location: "hard" }))).toHaveLength(16);
});

test.each([[{ location: "gone" }, /missing/], [{ offset: 16 }, /24 bytes/], [{ offset: 2 ** 52 }, /24 bytes/]])(
  "external data %j is named as missing",
  (slice, why) => {
    for (const source of [externalFromDirectory(directory), externalFromBytes(new Map([["w.bin", weightBytes]]))]) {
      expect(() => source.read(at(slice))).toThrow(
        expect.objectContaining({ code: "EXTERNAL_MISSING", message: expect.stringMatching(why) }),
      );
    }
  },
);

test.each([{ offset: "-8" }, { offset: "1e3" }, { length: "17" }, { length: "99999999999999999999" }, {
  offset: " 8",
}])("external entries %j are refused", (entries) => {
  expect(() => openGraph(external({ ...good, ...entries }))).toThrow(
    expect.objectContaining({ code: "MODEL_MALFORMED" }),
  );
});
