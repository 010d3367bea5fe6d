/**
 * `deno task bench [gemm|explain|scaling|memory|sandbox|browser|blackbox|faithfulness|drift|lengths|load|ground-truth …] [--model file.onnx] [--json]`: tables with the peers beside us in the same run.
 * With `--json` a line `{name, subject, median_ms, min_ms, ratio, peer}` per figure instead. `drift` needs `--full FOLDER`, the fp32 twin.
 *
 * `deno task bench kernel --checkpoints FOLDER` runs all that is measured of the kernel, on the folder that `scripts/checkpoints.py` made.
 *
 * The explained checkpoint is the embedded one unless `--model` names another; figures are kept in RESULTS.md.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { blackbox } from "./blackbox.ts";
import { browser } from "./browser.ts";
import { drift } from "./drift.ts";
import { explanation } from "./explanation.ts";
import { faithfulness } from "./faithfulness.ts";
import { gemm } from "./gemm.ts";
import { groundTruth } from "./ground_truth.ts";
import { lengths } from "./lengths.ts";
import { serverLoad } from "./load.ts";
import { figures } from "./measure.ts";
import { memory } from "./memory.ts";
import { sandbox } from "./sandbox.ts";
import { scaling } from "./scaling.ts";

const { values, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: {
    model: { type: "string", default: "models/sentiment-en/onnx/model_quantized.onnx" },
    length: { type: "string", default: "128" },
    count: { type: "string", default: "200" },
    full: { type: "string" },
    checkpoints: { type: "string" },
    seconds: { type: "string", default: "10" },
    requests: { type: "string", default: "10000" },
    json: { type: "boolean", default: false },
  },
});
const benches: Record<string, () => Promise<string>> = {
  gemm,
  explain: () => explanation(values.model, Number(values.length)),
  scaling: () => scaling(values.model, { positions: 512 }),
  memory: () => memory(values.model, [128, 512]),
  sandbox: () => sandbox(62),
};
/** Those that measure answers rather than time, need Python packages, or take minutes: asked for by name. */
const studies: typeof benches = {
  browser: () => browser(values.model, Number(values.length)),
  blackbox: () => blackbox(values.model, { length: 64, budget: 65 }),
  lengths: () => lengths(values.model, 2 * Number(values.count)),
  "ground-truth": () => groundTruth(Number(values.count)),
  faithfulness: () => faithfulness("sentiment-en", Number(values.count)),
  load: () => serverLoad(Number(values.seconds), Number(values.requests)),
  drift: () => drift("sentiment-en", values.full ?? "models/sentiment-en/onnx/model.onnx", Number(values.count)),
};
/** Every table of the kernel in one run, about forty minutes on a quiet machine. */
async function kernel(folder: string): Promise<string> {
  const path = (name: string): string => `${folder}/${name}/onnx/model.onnx`, parts = [await gemm()];
  for (const name of ["minilm", "minilm-int8", "smollm2"]) parts.push(await explanation(path(name), 128));
  parts.push(await browser(path("minilm"), 128), await browser(path("minilm-int8"), 128));
  parts.push(await scaling(path("minilm"), { positions: 2048, checkpoints: folder }));
  for (const name of ["minilm", "minilm-int8"]) parts.push(await memory(path(name), [128, 256, 512, 1024, 2048]));
  return parts.join("\n\n");
}
studies["kernel"] = () => {
  if (values.checkpoints) return kernel(values.checkpoints);
  console.error("bench kernel needs --checkpoints FOLDER, made by bench/scripts/checkpoints.py");
  Deno.exit(2);
};
const wanted = positionals.length ? positionals : Object.keys(benches);
for (const name of wanted) {
  const bench = benches[name] ?? studies[name];
  if (!bench) {
    console.error(`Unknown bench "${name}": choose among ${Object.keys({ ...benches, ...studies }).join(", ")}`);
    Deno.exit(2);
  }
  const text = await bench();
  if (!values.json) console.log(text);
}
if (values.json) { for (const figure of figures()) console.log(JSON.stringify(figure)); }
Deno.exit(0);
