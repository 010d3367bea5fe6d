import { failure } from "@hyaline/core/errors";
import { type ExplainRequestInput, type Explanation, parseRequest } from "@hyaline/core/result";
import { describe, expect, test } from "vitest";
import { createApp } from "../mod.ts";
import { engineWith, golden, post } from "../testing.ts";

const asked: unknown[] = [];
const engine = engineWith({
  explain(input: ExplainRequestInput) {
    const { input: what, methods, target } = parseRequest(input);
    asked.push({ input: what, methods, target });
    if ("text" in what && what.text === "bad") {
      throw failure({ code: "UNKNOWN_CLASS", message: 'The model has no class "x"', hint: "It has two" });
    }
    return Promise.resolve(methods.map(({ id, options }) => ({ ...golden, method: { id, options } }) as Explanation));
  },
  predict: (input) => {
    asked.push(parseRequest(input).input);
    return Promise.resolve({
      predictions: [{ index: 1, value: 2, label: "positive", probability: 0.9 }, {
        index: 0,
        value: -1,
        label: "negative",
        probability: 0.1,
      }],
      tokens: [],
    });
  },
});
const app = createApp({ engine, models: [{ name: "sentiment-en", bytes: 1 }], version: "1.2.3" });
const ask = async (path: string, init?: RequestInit) => {
  asked.length = 0;
  const response = await app.request(path, init);
  return { status: response.status, body: await response.json() };
};

describe("KServe v1", () => {
  test("lists models and tells whether one is ready", async () => {
    expect((await ask("/v1/models")).body).toEqual({ models: ["sentiment-en"] });
    expect((await ask("/v1/models/sentiment-en")).body).toEqual({ name: "sentiment-en", ready: true });
    expect(await ask("/v1/models/other")).toMatchObject({
      status: 404,
      body: { error: expect.stringContaining('"other"') },
    });
  });

  test("predicts instances in any of their forms", async () => {
    const instances = ["a", { text: "b" }, [1, 2], { ids: [3] }];
    const { body } = await ask("/v1/models/sentiment-en:predict", post({ instances }));
    expect(body.predictions).toHaveLength(4);
    expect(body.predictions[0][0]).toEqual({ index: 1, value: 2, label: "positive", probability: 0.9 });
    expect(asked).toEqual([{ text: "a" }, { text: "b" }, { ids: [1, 2] }, { ids: [3] }]);
  });

  test("explains; parameters are for all instances, an instance's own come first", async () => {
    const { body } = await ask(
      "/v1/models/sentiment-en:explain",
      post({
        inputs: ["a", { text: "b", target: { label: "negative" } }],
        parameters: { methods: [{ id: "lrp" }, { id: "attention" }], target: { label: "positive" } },
      }),
    );
    expect(body.explanations.map((of: Explanation[]) => of.map(({ method }) => method.id))).toEqual([
      ["lrp", "attention"],
      ["lrp", "attention"],
    ]);
    expect(asked).toMatchObject([{ target: { label: "positive" } }, {
      input: { text: "b" },
      target: { label: "negative" },
    }]);
  });

  test.each([
    ["no instances", {}, 400],
    ["both names", { instances: ["a"], inputs: ["a"] }, 400],
    ["an instance that is a number", { instances: [7] }, 400],
    ["an unknown field of an instance", { instances: [{ text: "a", speed: 1 }] }, 400],
    ["too many instances", { instances: Array(65).fill("a") }, 422],
    ["what the core refuses", { instances: ["good", "bad"] }, 422],
  ])("refuses %s, in KServe's words", async (_, body, status) => {
    expect(await ask("/v1/models/sentiment-en:explain", post(body))).toEqual({
      status,
      body: { error: expect.any(String), code: expect.any(String) },
    });
  });

  test("another model in the body does not get past the path", async () => {
    const response = await ask("/v1/models/sentiment-en:predict", post({ instances: [{ text: "a", model: "/etc" }] }));
    expect(response.status).toBe(200); // the path names the model
    expect((await ask("/v1/models/..%2f..%2fetc:predict", post({ instances: ["a"] }))).status).toBe(404);
  });
});

describe("Open Inference Protocol", () => {
  const infer = "/v2/models/sentiment-en/infer",
    text = { name: "text", shape: [2], datatype: "BYTES", data: ["a", "b"] };

  test("tells of server, health and model", async () => {
    expect((await ask("/v2")).body).toEqual({
      name: "hyaline",
      version: "1.2.3",
      extensions: ["explain", "binary_tensor_data"],
    });
    expect((await ask("/v2/health/live")).body).toEqual({ live: true });
    expect((await ask("/v2/health/ready")).body).toEqual({ ready: true });
    expect((await ask("/v2/models/sentiment-en/ready")).body).toEqual({ name: "sentiment-en", ready: true });
    expect((await ask("/v2/models/sentiment-en")).body.inputs).toEqual([{
      name: "text",
      datatype: "BYTES",
      shape: [-1],
    }]);
  });

  test("infers texts, and echoes the id", async () => {
    const { body } = await ask(infer, post({ id: "42", inputs: [text] }));
    expect(body).toMatchObject({ model_name: "sentiment-en", model_version: "1", id: "42" });
    expect(body.outputs).toEqual([
      { name: "label", datatype: "BYTES", shape: [2, 2], data: ["positive", "negative", "positive", "negative"] },
      { name: "index", datatype: "INT64", shape: [2, 2], data: [1, 0, 1, 0] },
      { name: "value", datatype: "FP32", shape: [2, 2], data: [2, -1, 2, -1] },
      { name: "probability", datatype: "FP32", shape: [2, 2], data: [0.9, 0.1, 0.9, 0.1] },
    ]);
  });

  test("takes the model's own inputs, nested data included", async () => {
    await ask(
      infer,
      post({ inputs: [{ name: "input_ids", shape: [1, 3], datatype: "INT64", data: [[101, 7, 102]] }] }),
    );
    expect(asked).toEqual([{ inputs: { input_ids: { dtype: "int64", dims: [1, 3], data: [101, 7, 102] } } }]);
  });

  /** A request as Triton's clients send it: JSON, then bytes, and no type. */
  const binary = (inputs: object[], bytes: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) => {
    const json = new TextEncoder().encode(JSON.stringify({ inputs })),
      body = new Uint8Array(json.length + bytes.length);
    body.set(json);
    body.set(bytes, json.length);
    return {
      method: "POST",
      body: new Blob([body]),
      headers: { "inference-header-content-length": `${json.length}`, ...headers },
    };
  };

  test("reads tensors that follow as bytes", async () => {
    const strings = new Uint8Array([1, 0, 0, 0, 0x61, 2, 0, 0, 0, 0xc3, 0xa9]);
    const given = { name: "text", shape: [2], datatype: "BYTES", parameters: { binary_data_size: strings.length } };
    expect((await ask(infer, binary([given], strings))).status).toBe(200);
    expect(asked).toEqual([{ text: "a" }, { text: "é" }]);
    const ids = new Uint8Array(new BigInt64Array([101n, -2n]).buffer);
    const numbers = { name: "input_ids", shape: [1, 2], datatype: "INT64", parameters: { binary_data_size: 16 } };
    await ask(infer, binary([numbers], ids, { "content-type": "application/octet-stream" }));
    expect(asked).toEqual([{ inputs: { input_ids: { dtype: "int64", dims: [1, 2], data: [101, -2] } } }]);
  });

  test("explains, by flat parameters", async () => {
    const { body } = await ask(
      "/v2/models/sentiment-en/explain",
      post({ inputs: [text], parameters: { method: "cp-lrp, attention", target: "negative", foil: 1 } }),
    );
    expect(body.outputs).toMatchObject([{ name: "explanation", datatype: "BYTES", shape: [2, 2] }]);
    expect(body.outputs[0].data.map((one: string) => JSON.parse(one).method.id)).toEqual([
      "lrp",
      "attention",
      "lrp",
      "attention",
    ]);
    expect(asked[0]).toMatchObject({
      methods: [{ id: "lrp", options: { composite: "cp-lrp" } }, { id: "attention" }],
      target: { label: "negative", foil: 1 },
    });
  });

  const bytes = (
    size: number,
    shape = [1],
    datatype = "BYTES",
  ) => [{ name: "text", shape, datatype, parameters: { binary_data_size: size } }];
  test.each<[string, RequestInit]>([
    ["more elements than the shape", post({ inputs: [{ ...text, shape: [1] }] })],
    ["a number among texts", post({ inputs: [{ ...text, data: ["a", 7] }] })],
    ["no data", post({ inputs: [{ name: "text", shape: [1], datatype: "BYTES" }] })],
    ["a type nobody knows", post({ inputs: [{ ...text, datatype: "FP8" }] })],
    ["no inputs", post({ inputs: [] })],
    ["fewer bytes than announced", binary(bytes(99), new Uint8Array(4))],
    ["a string longer than its bytes", binary(bytes(5), new Uint8Array([9, 0, 0, 0, 0x61]))],
    ["a string that is not UTF-8", binary(bytes(5), new Uint8Array([1, 0, 0, 0, 0xff]))],
    ["half a number", binary(bytes(3, [1], "INT64"), new Uint8Array(3))],
    ["a header longer than the body", {
      ...post({ inputs: [text] }),
      headers: { "content-type": "application/json", "inference-header-content-length": "9999" },
    }],
    ["a header that is no number", {
      ...post({ inputs: [text] }),
      headers: { "content-type": "application/json", "inference-header-content-length": "-1" },
    }],
  ])("refuses %s", async (_, init) => {
    expect(await ask(infer, init)).toEqual({
      status: 400,
      body: { error: expect.any(String), code: expect.stringMatching(/INVALID_REQUEST|MALFORMED_BODY/) },
    });
  });

  test("a body without a type is taken from programs, not from pages", async () => {
    const init = binary(bytes(5), new Uint8Array([1, 0, 0, 0, 0x61]));
    const response = await ask(infer, {
      ...init,
      headers: { ...init.headers, origin: "http://localhost", host: "localhost" },
    });
    expect(response).toMatchObject({ status: 415, body: { code: "BODY_TYPE" } });
    expect((await ask("/api/v1/explain", { method: "POST", body: new Blob(["{}"]) })).status).toBe(415);
  });
});

describe("TorchServe", () => {
  test("is healthy, predicts by class and explains by word", async () => {
    expect((await ask("/ping")).body).toEqual({ status: "Healthy" });
    expect((await ask("/predictions/sentiment-en", post({ text: "a" }))).body).toEqual({
      positive: 0.9,
      negative: 0.1,
    });
    const { body: [insight] } = await ask("/explanations/sentiment-en", post({ text: "a", target: 1 }));
    expect(insight.words).toHaveLength(insight.importances.length);
    const sum = insight.importances.reduce((a: number, b: number) => a + b, 0);
    expect(insight.delta).toBeCloseTo(golden.target.value - sum, 12);
    expect(asked).toMatchObject([{ input: { text: "a" }, target: { index: 1 } }]);
  });

  test("refuses in its own words", async () => {
    expect(await ask("/explanations/other", post({ text: "a" }))).toEqual({
      status: 404,
      body: { code: 404, type: "UNKNOWN_MODEL", message: expect.any(String), hint: expect.any(String) },
    });
    expect((await ask("/predictions/sentiment-en", post({ data: "a" }))).body).toMatchObject({
      code: 400,
      type: "INVALID_REQUEST",
    });
  });
});
