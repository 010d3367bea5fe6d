import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { canonicalise } from "../canon/canonicalise.ts";
import { infer } from "../graph/infer.ts";
import { modernise } from "../graph/modern.ts";
import { openGraph } from "../graph/open.ts";
import { numbers, size } from "../graph/tensor.ts";
import { completeInputs, typed } from "../host/inputs.ts";
import { composites } from "../lrp/composite.ts";
import { appendOutputs } from "../onnx/append_outputs.ts";
import { ortExecutor } from "../runtime/ort/executor.ts";
import { openSession } from "../runtime/session.ts";
import { compile } from "./mod.ts";

const settings = { backend: "wasm" as const, threads: 1, level: "disabled" as const };
const TOKENS = [1, 25, 7, 30, 12];

/** The embedded language model, shaped for five tokens. */
async function languageModel() {
  const file = new Uint8Array(await readFile(new URL("../../../../models/ioi-lm/onnx/model.onnx", import.meta.url)));
  const opened = openGraph(file), modern = modernise(opened.graph);
  const feeds = completeInputs(modern, new Map([["input_ids", typed("int64", [1, TOKENS.length], TOKENS)]]));
  const { graph } = canonicalise(modern, infer(modern, feeds)), { types, known } = infer(graph, feeds);
  return { opened, feeds, shaped: { graph, types, known } };
}

for (const id of ["gradient", "attnlrp", "cp-lrp"]) {
  test(`${id} of every position's answer in one program is what one program a position gives`, async () => {
    const { opened, feeds, shaped } = await languageModel(),
      target = shaped.graph.outputs[0]!.name,
      [, length, words] = shaped.types.get(target)!.dims as [number, number, number];
    const lookup = shaped.graph.nodes.find(({ op, inputs }) => op === "Gather" && inputs[1] === "input_ids")!
      .outputs[0]!;
    const request = {
      shaped,
      sources: [lookup],
      target,
      at: [lookup],
      composite: composites.get(id)!,
      ledger: composites.get(id)!.conserves,
    };
    const one = compile(request), many = compile({ ...request, seeds: length });
    const wanted = [...new Set([...one.taps, ...many.taps])].filter((name) => !feeds.has(name));
    const session = await openSession(
      appendOutputs(opened.bytes(), wanted.filter((name) => name !== target)),
      settings,
    );
    const taps = await session.run(feeds, wanted);
    for (const [name, value] of feeds) taps.set(name, value);

    // Seed p asks for the logit of token 5 + p at position p.
    const seeds = Array.from(
      { length },
      (_, p) => Float32Array.from({ length: length * words }, (_, i) => Number(i === p * words + 5 + p)),
    );
    const together = new Float32Array(length * length * words);
    seeds.forEach((seed, p) => together.set(seed, p * seed.length));
    const single = await ortExecutor(settings).prepare(one), batched = await ortExecutor(settings).prepare(many);
    const all = await batched.run(taps, { dtype: "float32", dims: [length, 1, length, words], data: together });
    const rows = numbers(all.get(many.cotangents.get(lookup)!)!), width = size(shaped.types.get(lookup)!.dims);
    for (const [p, data] of seeds.entries()) {
      const alone = await single.run(taps, { dtype: "float32", dims: [1, length, words], data });
      const want = numbers(alone.get(one.cotangents.get(lookup)!)!), scale = Math.max(...want.map(Math.abs));
      expect(scale).toBeGreaterThan(0);
      want.forEach((v, i) => expect(Math.abs(rows[p * width + i]! - v)).toBeLessThanOrEqual(1e-5 * scale));
      // A later token cannot have been evidence.
      expect(want.slice((p + 1) * width / length).every((v) => v === 0)).toBe(true);
      one.ledger.forEach(({ tensor }, line) => {
        const shares = numbers(all.get(many.ledger[line]!.tensor)!);
        expect(shares[p]).toBeCloseTo(numbers(alone.get(tensor)!)[0]!, 4);
      });
    }
    await Promise.all([single.release(), batched.release(), session.release()]);
  }, 180_000);
}
