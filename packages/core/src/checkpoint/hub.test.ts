import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { dense, fileOf, info } from "../onnx/sample.ts";
import { openCheckpoint, type OpenOptions } from "./directory.ts";
import { HubServer } from "./fixtures/hub_server.ts";
import { Hub, type Progress } from "./hub.ts";
import { filesFromHub, parseHubId } from "./hub_files.ts";
import { readCheckpoint } from "./checkpoint.ts";
import { memoryStore } from "./store.ts";

const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const weights = new Uint8Array(Float32Array.from({ length: 4096 }, (_, i) => i).buffer);
/** A model whose 16 kB of weights lie in a second file. */
const split = fileOf({
  input: [info("x", [1])],
  output: [info("y", [4096])],
  node: [{ opType: "Mul", input: ["x", "W"], output: ["y"] }],
  initializer: [{
    name: "W",
    dataType: 1,
    dims: [4096n],
    dataLocation: 1,
    externalData: [{ key: "location", value: "model_fp16.onnx_data" }],
  }],
});

let server: HubServer, cache: string;
beforeEach(async () => {
  cache = mkdtempSync(join(tmpdir(), "hyaline-hub-"));
  server = await new HubServer(
    new Map([["config.json", text({ id2label: { 0: "bad", 1: "good" } })], ["onnx/model.onnx", dense()], [
      "onnx/model_fp16.onnx",
      split,
    ], ["onnx/model_fp16.onnx_data", weights]]),
  ).start();
});
afterEach(async () => {
  await server.stop();
  rmSync(cache, { recursive: true });
});
const open = (options: OpenOptions = {}, id = "org/name") =>
  openCheckpoint(id, { host: server.host, cache, retryDelay: 1, ...options });
const fails = (code: string) => expect.objectContaining({ code });

test("a hub id is downloaded once, then read from the cache without a request", async () => {
  const first = await open();
  expect(first).toMatchObject({
    id: "org/name",
    dtype: "fp32",
    path: "onnx/model.onnx",
    labels: ["bad", "good"],
    hasTokenizer: false,
  });
  expect(first.model).toEqual(dense());
  const requests = server.log.length;
  expect((await open()).sha256).toBe(first.sha256);
  expect((await open({ offline: true })).sha256).toBe(first.sha256);
  expect(server.log.length).toBe(requests);
});

test("a revision has files of its own", async () => {
  expect((await open({}, "org/name@v1.0")).id).toBe("org/name@v1.0");
  expect(server.log.some((line) => line.startsWith("/org/name/resolve/v1.0/onnx/model.onnx"))).toBe(true);
  await expect(open({ offline: true })).rejects.toThrow(fails("OFFLINE_MISS"));
});

test("external data is downloaded with its model", async () => {
  const { externalData, external, path } = await open({ dtype: "fp16" });
  expect(path).toBe("onnx/model_fp16.onnx");
  expect(externalData.map(({ path, data }) => [path, data.length])).toEqual([["model_fp16.onnx_data", weights.length]]);
  expect(external.read({ location: "model_fp16.onnx_data", offset: 4, length: 4 })).toEqual(weights.subarray(4, 8));
});

test("a download that breaks off goes on where it stopped", async () => {
  server.mishaps.set("onnx/model_fp16.onnx_data", [{ breakAfter: 5000 }, { breakAfter: 3000 }]);
  const { externalData } = await open({ dtype: "fp16" });
  expect(externalData[0]!.data).toEqual(weights);
  const ranges = server.log.filter((line) => line.includes("onnx_data")).map((line) => line.split(" ")[1]);
  expect(ranges).toEqual([undefined, "bytes=5000-", "bytes=8000-"]);
});

test("the next run goes on with a download that the last one gave up", async () => {
  server.mishaps.set("onnx/model_fp16.onnx_data", [{ breakAfter: 5000 }]);
  await expect(open({ dtype: "fp16", retries: 0 })).rejects.toThrow(fails("DOWNLOAD_BROKEN"));
  expect((await open({ dtype: "fp16" })).externalData[0]!.data).toEqual(weights);
  expect(server.log.at(-1)).toMatch(/bytes=5000-|config/);
  expect(server.log.some((line) => line.endsWith("onnx_data bytes=5000-"))).toBe(true);
});

test("a file that changed in between is fetched whole", async () => {
  server.mishaps.set("onnx/model_fp16.onnx_data", [{ breakAfter: 5000 }]);
  await expect(open({ dtype: "fp16", retries: 0 })).rejects.toThrow(fails("DOWNLOAD_BROKEN"));
  const changed = weights.slice().fill(7, 0, 100);
  server.files.set("onnx/model_fp16.onnx_data", changed);
  expect((await open({ dtype: "fp16" })).externalData[0]!.data).toEqual(changed);
});

test("without a validator a broken download begins again", async () => {
  server.validators = false;
  server.mishaps.set("onnx/model_fp16.onnx_data", [{ breakAfter: 5000 }]);
  expect((await open({ dtype: "fp16" })).externalData[0]!.data).toEqual(weights);
  expect(server.log.some((line) => line.includes("bytes="))).toBe(false);
});

test("a compressed body is unpacked, and never gone on with from the middle", async () => {
  server.compressed = true;
  server.mishaps.set("onnx/model_fp16.onnx_data", [{ breakAfter: 5000 }]);
  expect((await open({ dtype: "fp16" })).externalData[0]!.data).toEqual(weights);
  expect(server.log.some((line) => line.includes("bytes="))).toBe(false);
});

test("a draft longer than the file is thrown away", async () => {
  server.mishaps.set("onnx/model_fp16.onnx_data", [{ breakAfter: 5000 }]);
  await expect(open({ dtype: "fp16", retries: 0 })).rejects.toThrow(fails("DOWNLOAD_BROKEN"));
  const part = join(cache, "org/name/main/onnx/model_fp16.onnx_data.part");
  writeFileSync(part, new Uint8Array(weights.length + 10));
  expect((await open({ dtype: "fp16" })).externalData[0]!.data).toEqual(weights);
});

test("a body that stays too short is an error, and nothing half-written is taken for the file", async () => {
  server.mishaps.set("onnx/model.onnx", Array(4).fill({ breakAfter: 10 }));
  await expect(open()).rejects.toThrow(fails("DOWNLOAD_BROKEN"));
  expect(existsSync(join(cache, "org/name/main/onnx/model.onnx"))).toBe(false);
});

test.each([500, 503, 429])("a server that answers %s is asked again", async (status) => {
  server.mishaps.set("onnx/model.onnx", [{ status }, { status }]);
  expect((await open()).model).toEqual(dense());
  server.mishaps.set("config.json", Array(4).fill({ status }));
  rmSync(join(cache, "org/name/main/config.json"));
  await expect(open()).rejects.toThrow(fails("HUB_STATUS"));
});

test.each([[401, "HUB_DENIED"], [403, "HUB_DENIED"], [400, "HUB_STATUS"]])(
  "a server that answers %s is not asked again",
  async (status, code) => {
    server.mishaps.set("onnx/model.onnx", [{ status }]);
    await expect(open()).rejects.toThrow(fails(code));
    expect(server.log.filter((line) => line.endsWith("model.onnx"))).toHaveLength(1);
  },
);

test("a file that does not match its digest is refused and not kept", async () => {
  const list = await new Hub({ host: server.host }).list({ model: "org/name", revision: "main" });
  expect(list!.find(({ path }) => path === "onnx/model.onnx")!.sha256).toMatch(/^[0-9a-f]{64}$/);
  await expect(open({ dtype: "int8" })).rejects.toThrow(fails("DTYPE_UNKNOWN")); // keeps the listing
  server.files.set("onnx/model.onnx", split);
  await expect(open()).rejects.toThrow(fails("DOWNLOAD_CORRUPT"));
  expect(
    readdirSync(join(cache, "org/name/main"), { recursive: true }).filter((name) => String(name).includes("model")),
  ).toEqual([]);
});

test("a plain file server without a listing is probed", async () => {
  server.listing = false;
  expect((await open({ dtype: "fp32" })).model).toEqual(dense());
  await expect(open({ dtype: "q4" })).rejects.toThrow(fails("FILE_MISSING"));
});

test("a mirror's own paths are configuration", async () => {
  server.listing = false;
  expect((await open({ template: "mirror/{model}/" })).model).toEqual(dense());
  expect(server.log.at(-1)).toMatch(/^\/mirror\/org\/name\//);
});

test("no hub, no network: each says so", async () => {
  await expect(open({ offline: true })).rejects.toThrow(fails("OFFLINE_MISS"));
  await open();
  await expect(open({ offline: true, dtype: "fp16" })).rejects.toThrow(fails("OFFLINE_MISS"));
  await expect(
    openCheckpoint("org/name", { host: "http://127.0.0.1:9", cache: join(cache, "other"), retries: 1, retryDelay: 1 }),
  ).rejects.toThrow(fails("HUB_UNREACHABLE"));
});

test("progress tells how far each file is", async () => {
  const states: Progress[] = [];
  await open({ dtype: "fp16", progress: (state) => states.push(state) });
  expect(states.findLast(({ file }) => file.endsWith("onnx_data"))).toEqual({
    file: "onnx/model_fp16.onnx_data",
    loaded: weights.length,
    total: weights.length,
  });
});

test("a signal stops a download", async () => {
  server.mishaps.set("onnx/model.onnx", Array(4).fill({ status: 503 }));
  const controller = new AbortController();
  const opening = open({ signal: controller.signal, retryDelay: 10_000 });
  setTimeout(() => controller.abort(new Error("stopped")), 300);
  await expect(opening).rejects.toThrow("stopped");
});

test("two at once do not write into one draft", async () => {
  const both = await Promise.all([open({ dtype: "fp16" }), open({ dtype: "fp16" })]);
  for (const { externalData } of both) expect(externalData[0]!.data).toEqual(weights);
  expect(readdirSync(join(cache, "org/name/main/onnx")).filter((name) => name.includes(".part"))).toEqual([]);
});

test("a lock that a dead process left behind is taken over", async () => {
  server.mishaps.set("onnx/model_fp16.onnx_data", [{ breakAfter: 5000 }]);
  await expect(open({ dtype: "fp16", retries: 0 })).rejects.toThrow(fails("DOWNLOAD_BROKEN"));
  writeFileSync(join(cache, "org/name/main/onnx/model_fp16.onnx_data.part.lock"), "999999999");
  expect((await open({ dtype: "fp16" })).externalData[0]!.data).toEqual(weights);
  expect(server.log.some((line) => line.endsWith("onnx_data bytes=5000-"))).toBe(true);
});

test("a file over the limit is not taken in", async () => {
  await expect(open({ maxBytes: 100 })).rejects.toThrow(fails("MODEL_TOO_LARGE"));
});

test("a listing that was damaged in the cache is fetched again", async () => {
  await open();
  writeFileSync(join(cache, "org/name/main/.listing.json"), "[{");
  expect((await open({ dtype: "fp16" })).path).toBe("onnx/model_fp16.onnx");
});

test("a listing cannot lead outside the cache", async () => {
  server.listing = "hostile";
  await expect(openCheckpoint("org/name", { host: server.host, cache, part: "../../../evil" })).rejects.toThrow();
  await open();
  expect(readFileSync(join(cache, "org/name/main/config.json")).length).toBeGreaterThan(0);
  expect(existsSync(join(cache, "..", "evil.onnx"))).toBe(false);
});

test("the same works in memory, where there is no disk", async () => {
  const store = memoryStore(), hub = new Hub({ host: server.host, retryDelay: 1 });
  server.mishaps.set("onnx/model.onnx", [{ breakAfter: 40 }]);
  expect((await readCheckpoint(filesFromHub("org/name", { hub, store }))).model).toEqual(dense());
  expect(server.log.some((line) => line.endsWith("bytes=40-"))).toBe(true);
  const requests = server.log.length;
  expect((await readCheckpoint(filesFromHub("org/name", { hub, store, offline: true }))).model).toEqual(dense());
  expect(server.log.length).toBe(requests);
});

test.each(["gpt2", "org/name", "Xenova/bert-base_v1.2", "org/name@main", "org/name@refs/pr/1", "org/name@0123abc"])(
  "%j is a hub id",
  (id) => {
    expect(parseHubId(id).model).toBe(id.split("@")[0]);
  },
);

test.each([
  "",
  "/",
  "a/b/c",
  "../name",
  "org/..",
  "org/na..me",
  ".org/name",
  "org/name@",
  "org/name@../x",
  "org/name@a@b",
  "org//name",
  "org/name?x=1",
  "org/name#x",
  "org/na me",
  "org\\name",
  "org/name\0",
  "http://host/name",
  "%2e%2e/name",
  "org/name@%2e%2e",
  "-org/name",
  "org/" + "a".repeat(97),
  "org/näme",
  "org/name\n",
])("%j is no hub id", (id) => {
  expect(() => parseHubId(id)).toThrow(fails("CHECKPOINT_UNKNOWN"));
});
