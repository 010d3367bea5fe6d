/**
 * The Open Inference Protocol (KServe's version 2), with `explain` beside `infer`.
 *
 * A tensor of strings (BYTES) is texts; anything else is the model's own inputs, by name.
 *
 * @module
 */
import { createRoute, z } from "@hono/zod-openapi";
import { failure, invalidRequest } from "@hyaline/core/errors";
import { type Answer, methodNamed } from "@hyaline/core/result";
import type { Context } from "hono";
import type { Deps } from "../app.ts";
import { malformedBody } from "../errors.ts";
import { engineFor, oneByOne, requestsOf } from "../protocols/instance.ts";
import { dtypeOf, inputTensor, type Tensor, tensorsOf } from "../protocols/tensors.ts";
import { offered } from "./ask.ts";
import { condition } from "./health.ts";
import { checked, inferenceProblem, problemsIn, router } from "./problem.ts";

/** Models have one version: the files they are made of. */
const VERSION = "1";

const params = z.object({ model: z.string() });
const refusals = problemsIn(inferenceProblem, [400, 403, 404, 413, 415, 421, 422, 429, 500, 503, 504]);
const get = <P extends string, S extends z.ZodType>(path: P, summary: string, schema: S) =>
  createRoute({
    method: "get",
    path,
    summary: `Open Inference Protocol: ${summary}`,
    responses: { 200: { description: summary, content: { "application/json": { schema } } } },
  });
const readiness = {
  description: "whether it does",
  content: { "application/json": { schema: z.strictObject({ ready: z.boolean() }) } },
};
const ready = createRoute({
  method: "get",
  path: "/v2/health/ready",
  summary: "Open Inference Protocol: the server takes requests",
  responses: { 200: readiness, 503: readiness },
});
const getModel = <P extends string, S extends z.ZodType>(path: P, summary: string, schema: S) =>
  createRoute({
    method: "get",
    path,
    summary: `Open Inference Protocol: ${summary}`,
    request: { params },
    responses: { 200: { description: summary, content: { "application/json": { schema } } }, ...refusals },
  });
const metadataTensor = z.strictObject({ name: z.string(), datatype: z.string(), shape: z.array(z.int()) });
const outputTensor = metadataTensor.extend({ data: z.array(z.union([z.string(), z.number()])) });

const inference = z.looseObject({
  id: z.string().optional(),
  inputs: z.array(inputTensor).min(1),
  parameters: z.looseObject({
    method: z.string().optional().openapi({ description: "Ids of methods, with commas between" }),
    target: z.union([z.string(), z.int()]).optional().openapi({ description: "A class by name, or its number" }),
    foil: z.union([z.string(), z.int()]).optional(),
    words: z.boolean().optional(),
    truncate: z.boolean().optional(),
    checks: z.boolean().optional(),
    seed: z.int().optional(),
  }).optional(),
}).openapi("InferenceRequest");
const inferred = z.strictObject({
  model_name: z.string(),
  model_version: z.string(),
  id: z.string().optional(),
  outputs: z.array(outputTensor),
}).openapi("InferenceResponse");
const post = (path: string, summary: string) =>
  createRoute({
    method: "post",
    path,
    summary: `Open Inference Protocol: ${summary}`,
    request: { params, body: { content: { "application/json": { schema: inference } }, required: true } },
    responses: { 200: { description: summary, content: { "application/json": { schema: inferred } } }, ...refusals },
  });
const infer = post("/v2/models/{model}/infer", "the model's answers");
const explain = post("/v2/models/{model}/explain", "explanations as JSON, [texts, methods]");

/** The JSON of a request and its tensors, whatever type its sender gave it. */
async function asked(c: Context) {
  const bytes = new Uint8Array(await c.req.arrayBuffer()), header = c.req.header("inference-header-content-length");
  const end = header === undefined ? bytes.length : Number(header);
  if (!(end >= 0 && end <= bytes.length)) {
    throw invalidRequest([`Inference-Header-Content-Length: "${header}" is more than the body`]);
  }
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, end)));
  } catch {
    throw malformedBody();
  }
  const { id, inputs, parameters } = checked(inference, body);
  return { id, parameters, tensors: tensorsOf(inputs, bytes.subarray(end)) };
}

/** A text each, or the model's inputs at once. */
function instancesOf(tensors: readonly Tensor[]) {
  const [first] = tensors;
  if (first!.datatype === "BYTES") {
    if (tensors.length > 1) {
      throw failure({
        code: "WRONG_INPUT",
        message: `Beside the texts "${first!.name}" there can be no input "${tensors[1]!.name}"`,
        hint: "Send one tensor of texts, or all inputs of the model",
      });
    }
    return first!.data.map((text) => ({ text: String(text) }));
  }
  const inputs = tensors.map(({ name, shape, datatype, data }) => {
    if (datatype !== "BYTES") return [name, { dtype: dtypeOf[datatype], dims: shape, data }];
    throw invalidRequest([`inputs.${name}: texts stand alone`]);
  });
  return [{ inputs: Object.fromEntries(inputs) }];
}

/** Flat parameters as fields of the shared request. */
function sharedOf(
  { method, target, foil, words, truncate, checks, seed }: z.infer<typeof inference>["parameters"] & object,
) {
  const aim = {
    ...(typeof target === "number" ? { index: target } : target === undefined ? {} : { label: target }),
    ...(foil === undefined ? {} : { foil }),
  };
  const fields = {
    words,
    truncate,
    checks,
    seed,
    target: aim,
    methods: method?.split(",").map((name) => methodNamed(name.trim())),
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Answers as tensors `[texts, answers]`, best first; as many as every text has. */
function outputsOf(all: readonly (readonly Answer[])[]) {
  const most = Math.min(...all.map((answers) => answers.length)), shape = [all.length, most];
  const flat = all.flatMap((answers) => answers.slice(0, most));
  const tensor = (name: string, datatype: string, data: (string | number)[]) => ({ name, datatype, shape, data });
  return [
    tensor("label", "BYTES", flat.map(({ label, index }) => label ?? String(index))),
    tensor("index", "INT64", flat.map(({ index }) => index)),
    tensor("value", "FP32", flat.map(({ value }) => value)),
    ...(flat.every(({ probability }) => probability !== undefined)
      ? [tensor("probability", "FP32", flat.map(({ probability }) => probability!))]
      : []),
  ];
}

export function openInferenceRoutes(deps: Deps) {
  const requests = async (c: Context) => {
    const model = c.req.param("model")!, { id, parameters = {}, tensors } = await asked(c);
    return {
      about: { model_name: model, model_version: VERSION, ...(id === undefined ? {} : { id }) },
      all: requestsOf(instancesOf(tensors), { model, shared: sharedOf(parameters), deps }),
    };
  };
  const texts = { name: "text", datatype: "BYTES", shape: [-1] };
  const routes = router()
    .openapi(
      get(
        "/v2",
        "the server",
        z.strictObject({ name: z.string(), version: z.string(), extensions: z.array(z.string()) }),
      ),
      (c) =>
        c.json({ name: "hyaline", version: deps.config.version, extensions: ["explain", "binary_tensor_data"] }, 200),
    )
    .openapi(
      get("/v2/health/live", "the server runs", z.strictObject({ live: z.literal(true) })),
      (c) => c.json({ live: true as const }, 200),
    )
    .openapi(ready, (c) => {
      const ready = condition(deps) === "ok";
      return c.json({ ready }, ready ? 200 : 503);
    })
    .openapi(
      getModel(
        "/v2/models/{model}",
        "a model's inputs and outputs",
        z.strictObject({
          name: z.string(),
          versions: z.array(z.string()),
          platform: z.string(),
          inputs: z.array(metadataTensor),
          outputs: z.array(metadataTensor),
        }),
      ),
      (c) => {
        const { model } = c.req.valid("param");
        offered(model, deps);
        const output = (name: string, datatype: string) => ({ name, datatype, shape: [-1, -1] });
        const outputs = [
          output("label", "BYTES"),
          output("index", "INT64"),
          output("value", "FP32"),
          output("probability", "FP32"),
        ];
        return c.json({ name: model, versions: [VERSION], platform: "onnx", inputs: [texts], outputs }, 200);
      },
    )
    .openapi(
      getModel(
        "/v2/models/{model}/ready",
        "is a model ready",
        z.strictObject({ name: z.string(), ready: z.literal(true) }),
      ),
      (c) => {
        const { model } = c.req.valid("param");
        offered(model, deps);
        return c.json({ name: model, ready: true as const }, 200);
      },
    );
  // Described and routed apart: the router would refuse a body of bytes before it is read.
  for (const described of [infer, explain]) routes.openAPIRegistry.registerPath(described);
  return routes
    .post("/v2/models/:model/infer", async (c) => {
      const { about, all } = await requests(c), { predict } = engineFor(c, deps);
      return c.json({
        ...about,
        outputs: outputsOf(await oneByOne(all, async (one) => (await predict(one)).predictions)),
      });
    })
    .post("/v2/models/:model/explain", async (c) => {
      const { about, all } = await requests(c), { explain } = engineFor(c, deps), found = await oneByOne(all, explain);
      const shape = [found.length, found[0]!.length];
      const data = found.flat().map((explanation) => JSON.stringify(explanation));
      return c.json({ ...about, outputs: [{ name: "explanation", datatype: "BYTES", shape, data }] });
    });
}
