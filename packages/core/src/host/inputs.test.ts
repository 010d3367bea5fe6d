import { expect, test } from "vitest";
import type { Graph, Port } from "../graph/graph.ts";
import { completeInputs, isSetting, typed } from "./inputs.ts";

const graph = (...inputs: Port[]): Graph => ({
  inputs,
  outputs: [],
  nodes: [],
  constants: new Map(),
  inFile: new Set(),
  opsets: new Map(),
});
const port = (name: string, dims: (number | string)[], dtype: Port["dtype"] = "int64"): Port => ({ name, dtype, dims });
const ids = new Map([["input_ids", typed("int64", [1, 3], [5, 6, 7])]]);
const values = (data: unknown): number[] => Array.from(data as ArrayLike<number | bigint>, Number);

test("completeInputs() fills what a file asks for by the customary names", () => {
  const file = graph(
    port("input_ids", ["b", "s"]),
    port("attention_mask", ["b", "s"]),
    port("token_type_ids", ["b", "s"]),
    port("position_ids", ["b", "s"]),
  );
  const inputs = completeInputs(file, ids);
  expect([...inputs].map(([name, { data }]) => [name, values(data)])).toEqual([
    ["input_ids", [5, 6, 7]],
    ["attention_mask", [1, 1, 1]],
    ["token_type_ids", [0, 0, 0]],
    ["position_ids", [0, 1, 2]],
  ]);
});

test("completeInputs() feeds a cache empty", () => {
  const inputs = completeInputs(
    graph(port("input_ids", ["b", "s"]), port("past_key_values.0.key", ["b", 2, "past", 8], "float32")),
    ids,
  );
  expect(inputs.get("past_key_values.0.key")).toMatchObject({ dtype: "float32", dims: [1, 2, 0, 8] });
});

const cache = (dims: (number | string)[] = ["b", 2, "past", 8]) => port("past_key_values.0.key", dims, "float32");
const filledCache = ["past_key_values.0.key", typed("float32", [1, 2, 4, 8], Array(64).fill(0.5))] as const;
const reading = (file: Graph): Graph => ({
  ...file,
  nodes: file.inputs.map(({ name }) => ({
    op: "Neg",
    domain: "",
    name,
    inputs: [name],
    outputs: [`-${name}`],
    attributes: {},
  })),
});

test("completeInputs() counts mask and positions on behind the past states it is given", () => {
  const file = reading(
    graph(port("input_ids", ["b", "s"]), port("attention_mask", ["b", "t"]), port("position_ids", ["b", "s"]), cache()),
  );
  const inputs = completeInputs(file, new Map([...ids, filledCache]));
  expect(values(inputs.get("attention_mask")!.data)).toEqual(Array(7).fill(1));
  expect(values(inputs.get("position_ids")!.data)).toEqual([4, 5, 6]);
});

test("completeInputs() leaves the encoder's mask as long as the encoder's ids", () => {
  const file = reading(
    graph(
      port("input_ids", ["b", "s"]),
      port("attention_mask", ["b", "s"]),
      port("decoder_input_ids", ["b", "d"]),
      port("decoder_attention_mask", ["b", "t"]),
      cache(),
    ),
  );
  const inputs = completeInputs(
    file,
    new Map([...ids, filledCache, ["decoder_input_ids", typed("int64", [1, 1], [2])]]),
  );
  expect(values(inputs.get("attention_mask")!.data)).toEqual([1, 1, 1]);
  expect(values(inputs.get("decoder_attention_mask")!.data)).toEqual(Array(5).fill(1));
});

test("completeInputs() makes up no past states beside given ones", () => {
  const file = reading(graph(port("input_ids", ["b", "s"]), cache(), { ...cache(), name: "past_key_values.0.value" }));
  expect(() => completeInputs(file, new Map([...ids, filledCache]))).toThrow(
    expect.objectContaining({ code: "MISSING_INPUT", message: expect.stringContaining("past_key_values.0.value") }),
  );
});

test("completeInputs() refuses past states that nothing reads, and lets empty ones pass", () => {
  const file = graph(port("input_ids", ["b", "s"]), cache());
  expect(() => completeInputs(file, new Map([...ids, filledCache]))).toThrow(
    expect.objectContaining({ code: "WRONG_INPUT", hint: expect.stringContaining("give all ids") }),
  );
  const empty = typed("float32", [1, 2, 0, 8], []);
  expect(completeInputs(file, new Map([...ids, ["past_key_values.0.key", empty]])).get("past_key_values.0.key")).toBe(
    empty,
  );
});

test("completeInputs() takes what is given, in the file's own type", () => {
  const inputs = completeInputs(
    graph(port("input_ids", ["b", "s"], "int32"), port("attention_mask", ["b", "s"])),
    new Map([...ids, ["attention_mask", typed("int64", [1, 3], [1, 1, 0])]]),
  );
  expect(inputs.get("input_ids")!.data).toBeInstanceOf(Int32Array);
  expect(values(inputs.get("attention_mask")!.data)).toEqual([1, 1, 0]);
});

test("completeInputs() starts a decoder with the token the configuration names", () => {
  const inputs = completeInputs(graph(port("input_ids", ["b", "s"]), port("decoder_input_ids", ["b", "t"])), ids, {
    decoderStart: 2,
  });
  expect(values(inputs.get("decoder_input_ids")!.data)).toEqual([2]);
});

test("completeInputs() names an input it cannot fill, and one the file does not have", () => {
  expect(() => completeInputs(graph(port("input_ids", ["b", "s"]), port("speed", [1], "float32")), ids)).toThrow(
    expect.objectContaining({ code: "MISSING_INPUT", message: expect.stringContaining('"speed"') }),
  );
  expect(() =>
    completeInputs(graph(port("input_ids", ["b", "s"])), new Map([...ids, ["colour", typed("int64", [1], [1])]]))
  ).toThrow(expect.objectContaining({ code: "WRONG_INPUT" }));
});

test("completeInputs() lets a merged decoder's choice of branch pass, which was made when the file was opened", () => {
  const inputs = completeInputs(
    graph(port("input_ids", ["b", "s"])),
    new Map([...ids, ["use_cache_branch", typed("bool", [1], [0])]]),
  );
  expect([...inputs.keys()]).toEqual(["input_ids"]);
});

test("isSetting() tells a choice from data", () => {
  expect(
    [
      port("use_cache_branch", [1], "bool"),
      port("num_logits_to_keep", []),
      port("input_ids", [1, 1]),
      port("scale", [], "float32"),
    ].map(isSetting),
  ).toEqual([true, true, false, false]);
});
