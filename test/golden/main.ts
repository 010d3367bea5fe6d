/** `deno run -A test/golden/main.ts`: the sentiment checkpoint in full precision against torch, captum and the oracle. */
import { readFile } from "node:fs/promises";
import { Model, ortExecutor, type SessionOptions } from "@hyaline/core";
import { modelFile } from "../../models/embedded.ts";
import { bars, errorsOf, type Golden, type Method } from "./compare.ts";
import { fullPrecision } from "./full_precision.ts";

const session: SessionOptions = { backend: "wasm", threads: 1 };
const model = new Model({ model: fullPrecision(new Uint8Array(await readFile(modelFile("sentiment-en")))) }, {
  session,
  executor: ortExecutor(session),
});
const golden = JSON.parse(await readFile(new URL("sentiment.json", import.meta.url), "utf8")) as Golden;
const methods = Object.keys(bars) as Method[], missed = new Set<Method>();
console.log(`${"sentence".padEnd(56)}${methods.map((name) => name.padStart(11)).join("")}`);
for (const sentence of golden.cases) {
  const errors = await errorsOf(model, sentence, golden.integrated_gradients.steps);
  for (const name of methods) if (!(errors[name] <= bars[name])) missed.add(name);
  console.log(
    `${sentence.text.padEnd(56)}${methods.map((name) => errors[name].toExponential(1).padStart(11)).join("")}`,
  );
}
await model.release();
console.log(missed.size ? `misses: ${[...missed].join(", ")}` : "all hold");
Deno.exit(missed.size ? 1 : 0);
