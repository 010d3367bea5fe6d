/**
 * Explains one prompt of ioi-lm with forward and backward pass on a backend, and prints the relevance of each token as JSON.
 * A process of its own: an open GPU device keeps its process alive.
 */
import { readFile } from "node:fs/promises";
import { type Backend, Model, ortExecutor } from "@hyaline/core";
import { gather } from "../../packages/core/src/host/evidence.ts";
import { completeInputs, typed } from "../../packages/core/src/host/inputs.ts";
import { resolveTarget } from "../../packages/core/src/host/target.ts";

const session = { backend: Deno.args[0] as Backend, threads: 1 };
const model = new Model({
  model: new Uint8Array(await readFile(new URL("../../models/ioi-lm/onnx/model.onnx", import.meta.url))),
}, { session, executor: ortExecutor(session) });
const ids = [1, 20, 30, 40, 50, 60, 30],
  inputs = completeInputs(model.graph, new Map([["input_ids", typed("int64", [1, ids.length], ids)]])),
  shaped = await model.shaped(inputs);
const { targets } = await gather({
  model,
  shaped,
  inputs,
  needs: [{ relevances: "attnlrp", at: "embeddings" }],
  targets: (
    logits,
  ) => [
    resolveTarget({ index: 51 }, {
      logits,
      names: { labelOf: () => undefined, indexOf: () => undefined, classes: [] },
    }),
  ],
});
const { tokens, ledger } = targets[0]!.pick([{ relevances: "attnlrp", at: "embeddings" }]).relevances!;
console.log(
  JSON.stringify({ value: targets[0]!.resolved.target.value, tokens: [...tokens.data], closed: ledger!.closed }),
);
Deno.exit(0);
