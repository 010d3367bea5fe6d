/**
 * `deno task bench [gemm|explain|scaling …] [--model file.onnx]`: tables with the peers beside us in the same run.
 *
 * The explained checkpoint is the embedded one unless `--model` names another; figures are kept in RESULTS.md.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { explanation } from "./explanation.ts";
import { gemm } from "./gemm.ts";
import { scaling } from "./scaling.ts";

const { values, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: {
    model: { type: "string", default: "models/sentiment-en/onnx/model_quantized.onnx" },
    length: { type: "string", default: "128" },
  },
});
const benches: Record<string, () => Promise<string>> = {
  gemm,
  explain: () => explanation(values.model, Number(values.length)),
  scaling: () => scaling(values.model),
};
const wanted = positionals.length ? positionals : Object.keys(benches);
for (const name of wanted) {
  const bench = benches[name];
  if (!bench) {
    console.error(`Unknown bench "${name}": choose among ${Object.keys(benches).join(", ")}`);
    Deno.exit(2);
  }
  console.log(await bench());
}
Deno.exit(0);
