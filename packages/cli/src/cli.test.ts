import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { migrate } from "@hyaline/core/result";
import { hyaline } from "./testing.ts";

let folder = "";
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "hyaline-cli-"))));
afterAll(() => rm(folder, { recursive: true }));
const file = async (name: string, content: string) => {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
};
// deno-lint-ignore no-control-regex
const escape = /\x1b/;

describe("help", () => {
  test.each([
    [[]],
    [["explain"]],
    [["predict"]],
    [["--help"]],
    [["explain", "--help"]],
    [["help", "explain"]],
    [[
      "methods",
      "--help",
    ]],
    [["predict", "-h"]],
    [["plugin"]],
    [["plugin", "--help"]],
  ])(
    "%j prints help with examples, opens nothing and ends with 0",
    async (args) => {
      const { code, out, err, opened } = await hyaline(args);
      expect({ code, err, opened }).toEqual({ code: 0, err: "", opened: false });
      expect(out).toMatch(/Usage: hyaline/);
      expect(out).toMatch(/Examples:\n {2}\$ hyaline/);
    },
  );

  test("--version prints nothing but the version", async () => {
    expect((await hyaline(["--version"])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("usage errors end with 2 and leave standard output empty", () => {
  test.each<[string[], string, RegExp]>([
    [["explian", "x"], "USAGE", /Did you mean explain/],
    [["explain", "x", "--metod", "lrp"], "USAGE", /Did you mean --method/],
    [["explain", "x", "--format", "pdf"], "USAGE", /text, json, jsonl, csv, html, svg/],
    [["explain", "x", "--executor", "gpu"], "USAGE", /auto, onnxruntime, kernel/],
    [["explain", "x", "--backend", "gpu"], "USAGE", /auto, kernel, wasm, native/],
    [["explain", "x", "--model"], "USAGE", /argument missing/],
    [["explain", "--input-ids", "1,x"], "BAD_OPTION", /"x"/],
    [["explain", "--input-ids", ""], "BAD_OPTION", /token ids/],
    [["explain", "x", "--input-ids", "1"], "CONFLICTING_OPTIONS", /"text" and "--input-ids"/],
    [["explain", "--inputs", "a.json", "--input-ids", "1"], "CONFLICTING_OPTIONS", /--inputs/],
    [["explain", "x", "--target", "a", "--target-index", "1"], "CONFLICTING_OPTIONS", /--target-index/],
    [["explain", "x", "--target-index", "-1"], "BAD_OPTION", /from 0/],
    [["explain", "x", "--position", "last"], "BAD_OPTION", /whole number/],
    [["explain", "x", "--seed", "1.5"], "BAD_OPTION", /whole number/],
    [["explain", "x", "--method", "../lrp"], "BAD_OPTION", /method ids/],
    [["explain", "x", "--option", "layer"], "BAD_OPTION", /key=value/],
    [["explain", "x", "--option", "grad-cam.layer=1"], "BAD_OPTION", /methods asked for/],
    [["explain", "x", "--head", "2"], "USELESS_OPTION", /"lrp".*"head"/],
    [["explain", "-"], "NO_TEXT", /one text a line/i],
    [["methods", "lrpp"], "UNKNOWN_METHOD", /There are lrp/],
  ])("%j is %s", async (args, code, words) => {
    const ran = await hyaline(args);
    expect(ran.code).toBe(2);
    expect(ran.out).toBe("");
    expect(ran.err).toContain(code);
    expect(ran.err).toMatch(words);
    expect(ran.requests).toHaveLength(0);
  });

  test("with --format json an error is one line of JSON with code, message and hint", async () => {
    const { err } = await hyaline(["explain", "x", "--format", "json", "--target-index", "-1"]);
    expect(JSON.parse(err).error).toEqual({
      code: "BAD_OPTION",
      message: '"--target-index" cannot be "-1"',
      hint: "Give a whole number from 0",
    });
    expect(err.trim().split("\n")).toHaveLength(1);
  });
});

describe("the request", () => {
  const ask = async (args: string[], env = {}) => (await hyaline(["explain", ...args], { env })).requests[0]!;

  test("a bare text asks for LRP on the embedded model", async () => {
    expect(await ask(["I love programming"])).toMatchObject({
      model: "sentiment-en",
      input: { text: "I love programming" },
      methods: [{ id: "lrp", options: {} }],
      target: {},
      checks: true,
    });
  });

  test("every flag reaches it", async () => {
    const flags =
      "-m bert --dtype fp32 -t positive -f negative -w --truncate --seed 7 --executor kernel --no-checks --position -1"
        .split(" ");
    expect(await ask(["x", ...flags])).toEqual({
      model: "bert",
      dtype: "fp32",
      input: { text: "x" },
      methods: [{ id: "lrp", options: {} }],
      target: { label: "positive", foil: "negative", position: -1 },
      words: true,
      truncate: true,
      seed: 7,
      executor: "kernel",
      checks: false,
    });
  });

  test("methods come with commas, repeated, and by the names of composites", async () => {
    expect((await ask(["x", "--method", "cp-lrp, grad-cam", "--method", "attention,grad-cam"])).methods).toEqual([
      { id: "lrp", options: { composite: "cp-lrp" } },
      { id: "grad-cam", options: {} },
      { id: "attention", options: {} },
    ]);
  });

  test("a layer goes to the methods that have layers, numbers as numbers, lists as lists", async () => {
    const { methods } = await ask([
      "x",
      "--method",
      "attention-gradient,grad-cam,attention",
      "--layer",
      "2,4",
      "--head",
      "mean",
      "-o",
      "grad-cam.variant=hires",
    ]);
    expect(methods).toEqual([
      { id: "attention-gradient", options: {} },
      { id: "grad-cam", options: { layer: [2, 4], variant: "hires" } },
      { id: "attention", options: { layer: [2, 4], head: "mean" } },
    ]);
  });

  test("an option does not swallow the text behind it", async () => {
    const { input, methods } = await ask(["-o", "lrp.steps=4", "--option", "composite=epsilon", "a text"]);
    expect({ input, methods }).toEqual({
      input: { text: "a text" },
      methods: [{ id: "lrp", options: { steps: 4, composite: "epsilon" } }],
    });
  });

  test("raw targets and foils are numbers", async () => {
    expect(await ask(["--input-ids", "101,2023 102", "--target-index", "3", "--foil", "#0"])).toMatchObject({
      input: { ids: [101, 2023, 102] },
      target: { index: 3, foil: 0 },
    });
  });

  test("inputs come from a file, from a test case and from an earlier result alike", async () => {
    const inputs = { input_ids: { dtype: "int64", dims: [1, 2], data: [5, 6] } };
    const forms: [string, unknown][] = [
      ["plain.json", inputs],
      ["case.json", { family: "bert", inputs, logits: [1] }],
      ["result.json", JSON.parse((await hyaline(["explain", "x", "--format", "json"])).out)],
    ];
    for (const [name, content] of forms) {
      const { input } = await ask(["--inputs", await file(name, JSON.stringify(content))]);
      expect(Object.keys((input as { inputs: object }).inputs)).toContain("input_ids");
    }
  });

  test("flags win over variables, variables over the configuration file, the file over defaults", async () => {
    const HYALINE_CONFIG = await file(
      "config.json",
      JSON.stringify({ model: "from-file", dtype: "fp16", seed: 3, method: "attention", words: true }),
    );
    const env = { HYALINE_CONFIG, HYALINE_DTYPE: "int8", HYALINE_MODEL: "from-variable" };
    expect(await ask(["x", "--model", "from-flag"], env)).toMatchObject({
      model: "from-flag",
      dtype: "int8",
      seed: 3,
      methods: [{ id: "attention" }],
      words: true,
    });
    expect((await ask(["x", "--method", "lrp"], { HYALINE_CONFIG })).methods).toEqual([{ id: "lrp", options: {} }]);
  });

  test.each([["none.json", undefined], ["broken.json", "{"], ["list.json", "[]"], ["wrong.json", '{"format": "pdf"}']])(
    "a configuration file that cannot be used is said: %s",
    async (name, content) => {
      const HYALINE_CONFIG = content === undefined ? join(folder, name) : await file(name, content);
      const { code, err } = await hyaline(["explain", "x"], { env: { HYALINE_CONFIG } });
      expect(code).toBe(2);
      expect(err).toContain("BAD_CONFIGURATION");
    },
  );
});

describe("inputs that cannot be read end with 1", () => {
  test.each([["not JSON", "{", "BAD_INPUTS"], ["a list", "[1]", "BAD_INPUTS"], [
    "no dtype",
    '{"a": {"dims": [1], "data": [1]}}',
    "BAD_INPUTS",
  ], ["nothing", "{}", "BAD_INPUTS"]])("%s", async (name, content, code) => {
    const ran = await hyaline(["explain", "--inputs", await file(`${name}.json`, content)]);
    expect(ran).toMatchObject({ code: 1, out: "" });
    expect(ran.err).toContain(code);
  });

  test("a file that is not there", async () => {
    const { code, err } = await hyaline(["explain", "--inputs", join(folder, "nowhere.json")]);
    expect(code).toBe(1);
    expect(err).toMatch(/UNREADABLE_FILE.*there is no such file/);
  });
});

describe("output", () => {
  test("one explanation is a JSON object, several are an array, all valid", async () => {
    const one = JSON.parse((await hyaline(["explain", "x", "--format", "json"])).out);
    expect(migrate(one).method.id).toBe("lrp");
    const two = JSON.parse((await hyaline(["explain", "x", "--method", "lrp,grad-cam", "--format", "json"])).out);
    expect(two.map((e: unknown) => migrate(e).method.id)).toEqual(["lrp", "grad-cam"]);
  });

  test("jsonl is one explanation a line for each line of standard input", async () => {
    const { out, requests } = await hyaline(["explain", "-", "--format", "jsonl"], { stdin: "one\n\n two \r\nthree" });
    expect(requests.map(({ input }) => (input as { text: string }).text)).toEqual(["one", " two ", "three"]);
    for (const line of out.trim().split("\n")) migrate(JSON.parse(line));
    expect(out.trim().split("\n")).toHaveLength(3);
  });

  test.each([["csv", /^text,model,/], ["html", /^<!doctype html>/], ["svg", /^<svg /], ["text", /Why “positive”/]])(
    "%s goes to standard output, and to a file the same",
    async (format, begins) => {
      const { out } = await hyaline(["explain", "x", "--format", format]);
      expect(out).toMatch(begins);
      const path = join(folder, `out.${format}`);
      expect(await hyaline(["explain", "x", "--format", format, "--out", path])).toMatchObject({ code: 0, out: "" });
      expect(await readFile(path, "utf8")).toBe(out);
    },
  );

  test("a failed run writes no file, keeps the old one, and leaves nothing beside it", async () => {
    const path = await file("kept.json", "old"), before = await readdir(folder);
    expect((await hyaline(["explain", "bad", "--format", "json", "--out", path], { fails: () => true })).code).toBe(1);
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(folder)).toEqual(before);
  });

  test("a place that cannot be written to is said before anything is computed", async () => {
    const { code, err, requests } = await hyaline(["explain", "x", "--out", join(folder, "no", "such", "folder.txt")]);
    expect({ code, asked: requests.length }).toEqual({ code: 1, asked: 0 });
    expect(err).toMatch(/UNWRITABLE_FILE.*there is no such file/);
  });

  test("where some texts fail the others are written, each failure is said, and the run ends with 3", async () => {
    const { code, out, err } = await hyaline(["explain", "-", "--format", "jsonl"], {
      stdin: "good\nbad\ngood",
      fails: (text) => text === "bad",
    });
    expect(code).toBe(3);
    expect(out.trim().split("\n")).toHaveLength(2);
    expect(JSON.parse(err).error.code).toBe("TEXT_TOO_LONG");
  });

  test("where all fail it ends with 1 and writes nothing", async () => {
    expect(await hyaline(["explain", "a", "b", "--format", "json"], { fails: () => true })).toMatchObject({
      code: 1,
      out: "",
    });
  });

  test("an interrupted run ends with 130 and writes no file", async () => {
    const path = join(folder, "interrupted.json"), signal = AbortSignal.abort();
    expect((await hyaline(["explain", "a", "b", "--format", "json", "--out", path], { signal })).code).toBe(130);
    expect(await readdir(folder)).not.toContain("interrupted.json");
  });

  test("a read-only folder is said, not crashed into", async () => {
    const locked = await mkdtemp(join(folder, "locked-"));
    await chmod(locked, 0o500);
    const { code, err } = await hyaline(["explain", "x", "--out", join(locked, "x.txt")]);
    if (code !== 0) expect(err).toContain("UNWRITABLE_FILE"); // root may write anywhere
  });
});

describe("colour", () => {
  test.each<[string, Record<string, string>, boolean, boolean]>([
    ["a terminal has colour", {}, true, true],
    ["a pipe has none", {}, false, false],
    ["NO_COLOR", { NO_COLOR: "1" }, true, false],
    ["an empty NO_COLOR is none", { NO_COLOR: "" }, true, true],
    ["TERM=dumb", { TERM: "dumb" }, true, false],
    ["FORCE_COLOR in a pipe", { FORCE_COLOR: "1" }, false, true],
    ["FORCE_COLOR=0", { FORCE_COLOR: "0" }, true, false],
    ["FORCE_COLOR before NO_COLOR", { FORCE_COLOR: "3", NO_COLOR: "1" }, false, true],
  ])("%s", async (_, env, tty, coloured) => {
    const { out } = await hyaline(["explain", "x"], { env, tty });
    expect(escape.test(out)).toBe(coloured);
  });

  test("COLORTERM chooses exact colours", async () => {
    expect((await hyaline(["explain", "x"], { tty: true, env: { COLORTERM: "truecolor" } })).out).toContain("48;2;");
    expect((await hyaline(["explain", "x"], { tty: true })).out).toContain("48;5;");
  });

  test("a file never has colour", async () => {
    const path = join(folder, "plain.txt");
    await hyaline(["explain", "x", "--out", path], { tty: true });
    expect(await readFile(path, "utf8")).not.toMatch(escape);
  });

  test("off a terminal nothing but errors reaches standard error", async () => {
    expect((await hyaline(["explain", "-"], { stdin: "a\nb\nc" })).err).toBe("");
  });
});

describe("language", () => {
  test.each([[["--lang", "zh"], {}], [[], { HYALINE_LANG: "zh" }], [[], { LANG: "zh_CN.UTF-8" }]])(
    "%j %j speaks Chinese",
    async (flags, env) => {
      expect((await hyaline(["explain", "x", ...flags], { env })).out).toContain("为什么是");
    },
  );
});

test("methods speaks Chinese: title, summary, limits and notice", async () => {
  const { out } = await hyaline(["methods", "lrp", "--lang", "zh"]);
  expect(out).toContain("规则是选择，不是事实");
  expect(out).toContain("LRP 受专利保护");
  expect(out).not.toMatch(/The rules are choices|LRP is patented/);
});

test("predict prints answers, and JSON where asked", async () => {
  expect((await hyaline(["predict", "x"])).out).toBe("   98.7 %  positive\n    1.3 %  negative\n");
  const found = JSON.parse((await hyaline(["predict", "-", "--format", "json"], { stdin: "a\nb" })).out);
  expect(
    found.map((
      { text, predictions }: { text: string; predictions: { label: string }[] },
    ) => [text, predictions[0]!.label]),
  ).toEqual([["a", "positive"], ["b", "positive"]]);
});

test("methods lists every method, and one with its limits, cost and options", async () => {
  const { out } = await hyaline(["methods"]);
  for (
    const id of [
      "lrp",
      "grad-cam",
      "attention",
      "attention-rollout",
      "attention-gradient",
      "saliency",
      "input-x-gradient",
      "integrated-gradients",
    ]
  ) {
    expect(out).toMatch(new RegExp(`^ +${id} `, "m"));
  }
  const one = (await hyaline(["methods", "grad-cam"])).out;
  for (const part of ["variant", "hires", "cost", "References"]) expect(one).toContain(part);
  expect(JSON.parse((await hyaline(["methods", "--format", "json"])).out).length).toBeGreaterThan(7);
});
