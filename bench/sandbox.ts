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
  { id: "attention-entropy", takes: "every attention of 6 layers", model: "sentiment-en", options: {} },
  { id: "word-pairs", takes: "60 answers to changed texts, asked back", model: "ioi-lm", options: { budget: 60 } },
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

const spread = (times: readonly number[]) => {
  const sorted = [...times].sort((a, b) => a - b);
  return { min: sorted[0]!, median: sorted[sorted.length >> 1]! };
};

const context = { ...quiet, seed: 0, log: () => {} };
const evidence = (length: number) => ({
  tokens: Array.from({ length }, (_, i) => ({ text: "a", id: 0, start: i, end: i + 1, special: false })),
  target: { kind: "class" as const, index: 0, value: 1 },
  attentions: [{ shape: [1, 1, 1], data: Float32Array.of(1) }],
  attentionInfo: [{ layer: 1, name: "1", kind: "self" as const, from: "x", to: "x" }],
});

/** From nothing to the first answer, which costs nothing itself. */
async function start(): Promise<Timing> {
  const { locked } = await both("attention-entropy");
  const found = await timed(async () => {
    await locked.close!();
    await locked.run("attention-entropy", evidence(1), {}, context);
  }, { warm: 3, least: 30 });
  await locked.close!();
  return found;
}

/** What a question costs beyond its answer: sixteen changed texts of 62 words asked back, and an answer that is there at once. */
async function question(): Promise<Timing> {
  const { locked } = await both("word-pairs"),
    answering = {
      ...context,
      predict: ({ length }: { readonly length: number }) =>
        Promise.resolve({ values: new Float32Array(length), probabilities: new Float32Array(2 * length) }),
    };
  const asked = (budget: number) =>
    timed(() => locked.run("word-pairs", evidence(62), { budget }, answering), { warm: 20, least: 60 });
  const once = await asked(1), fourTimes = await asked(64);
  await locked.close!();
  const one = (of: "min" | "median" | "cpu") => (fourTimes[of] - once[of]) / 3;
  return { min: one("min"), median: one("median"), cpu: one("cpu"), samples: fourTimes.samples };
}

/** @param length words of the explained text */
export async function sandbox(length: number): Promise<string> {
  const where = conditions(), text = Array.from({ length }, (_, i) => (i % 2 ? "fine" : "film")).join(" "), rows = [];
  const begun = await start(), asked = await question();
  record({
    name: "sandbox-start",
    subject: "process",
    median_ms: begun.median,
    min_ms: begun.min,
    ratio: begun.min / 150,
    peer: "150 ms",
  });
  for (const { id, takes, model, options } of plugins) {
    const { free, locked } = await both(id),
      engines = [await openEngine({ offline: true, guest: free }), await openEngine({ offline: true, guest: locked })];
    const times: number[][] = [[], []],
      request = { model, input: { text }, methods: [{ id, options }], checks: false, truncate: true };
    // In turns, either first as often, so that both meet the same machine.
    for (let round = -4; round < ROUNDS; round++) {
      for (const i of round % 2 ? [1, 0] : [0, 1]) {
        const began = performance.now();
        await engines[i]!.explain(request, quiet);
        if (round >= 0) times[i]!.push(performance.now() - began);
      }
    }
    for (const engine of engines) await engine.close();
    const [inside, outside] = times as [number[], number[]], added = inside.map((took, i) => outside[i]! - took);
    const open = spread(inside), shut = spread(outside);
    record({
      name: "sandbox-call",
      subject: id,
      median_ms: shut.median,
      min_ms: shut.min,
      ratio: shut.min / open.min,
      peer: "in this process",
    });
    const overhead = (a: number, b: number) => `${((100 * a) / b - 100).toFixed(1)} %`;
    rows.push([
      id,
      takes,
      pair(open),
      pair(shut),
      `${overhead(shut.min, open.min)} / ${overhead(shut.median, open.median)}`,
      spread(added).median,
    ]);
  }
  const head = [
    "plugin",
    "evidence",
    "explain, in this process, ms (min / median)",
    "locked in, ms",
    "overhead",
    "median of what a pair differs by, ms",
  ];
  return `${where}\n\nStart of a process, its first answer included: ${
    pair(begun)
  } ms (min / median)\n\nA question, sixteen changed texts, beyond its answer: ${pair(asked)} ms\n\n${
    table(head, rows)
  }`;
}
