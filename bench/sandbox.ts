/**
 * What it costs to lock a plugin in: starting its process, and each call after, beside the same code in this process.
 *
 * @module
 */
import { type InstalledPlugin, manifestSchema } from "@hyaline/core";
import { lockedIn } from "@hyaline/core/node";
import { fileURLToPath } from "node:url";
import { openEngine } from "../packages/cli/src/open.ts";
import { conditions, pair, record, table, timed, type Timing } from "./measure.ts";

const examples = new URL("../examples/plugins/", import.meta.url);
const ROUNDS = 60;
const quiet = { signal: new AbortController().signal, progress: () => {} };

/** Of each: what it takes as evidence, and the model it explains; a small one, where the plugin asks it again and again. */
const plugins = [
  { id: "attention-entropy", evidence: "every attention of 6 layers", model: "sentiment-en", options: {} },
  { id: "word-pairs", evidence: "60 answers to changed texts, asked back", model: "ioi-lm", options: { budget: 60 } },
] as const;

/** The plugin in this process, and locked in. */
async function both(id: string): Promise<{ free: InstalledPlugin; locked: InstalledPlugin }> {
  const folder = fileURLToPath(new URL(`${id}/`, examples));
  const manifest = manifestSchema.parse(JSON.parse(await Deno.readTextFile(`${folder}explainer.json`)));
  const explainers = (await import(`${folder}${manifest.entry}`)).default;
  return {
    free: { manifest, run: (method, ...call) => explainers[method](...call) },
    locked: await lockedIn({ manifest, composites: [], folder }),
  };
}

/** From nothing to the first answer, which costs nothing itself. */
async function start(): Promise<Timing> {
  const { locked } = await both("attention-entropy"), context = { ...quiet, seed: 0, log: () => {} };
  const evidence = {
    tokens: [{ text: "a", id: 0, start: 0, end: 1, special: false }],
    target: { kind: "class" as const, index: 0, value: 1 },
    attentions: [{ shape: [1, 1, 1], data: Float32Array.of(1) }],
    attentionInfo: [{ layer: 1, name: "1", kind: "self" as const, from: "x", to: "x" }],
  };
  const found = await timed(async () => {
    await locked.close!();
    await locked.run("attention-entropy", evidence, {}, context);
  }, { warm: 3, least: 30 });
  await locked.close!();
  return found;
}

/** @param length words of the explained text */
export async function sandbox(length: number): Promise<string> {
  const where = conditions(), text = Array.from({ length }, (_, i) => (i % 2 ? "fine" : "film")).join(" "), rows = [];
  const begun = await start();
  record({
    name: "sandbox-start",
    subject: "process",
    median_ms: begun.median,
    min_ms: begun.min,
    ratio: begun.min / 150,
    peer: "150 ms",
  });
  for (const { id, evidence, model, options } of plugins) {
    const { free, locked } = await both(id),
      engines = [await openEngine({ offline: true, guest: free }), await openEngine({ offline: true, guest: locked })];
    const times: number[][] = [[], []],
      request = { model, input: { text }, methods: [{ id, options }], checks: false, truncate: true };
    // In turns, so that both meet the same machine.
    for (let round = -2; round < ROUNDS; round++) {
      for (const [i, engine] of engines.entries()) {
        const began = performance.now();
        await engine.explain(request, quiet);
        if (round >= 0) times[i]!.push(performance.now() - began);
      }
    }
    for (const engine of engines) await engine.close();
    const [open, shut] = times.map((of) => of.sort((a, b) => a - b)) as [number[], number[]],
      median = (of: number[]) => of[of.length >> 1]!;
    record({
      name: "sandbox-call",
      subject: id,
      median_ms: median(shut),
      min_ms: shut[0]!,
      ratio: shut[0]! / open[0]!,
      peer: "in this process",
    });
    const overhead = (a: number, b: number) => `${((100 * a) / b - 100).toFixed(1)} %`;
    rows.push([id, evidence, open[0]!, shut[0]!, overhead(shut[0]!, open[0]!), overhead(median(shut), median(open))]);
  }
  const head = [
    "plugin",
    "evidence",
    "explain, in this process, ms",
    "locked in, ms",
    "overhead of the minima",
    "of the medians",
  ];
  return `${where}\n\nStart of a process, its first answer included: ${pair(begun)} ms (min / median)\n\n${
    table(head, rows)
  }`;
}
