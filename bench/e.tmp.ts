import { readFile, writeFile } from "node:fs/promises";
import { fullPrecision } from "../test/golden/full_precision.ts";
const f = fullPrecision(new Uint8Array(await readFile("models/sentiment-en/onnx/model_quantized.onnx")));
await writeFile("/tmp/x/full.onnx", f);
console.log(f.length);
