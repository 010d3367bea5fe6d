import { Ajv2020 } from "ajv/dist/2020.js";
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";

const read = async (path: string) => JSON.parse(await readFile(new URL(path, import.meta.url), "utf8"));
const validator = async (name: string) =>
  new Ajv2020({ strict: false, allErrors: true }).compile(await read(`../../../../schemas/${name}`));

test("the published schema of explanations, read by another library, accepts every golden explanation", async () => {
  const valid = await validator("explanation.v1.schema.json");
  for (const explanation of await read("golden/explanation.v1.json")) {
    expect(valid(explanation), JSON.stringify(valid.errors)).toBe(true);
  }
});

test("and refuses unknown keys, missing keys, wrong types and unknown result types", async () => {
  const valid = await validator("explanation.v1.schema.json"), [explanation] = await read("golden/explanation.v1.json");
  const { model: _, ...without } = explanation;
  for (
    const wrong of [
      { ...explanation, colour: "red" },
      without,
      { ...explanation, signed: "yes" },
      { ...explanation, type: "poem" },
      { ...explanation, schemaVersion: 2 },
      { ...explanation, tokens: [{ text: "x" }] },
      [],
      null,
    ]
  ) expect(valid(wrong)).toBe(false);
});

test("the published schema of requests accepts what people write and refuses what the code refuses", async () => {
  const valid = await validator("explain-request.v1.schema.json");
  for (
    const right of [
      { input: { text: "hello" } },
      {
        model: "x",
        input: { ids: [1, 2] },
        methods: [{ id: "lrp", options: { composite: "gamma" } }],
        target: { label: "a", foil: "b" },
      },
      { input: { inputs: { input_ids: { dtype: "int64", dims: [1, 1], data: [5] } } } },
    ]
  ) expect(valid(right), JSON.stringify(valid.errors)).toBe(true);
  for (const wrong of [{}, { input: { text: "" } }, { input: { ids: [-1] } }, { input: { text: "a" }, modell: "x" }]) {
    expect(valid(wrong)).toBe(false);
  }
});
