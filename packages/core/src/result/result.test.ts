import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { schemas, written } from "../../../../scripts/schemas.ts";
import type { HyalineError } from "../errors.ts";
import {
  type Explanation,
  type ExplanationOf,
  methodNamed,
  migrate,
  parseRequest,
  type ResultType,
  resultTypes,
  validate,
} from "./mod.ts";

const read = (path: string) => readFile(new URL(path, import.meta.url), "utf8");
const golden = JSON.parse(await read("golden/explanation.v1.json")) as Explanation[];
const ofType = <T extends ResultType>(type: T) =>
  structuredClone(golden.find((e) => e.type === type)) as ExplanationOf<T>;
/** A golden explanation with one thing changed. */
const spoiled = <T extends ResultType>(type: T, spoil: (explanation: ExplanationOf<T>) => unknown): unknown => {
  const explanation = ofType(type);
  spoil(explanation);
  return explanation;
};
const refusal = (act: () => unknown): HyalineError => {
  try {
    act();
  } catch (error) {
    return error as HyalineError;
  }
  throw new Error("not refused");
};

test.each(Object.keys(schemas))("schemas/%s says what the code says", async (name) => {
  expect(await read(`../../../../schemas/${name}`)).toBe(written(schemas[name]!()));
});

describe("explanation", () => {
  test("the golden file of version 1 holds every result type and is still read, unchanged", () => {
    expect(new Set(golden.map((e) => e.type))).toEqual(new Set(resultTypes));
    for (const explanation of golden) expect(migrate(explanation)).toEqual(explanation);
  });

  test("a version from the future, or none, is refused by name", () => {
    expect(refusal(() => migrate({ ...golden[0], schemaVersion: 2 }))).toMatchObject({
      code: "UNSUPPORTED_SCHEMA_VERSION",
    });
    for (const value of [{}, null, 7, "x", []]) {
      expect(refusal(() => migrate(value)).code).toBe("UNSUPPORTED_SCHEMA_VERSION");
    }
  });

  const wrong: [string, unknown, string][] = [
    ["an unknown key", spoiled("token-scores", (e) => Object.assign(e, { colour: "red" })), "colour"],
    ["a score that is no number", spoiled("token-scores", (e) => (e.data.values[0] = NaN)), "data.values.0"],
    ["fewer values than the shape says", spoiled("token-scores", (e) => e.data.values.pop()), "data.values"],
    ["a shape that is not the tokens'", spoiled("token-scores", (e) => e.tokens.pop()), "data.shape"],
    ["an interval with one end", spoiled("token-scores", (e) => (e.data.low = e.data.values)), "data.low"],
    [
      "a score outside its interval",
      spoiled("token-scores", (e) => (e.data.low = e.data.high = e.data.values.map((v) => v + 1))),
      "data.low",
    ],
    [
      "a word of tokens that do not exist",
      spoiled("token-scores", (e) => (e.words![0]!.tokens = [77])),
      "words.0.tokens",
    ],
    ["a token that ends before it starts", spoiled("token-scores", (e) => (e.tokens[2]!.start = 99)), "tokens.2"],
    ["a matrix with a missing row", spoiled("token-matrix", (e) => e.data.rows.pop()), "data.rows"],
    ["a matrix column out of range", spoiled("token-matrix", (e) => (e.data.columns[1] = 6)), "data.columns"],
    ["a grid without all its axes", spoiled("layer-head-grid", (e) => e.data.axes.pop()), "data.axes"],
    [
      "a grid axis with too many labels",
      spoiled("layer-head-grid", (e) => e.data.axes[0]!.labels!.push("x")),
      "data.axes.0.labels",
    ],
    ["an empty span", spoiled("span-scores", (e) => (e.data.spans[0]!.end = 1)), "data.spans.0"],
    ["a curve with more x than y", spoiled("curve", (e) => e.data.series[0]!.x.push(2)), "data.series.0"],
    ["a probability above one", spoiled("token-scores", (e) => (e.target.probability = 1.2)), "target.probability"],
    ["a hash that is none", spoiled("token-scores", (e) => (e.model.sha256 = "abc")), "model.sha256"],
    [
      "a ledger whose lines miss the value",
      spoiled("token-scores", (e) => (e.diagnostics.ledger!.leaks.bias += 0.1)),
      "diagnostics.ledger",
    ],
    [
      "a ledger that calls itself closed and is not",
      spoiled("token-scores", (e) => {
        e.diagnostics.ledger!.tokens -= 0.5;
        e.diagnostics.ledger!.residual += 0.5;
      }),
      "diagnostics.ledger.closed",
    ],
  ];
  test.each(wrong)("%s is refused, with its place", (_, explanation, path) => {
    const error = refusal(() => validate(explanation));
    expect(error.code).toBe("INVALID_EXPLANATION");
    expect(error.message).toContain(path);
  });

  test("all problems are listed at once", () => {
    const explanation = ofType("token-scores");
    explanation.model.opset = -1;
    explanation.provenance.seed = 0.5;
    const { message } = refusal(() => validate(explanation));
    expect(message).toContain("model.opset");
    expect(message).toContain("provenance.seed");
  });
});

describe("request", () => {
  test("a bare text gets every default", () => {
    expect(parseRequest({ input: { text: "hello" } })).toEqual({
      model: "sentiment-en",
      input: { text: "hello" },
      methods: [{ id: "lrp", options: {} }],
      target: {},
      words: false,
      truncate: false,
      seed: 0,
      executor: "auto",
      checks: true,
    });
  });

  test("the inputs of an explanation are a request again", () => {
    const { inputs } = golden[0]!;
    expect(parseRequest({ input: { inputs } }).input).toEqual({ inputs });
  });

  test("boolean inputs become 0 and 1", () => {
    const inputs = { mask: { dtype: "bool", dims: [2], data: [true, false] } };
    expect(parseRequest({ input: { inputs } }).input).toEqual({
      inputs: { mask: { dtype: "bool", dims: [2], data: [1, 0] } },
    });
  });

  test.each([
    ["no input", {}],
    ["an empty text", { input: { text: "" } }],
    ["no ids", { input: { ids: [] } }],
    ["a negative id", { input: { ids: [-1] } }],
    ["text and ids together", { input: { text: "a", ids: [1] } }],
    ["dims that miss the data", { input: { inputs: { x: { dtype: "int64", dims: [1, 2], data: [1] } } } }],
    ["two targets", { input: { text: "a" }, target: { label: "positive", index: 1 } }],
    ["no method", { input: { text: "a" }, methods: [] }],
    ["a method id with a slash", { input: { text: "a" }, methods: [{ id: "../lrp" }] }],
    ["an unknown executor", { input: { text: "a" }, executor: "gpu" }],
    ["an unknown key", { input: { text: "a" }, modell: "x" }],
    ["an array", []],
  ])("%s is refused", (_, request) => {
    expect(refusal(() => parseRequest(request)).code).toBe("INVALID_REQUEST");
  });

  test("composites of lrp are methods by their own names", () => {
    expect(methodNamed("attnlrp")).toEqual({ id: "lrp", options: { composite: "attnlrp" } });
    expect(methodNamed("grad-cam", { layer: 2 })).toEqual({ id: "grad-cam", options: { layer: 2 } });
  });
});
