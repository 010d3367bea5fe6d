/**
 * What every explainer must do, whoever wrote it: put to the test through the one door, on a real model.
 *
 * @module
 */
import type { Composite } from "../lrp/composite.ts";
import type { Manifest } from "../manifest/manifest.ts";
import type { ExplainRequestInput, Explanation } from "../result/mod.ts";
import type { RunExplainer } from "../host/registry.ts";
import { broken, type PluginCase } from "./plugin_case.ts";

export { pluginCases } from "./plugin_case.ts";

/** One question and how it was answered: `why` is there where it failed. */
export interface Finding {
  readonly name: string;
  readonly why?: string;
}

export interface Conformance {
  readonly manifest: Manifest;
  /** `Hyaline.explain` of a host that has the plugin. */
  explain(request: ExplainRequestInput, context: { signal: AbortSignal; progress(): void }): Promise<Explanation[]>;
  /** The plugin alone, for its own cases. */
  readonly run: RunExplainer;
  readonly cases?: readonly PluginCase[];
  readonly composites?: readonly Composite[];
  /** Names of evidence that was asked for and not given since the last call. */
  missed(): readonly string[];
  /** Makes the plugin begin anew, where it can. */
  restart?(): Promise<void>;
  readonly model: string;
  readonly text: string;
}

/** Milliseconds after which a method that was told to stop has stopped. */
const SOON = 1500;
/** Evidence by the need that grants it; what is not here is always given, or the model's to have. */
const granted =
  /^(embeddings|logits|hiddenStates|attentions|attentionInfo|projections|gradients(\..+)?|relevances|path|context\.predict)$/;

/**
 * Asks every question about every explainer of a plugin, one finding after the other.
 *
 * @example
 * ```ts ignore
 * for await (const { name, why } of conformance({ manifest, explain, run, missed: () => [], model: "sentiment-en", text: "A fine film" })) {
 *   console.log(why ? `not ok - ${name}: ${why}` : `ok - ${name}`);
 * }
 * ```
 */
export async function* conformance(of: Conformance): AsyncGenerator<Finding> {
  for (const one of of.cases ?? []) {
    yield await finding(`${one.explainer}: ${one.name}`, () => broken(one, of.run, AbortSignal.timeout(60_000)));
  }
  for (const { id } of of.manifest.explainers) yield* methodFindings(id, of);
  for (const composite of of.composites ?? []) yield await finding(...bookFinding(composite, of));
}

/** A composite carries relevance, and keeps the books it says it keeps. */
function bookFinding({ id, conserves }: Composite, { explain, model, text }: Conformance): Parameters<typeof finding> {
  return [`${id}: carries relevance${conserves ? ", and its books close" : ""}`, async () => {
    const [explanation] = await explain(
      { model, input: { text }, methods: [{ id: "lrp", options: { composite: id } }], checks: false },
      { signal: AbortSignal.timeout(120_000), progress: () => {} },
    );
    const { ledger } = explanation!.diagnostics;
    return conserves && !ledger?.closed ? `${ledger?.residual} of ${ledger?.value} is unaccounted for` : undefined;
  }];
}

async function* methodFindings(id: string, of: Conformance): AsyncGenerator<Finding> {
  const ask = async (input: ExplainRequestInput["input"], signal = AbortSignal.timeout(120_000), progress = () => {}) =>
    (await of.explain({ model: of.model, input, methods: [{ id, options: {} }], seed: 7, checks: false }, {
      signal,
      progress,
    }))[0]!;
  let first: Explanation | undefined;

  of.missed();
  yield await finding(`${id}: explains a text, and the result is what schema and manifest say`, async () => {
    first = await ask({ text: of.text });
  });
  if (!first) return;
  const ids = first.tokens.map((token) => token.id), explained = JSON.stringify(first.data);

  yield await finding(`${id}: asks for nothing its manifest does not name`, () => {
    const names = [...new Set(of.missed())].filter((name) => granted.test(name));
    return names.length ? `it reads ${names.map((name) => `"${name}"`).join(", ")}` : undefined;
  });
  yield await finding(`${id}: gives the same again for the same seed`, async () => {
    if (JSON.stringify((await ask({ text: of.text })).data) !== explained) return "a second run gives another result";
    await of.restart?.();
    return JSON.stringify((await ask({ text: of.text })).data) === explained
      ? undefined
      : "begun anew, it gives another result";
  });
  yield await finding(`${id}: takes special tokens at any place`, async () => {
    const last = ids.length - 1, middle = [...ids.slice(1, 3), ids[0]!, ...ids.slice(3)];
    for (const order of [[ids[last]!, ...ids.slice(1, last), ids[0]!], middle, [...ids].reverse()]) {
      await ask({ ids: order });
    }
  });
  yield await finding(`${id}: takes a single token`, async () => {
    await ask({ ids: [first!.tokens.find(({ special }) => !special)?.id ?? ids[0]!] });
  });
  yield await finding(`${id}: takes nothing but special tokens`, async () => {
    const special = first!.tokens.filter((token) => token.special).map((token) => token.id);
    if (special.length) await ask({ ids: special });
  });
  yield await finding(
    `${id}: stops when told to`,
    () => stops((signal, progress) => ask({ text: of.text }, signal, progress)),
  );
}

/** Tells a run to stop as soon as it has begun. A partial result is an answer, and so is the signal's own reason. */
async function stops(
  begin: (signal: AbortSignal, progress: () => void) => Promise<unknown>,
): Promise<string | undefined> {
  const stop = new AbortController();
  let told = Infinity;
  const tell = () => {
    told = Math.min(told, performance.now());
    stop.abort();
  };
  const timer = setTimeout(tell, 500);
  try {
    await begin(stop.signal, tell);
  } catch (error) {
    if (!stop.signal.aborted || error !== stop.signal.reason) throw error;
  } finally {
    clearTimeout(timer);
  }
  const took = performance.now() - told;
  return took > SOON ? `it went on for ${(took / 1000).toFixed(1)} s` : undefined;
}

async function finding(
  name: string,
  ask: () => Promise<string | undefined | void> | string | undefined,
): Promise<Finding> {
  try {
    const why = await ask();
    return why ? { name, why } : { name };
  } catch (error) {
    return { name, why: (error as Error).message };
  }
}

/** Findings as TAP 14, line by line; the plan stands at the end. */
export async function* tap(findings: AsyncIterable<Finding>): AsyncGenerator<string> {
  let count = 0;
  yield "TAP version 14";
  for await (const { name, why } of findings) {
    yield `${why ? "not ok" : "ok"} ${++count} - ${name.replaceAll("#", "\\#")}`;
    if (why) yield `  ---\n  message: ${JSON.stringify(why)}\n  ...`;
  }
  yield `1..${count}`;
}
