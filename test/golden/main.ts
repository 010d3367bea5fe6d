/**
 * `deno run -A test/golden/main.ts MODEL.onnx [sentiment.json]`: the fp32 build of the sentiment checkpoint against torch, captum and the oracle.
 *
 * The fp32 build is too large to commit; `models/scripts/sentiment_en.py` writes it.
 */
import { readFile } from "node:fs/promises";
import { Model, ortExecutor, type SessionOptions } from "@hyaline/core";
import { find, type GoldenSentence, maxRelative } from "./compare.ts";

const [file, golden = new URL("sentiment.json", import.meta.url)] = Deno.args;
if (!file) throw new Error("Name the fp32 model: deno run -A test/golden/main.ts MODEL.onnx");
const session: SessionOptions = { backend: "wasm", threads: 1 };
const model = new Model({ model: new Uint8Array(await readFile(file)) }, { session, executor: ortExecutor(session) });
const { cases, integrated_gradients: { steps } } = JSON.parse(await readFile(golden, "utf8")) as {
  cases: (Required<GoldenSentence> & { text: string })[];
  integrated_gradients: { steps: number };
};
const bars = { x_times_g: 1e-4, ig_zero: 1e-3, grad_cam: 1e-4, attnlrp: 1e-3, cplrp: 1e-3 };
const worst: Record<string, number> = {};
console.log(`${"sentence".padEnd(56)}${Object.keys(bars).map((name) => name.padStart(11)).join("")}`);
for (const sentence of cases) {
  const found = await find(model, sentence, steps);
  const wanted = { ...sentence, grad_cam: sentence.grad_cam.map((map) => map.map((v) => Math.max(0, v))) };
  const errors = Object.keys(bars).map((key) => {
    const name = key as keyof typeof bars;
    const error = name === "grad_cam"
      ? Math.max(...wanted.grad_cam.map((map, i) => maxRelative(found.grad_cam[i]!, map)))
      : maxRelative(found[name], wanted[name]);
    worst[name] = Math.max(worst[name] ?? 0, error);
    return error;
  });
  console.log(`${sentence.text.padEnd(56)}${errors.map((e) => e.toExponential(1).padStart(11)).join("")}`);
}
await model.release();
const missed = Object.entries(bars).filter(([name, bar]) => worst[name]! > bar);
console.log(missed.length ? `misses: ${missed.map(([name]) => name).join(", ")}` : "all hold");
Deno.exit(missed.length ? 1 : 0);
