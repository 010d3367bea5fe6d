import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeGraph, openGraph } from "@hyaline/core";
import { type Explanation, migrate } from "@hyaline/core/result";
import { run } from "./mod.ts";
import { embeddedFolder } from "./models.ts";
import { openEngine } from "./open.ts";

/** The real thing: embedded models, the kernel and ONNX Runtime, every explainer. Only the streams are in memory. */
async function hyaline(...args: string[]) {
  const written = { out: "", err: "" };
  const sink = (to: "out" | "err") => ({ write: (text: string) => void (written[to] += text), isTTY: false });
  const io = {
    stdout: sink("out"),
    stderr: sink("err"),
    stdin: () => Promise.resolve(""),
    env: { XDG_CONFIG_HOME: "/nonexistent" },
    signal: new AbortController().signal,
  };
  const code = await run(args, { io, open: openEngine });
  return { code, ...written };
}
const explained = async (...args: string[]): Promise<Explanation[]> => {
  const { code, out, err } = await hyaline("explain", "--format", "json", ...args);
  if (code !== 0) throw new Error(err);
  const value = JSON.parse(out);
  return (Array.isArray(value) ? value : [value]).map(migrate);
};

const native = await import("onnxruntime-node").then(() => true, () => false);
const ioi = "When Mary and John went to the store, John gave a drink to";

describe("embedded models", () => {
  test("relevance for the indirect object lies on its name, and the ledger closes", async () => {
    const [explanation] = await explained("--model", "ioi-lm", ioi, "--no-checks");
    if (explanation?.type !== "token-scores") throw new Error("not token scores");
    expect(explanation.target.label?.trim()).toBe("Mary");
    const scores = explanation.data.values, best = scores.indexOf(Math.max(...scores));
    expect(explanation.tokens[best]!.text.trim()).toBe("Mary");
    expect(explanation.diagnostics.ledger?.closed).toBe(true);
    expect(explanation.memory!.peak).toBeGreaterThan(10e6);
  });

  test("kernel and ONNX Runtime carry the same relevance", async () => {
    const of = async (executor: string) => {
      const [explanation] = await explained("--model", "ioi-lm", ioi, "--no-checks", "--executor", executor);
      if (explanation?.type !== "token-scores") throw new Error("not token scores");
      const { executor: by, runtime } = explanation.provenance;
      return { by: [by, runtime.replace(/ [\d.]+$/, "")], values: explanation.data.values };
    };
    const kernel = await of("kernel"), ort = await of("onnxruntime");
    expect([kernel.by, ort.by]).toEqual([["kernel", "hyaline kernel"], ["ort", "onnxruntime-web"]]);
    const scale = Math.max(...ort.values.map(Math.abs));
    kernel.values.forEach((value, i) => expect(Math.abs(value - ort.values[i]!)).toBeLessThan(1e-4 * scale));
  });

  test.skipIf(!native)(
    "the native library carries the same relevance (skipped where onnxruntime-node does not load)",
    async () => {
      const of = async (backend: string) => {
        const [explanation] = await explained("--model", "ioi-lm", ioi, "--no-checks", "--backend", backend);
        if (explanation?.type !== "token-scores") throw new Error("not token scores");
        return { provider: explanation.provenance.provider, values: explanation.data.values };
      };
      const wasm = await of("wasm"), cpu = await of("native");
      expect([wasm.provider, cpu.provider]).toEqual(["wasm", "cpu"]);
      const scale = Math.max(...wasm.values.map(Math.abs));
      cpu.values.forEach((value, i) => expect(Math.abs(value - wasm.values[i]!)).toBeLessThan(1e-4 * scale));
    },
  );

  test("unless a backend is asked for the kernel runs what it can alone, and ONNX Runtime the rest", async () => {
    const by = async (...args: string[]) => {
      const [{ provenance: { runtime, provider, executor } }] = await explained(...args) as [Explanation];
      return [runtime.replace(/ [\d.]+$/, ""), provider, executor];
    };
    expect(await by("A moving film", "--method", "lrp")).toEqual(["hyaline kernel", "wasm", "kernel"]);
    expect(await by("--model", "sentiment-lstm", "A moving film", "--method", "occlusion"))
      .toEqual(["onnxruntime-web", "wasm", "none"]);
    expect(await by("A moving film", "--backend", "wasm", "--no-checks")).toEqual([
      "onnxruntime-web",
      "wasm",
      "kernel",
    ]);
  });

  test("the kernel alone carries the same relevance, integrated gradients too", async () => {
    const of = async (backend: string) => {
      const found = await explained(
        ...["--model", "ioi-lm", ioi, "--no-checks", "--backend", backend],
        ...["--method", "lrp,integrated-gradients,attention"],
      );
      return found.map((explanation) => {
        if (explanation.type !== "token-scores") throw new Error("not token scores");
        return { by: explanation.provenance.runtime, values: explanation.data.values };
      });
    };
    const wasm = await of("wasm"), alone = await of("kernel");
    expect(alone[0]!.by).toMatch(/^hyaline kernel /);
    alone.forEach(({ values }, i) => {
      const expected = wasm[i]!.values, scale = Math.max(...expected.map(Math.abs));
      values.forEach((value, k) => expect(Math.abs(value - expected[k]!)).toBeLessThan(1e-4 * scale));
    });
  });

  test("--generate: transformers.js writes on, and each token it wrote is explained in one pass each way", async () => {
    const found = await explained("--model", "ioi-lm", ioi, "--generate", "2", "--no-checks");
    expect(found.map(({ target }) => target.label?.trim())).toEqual(["Mary", "."]);
    expect(found[1]!.diagnostics.passes).toEqual({ forward: 1, backward: 1 });
    const { code, err } = await hyaline("explain", "--model", "sentiment-lstm", "A dull film", "--generate", "2");
    expect([code, err]).toEqual([1, expect.stringMatching(/GENERATION_FAILED.*sentiment-lstm[^]*--span/)]);
  });

  test("one unknown operator: black-box methods run, white-box ones name it, inspect marks it", async () => {
    const { graph } = openGraph(new Uint8Array(await readFile(join(embeddedFolder, "ioi-lm/onnx/model.onnx"))));
    const at = graph.nodes.findLastIndex(({ op }) => op === "Add"), node = graph.nodes[at]!;
    const odd = { op: "Shrink", domain: "", name: "odd", inputs: ["before"], outputs: node.outputs };
    const nodes = graph.nodes.with(at, { ...node, outputs: ["before"] })
      .toSpliced(at + 1, 0, { ...odd, attributes: { lambd: 0, bias: 0 } });
    const folder = await mkdtemp(join(tmpdir(), "hyaline-odd-"));
    await cp(join(embeddedFolder, "ioi-lm"), folder, { recursive: true });
    await writeFile(join(folder, "onnx/model.onnx"), encodeGraph({ ...graph, nodes }));

    const [explanation] = await explained("--model", folder, ioi, "--method", "occlusion", "--no-checks");
    expect(explanation!.target.label?.trim()).toBe("Mary");
    const refused = await hyaline("explain", "--model", folder, ioi, "--method", "attnlrp");
    expect([refused.code === 0, refused.out]).toEqual([false, ""]);
    expect(refused.err).toMatch(/MISSING_RULES.*"Shrink" \(node "odd"\)[^]*--method occlusion/);
    expect((await hyaline("inspect", folder)).out).toMatch(/Shrink +1 +1 +1 +MISSING/);
    await rm(folder, { recursive: true });
  });

  test("a result holds what is needed to run it again: the same inputs give the same scores", async () => {
    const folder = await mkdtemp(join(tmpdir(), "hyaline-again-")), path = join(folder, "result.json");
    const [first] = await explained(
      "--model",
      "ioi-lm",
      ioi,
      "--method",
      "saliency",
      "--target",
      "John",
      "--no-checks",
    );
    await writeFile(path, JSON.stringify(first));
    const [again] = await explained(
      "--model",
      "ioi-lm",
      "--inputs",
      path,
      "--method",
      "saliency",
      "--target-index",
      String(first!.target.index),
      "--no-checks",
    );
    expect(again!.data).toEqual(first!.data);
    expect(again!.target.value).toBe(first!.target.value);
    await rm(folder, { recursive: true });
  });

  test("several methods share one forward pass and are told side by side", async () => {
    const { code, out } = await hyaline(
      "explain",
      "--model",
      "ioi-lm",
      ioi,
      "--method",
      "lrp,grad-cam,attention",
      "--foil",
      "John",
      "--no-checks",
    );
    expect(code).toBe(0);
    expect(out).toContain("Why “Mary” and not “John”?");
    expect(out).toMatch(/1 forward and \d+ backward/);
  });

  test("predict answers, models lists, inspect says that every operator has a rule", async () => {
    expect((await hyaline("predict", "--model", "ioi-lm", ioi)).out).toMatch(/%\s+Mary/);
    expect((await hyaline("models")).out).toMatch(/ioi-lm +embedded/);
    expect((await hyaline("inspect", "ioi-lm", "--canon")).out).toMatch(
      /✓ Every operator on relevance's way has a rule[^]*silu +3 ×/,
    );
    expect(JSON.parse((await hyaline("inspect", "ioi-lm", "--format", "json", "--length", "8")).out)).toMatchObject({
      missing: [],
      length: 8,
      sources: ["text"],
    });
  });

  test("doctor finds the runtime and the kernel at work", async () => {
    const { code, out } = await hyaline("doctor", "--format", "json");
    expect(code).toBe(0);
    const findings = JSON.parse(out) as { title: string; value: string; ok?: boolean }[];
    expect(findings.find(({ title }) => title === "ONNX Runtime")?.ok).toBe(true);
    expect(findings.find(({ title }) => title === "kernel")?.value).toMatch(
      /^(relaxed|simd) build, \d+ threads?; runs /,
    );
  });
});

describe("bad input ends with a typed error, a hint, and nothing on standard output", () => {
  let folder = "";
  const whole = join(embeddedFolder, "ioi-lm");
  /** A copy of the embedded model with some of its files changed; `undefined` takes one away. */
  async function changed(name: string, files: Record<string, Uint8Array | string | undefined>): Promise<string> {
    const path = join(folder, name);
    await mkdir(join(path, "onnx"), { recursive: true });
    for (const file of ["config.json", "tokenizer.json", "tokenizer_config.json", "onnx/model.onnx"]) {
      const content = file in files ? files[file] : await readFile(join(whole, file));
      if (content !== undefined) await writeFile(join(path, file), content);
    }
    return path;
  }
  let onnx: Uint8Array = new Uint8Array();
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "hyaline-bad-"));
    onnx = await readFile(join(whole, "onnx/model.onnx"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const files: [string, () => Record<string, Uint8Array | string | undefined>, RegExp][] = [
    ["an empty model", () => ({ "onnx/model.onnx": "" }), /^[A-Z_]+ .*empty/i],
    [
      "a model cut in half",
      () => ({ "onnx/model.onnx": onnx.slice(0, onnx.length >> 1) }),
      /^[A-Z_]+ .*(truncated|cut|ends|stops)/i,
    ],
    ["a model cut by one byte", () => ({ "onnx/model.onnx": onnx.slice(0, -1) }), /^[A-Z_]+ /],
    [
      "a picture for a model",
      () => ({ "onnx/model.onnx": Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0]) }),
      /^[A-Z_]+ .*ONNX/i,
    ],
    ["a web page for a model", () => ({ "onnx/model.onnx": "<!doctype html><title>404</title>" }), /^[A-Z_]+ .*ONNX/i],
    [
      "a Git LFS pointer for a model",
      () => ({ "onnx/model.onnx": "version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 1\n" }),
      /^[A-Z_]+ /,
    ],
    ["no model file", () => ({ "onnx/model.onnx": undefined }), /^FILE_MISSING /],
    ["no tokenizer", () => ({ "tokenizer.json": undefined }), /^MISSING_TOKENIZER .*\n.*--input-ids/],
    ["a tokenizer that is no JSON", () => ({ "tokenizer.json": "{" }), /^CONFIG_INVALID /],
    ["a tokenizer without a model", () => ({ "tokenizer.json": "{}" }), /^TOKENIZER_INVALID /],
    ["a config that is no JSON", () => ({ "config.json": "nope" }), /^CONFIG_INVALID /],
    ["a config that is a list", () => ({ "config.json": "[]" }), /^CONFIG_INVALID /],
  ];
  test.each(files)("%s", async (name, change, error) => {
    const { code, out, err } = await hyaline(
      "explain",
      "--offline",
      "--model",
      await changed(name.replaceAll(" ", "-"), change()),
      ioi,
    );
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(error);
    expect(err).not.toMatch(/^INTERNAL/);
    expect(err.trim().split("\n").length).toBeGreaterThan(1);
  });

  const calls: [string, string[], RegExp][] = [
    [
      "an unknown model",
      ["--offline", "--model", "no-such-model", ioi],
      /^(CHECKPOINT_UNKNOWN|OFFLINE_MISS|UNKNOWN_MODEL) /,
    ],
    ["a path that is not there", ["--model", "./no/such/folder", ioi], /^FILE_MISSING /],
    ["a URL for a model", ["--model", "http://localhost:1/x", ioi], /^CHECKPOINT_UNKNOWN /],
    ["a hub id offline", ["--offline", "--model", "nobody/nothing", ioi], /^OFFLINE_MISS /],
    ["an unknown precision", ["--model", "ioi-lm", "--dtype", "fp7", ioi], /^DTYPE_UNKNOWN /],
    ["a precision the model does not have", ["--model", "ioi-lm", "--dtype", "q4", ioi], /^DTYPE_UNKNOWN /],
    ["an unknown method", ["--model", "ioi-lm", "--method", "lpr", ioi], /^UNKNOWN_METHOD .*\n.*Did you mean "lrp"/],
    ["an unknown composite", ["--model", "ioi-lm", "--composite", "nonsense", ioi], /^[A-Z_]+ .*nonsense/],
    ["an unknown option", ["--model", "ioi-lm", "-o", "lrp.colour=red", ioi], /^INVALID_OPTIONS /],
    ["a layer beyond the last", ["--model", "ioi-lm", "--method", "grad-cam", "--layer", "99", ioi], /^[A-Z_]+ .*99/],
    [
      "a layer that has no such name",
      ["--model", "ioi-lm", "--method", "grad-cam", "--layer", "cellar", ioi],
      /^[A-Z_]+ .*cellar/,
    ],
    ["a head beyond the last", ["--model", "ioi-lm", "--method", "attention", "--head", "99", ioi], /^[A-Z_]+ .*99/],
    ["an unknown target", ["--model", "ioi-lm", "--target", "Xerxes Xylophone", ioi], /^UNKNOWN_[A-Z]+ .*Xerxes/],
    ["an unknown foil", ["--model", "ioi-lm", "--foil", "Xerxes Xylophone", ioi], /^UNKNOWN_[A-Z]+ .*Xerxes/],
    ["a logit beyond the last", ["--model", "ioi-lm", "--target-index", "100000", ioi], /^[A-Z_]+ .*100000/],
    ["a position beyond the last", ["--model", "ioi-lm", "--position", "500", ioi], /^[A-Z_]+ .*500/],
    [
      "a text longer than the model reads",
      ["--model", "ioi-lm", "Mary ".repeat(400)],
      /^TEXT_TOO_LONG .*\n.*--truncate/,
    ],
    ["an id beyond the vocabulary", ["--model", "ioi-lm", "--input-ids", "1,99999"], /^ID_OUT_OF_RANGE .*99999.*192/],
    [
      "an id beyond it for the kernel",
      ["--model", "ioi-lm", "--input-ids", "1,99999", "--backend", "kernel"],
      /^ID_OUT_OF_RANGE .*99999/,
    ],
    [
      "an unknown class",
      ["--model", "sentiment-lstm", "--target", "sarcastic", "a film"],
      /^UNKNOWN_CLASS .*sarcastic/,
    ],
    [
      "attention of a model without any",
      ["--model", "sentiment-lstm", "--method", "attention", "a film"],
      /^MISSING_EVIDENCE /,
    ],
  ];
  test.each(calls)("%s", async (_, args, error) => {
    const { code, out, err } = await hyaline("explain", "--no-checks", ...args);
    expect({ code: code === 1 || code === 2, out }).toEqual({ code: true, out: "" });
    expect(err).toMatch(error);
    expect(err).not.toMatch(/^INTERNAL/);
  });

  const inputs: [string, unknown][] = [
    ["an input the model does not have", {
      input_ids: { dtype: "int64", dims: [1, 1], data: [5] },
      picture: { dtype: "float32", dims: [1], data: [0] },
    }],
    ["dims that do not fit the data", { input_ids: { dtype: "int64", dims: [1, 3], data: [5] } }],
    ["a type no input can have", { input_ids: { dtype: "string", dims: [1, 1], data: [5] } }],
    ["a negative size", { input_ids: { dtype: "int64", dims: [1, -1], data: [] } }],
    ["an empty sequence", { input_ids: { dtype: "int64", dims: [1, 0], data: [] } }],
    ["a rank the model does not take", { input_ids: { dtype: "int64", dims: [2], data: [5, 6] } }],
    ["text where numbers belong", { input_ids: { dtype: "int64", dims: [1, 1], data: ["five"] } }],
    ["no ids at all", { attention_mask: { dtype: "int64", dims: [1, 1], data: [1] } }],
  ];
  test.each(inputs)("%s", async (name, content) => {
    const path = join(folder, `${name.replaceAll(" ", "-")}.json`);
    await writeFile(path, JSON.stringify(content));
    const { code, out, err } = await hyaline("explain", "--no-checks", "--model", "ioi-lm", "--inputs", path);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(/^[A-Z_]+ /);
    expect(err).not.toMatch(/^INTERNAL/);
  });

  test("truncation on request says how much was cut", async () => {
    const { code, out } = await hyaline(
      "explain",
      "--model",
      "ioi-lm",
      "--truncate",
      "--no-checks",
      "Mary ".repeat(400),
    );
    expect(code).toBe(0);
    expect(out).toMatch(/cut: \d+ tokens/);
  });
});
