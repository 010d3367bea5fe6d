/**
 * A plugin's own tests, as data: evidence written by hand, and the scores it must give. Data, so that testing a stranger's plugin runs
 * nothing but the plugin, and that in its sandbox.
 *
 * @module
 */
import { z } from "zod";
import type { RunExplainer } from "../host/registry.ts";
import type { Context, Edit, Evidence } from "../plugin/evidence.ts";
import type { Token } from "../result/mod.ts";

const token = z.union([z.string(), z.strictObject({ text: z.string(), special: z.boolean() })]);

/** `cases.json`: what a plugin says it does, with numbers. */
export const pluginCases = z.strictObject({
  cases: z.array(z.strictObject({
    /** A sentence about behaviour. */
    name: z.string(),
    explainer: z.string(),
    options: z.record(z.string(), z.json()).default({}),
    /** As in `Evidence`; arrays are `{shape, data}`, a token is its text. */
    evidence: z.looseObject({ tokens: z.array(token) }),
    /** A model to ask, where the plugin predicts: the target's value is the sum of the weights of the tokens that stay. */
    weights: z.array(z.number()).optional(),
    seed: z.int().default(0),
    /** The result's `data.values`. */
    values: z.array(z.number()),
    tolerance: z.number().positive().default(1e-5),
  })),
});

export type PluginCase = z.infer<typeof pluginCases>["cases"][number];

/** Runs one case. @returns what is wrong; undefined where nothing is */
export async function broken(of: PluginCase, run: RunExplainer, signal: AbortSignal): Promise<string | undefined> {
  const context: Context = {
    signal,
    seed: of.seed,
    progress: () => {},
    log: () => {},
    ...(of.weights ? { predict: adding(of.weights) } : {}),
  };
  const { data } = await run(of.explainer, evidenceOf(of), of.options, context);
  const values = "values" in data ? data.values : undefined, { values: wanted, tolerance } = of;
  if (values?.length !== wanted.length) return `it gives ${values?.length ?? "no"} values, not ${wanted.length}`;
  const wrong = wanted.findIndex((value, i) => !(Math.abs(value - values[i]!) <= tolerance));
  return wrong < 0 ? undefined : `value ${wrong} is ${values[wrong]}, not ${wanted[wrong]}`;
}

/** A model whose answer is a sum: what stays counts by its weight. */
const adding = (weights: readonly number[]): NonNullable<Context["predict"]> => (edits: readonly Edit[]) => {
  const valueOf = (edit: Edit): number =>
    "keep" in edit ? edit.keep.reduce((sum, stays, i) => sum + (stays ? weights[i] ?? 0 : 0), 0) : NaN;
  return Promise.resolve({ values: Float32Array.from(edits, valueOf) });
};

function evidenceOf({ evidence: { tokens, ...others } }: PluginCase): Evidence {
  let end = 0;
  const placed = tokens.map((one, id): Token => {
    const { text, special } = typeof one === "string" ? { text: one, special: false } : one, start = end;
    end += special ? 0 : text.length + 1;
    return { text, id, start, end: special ? start : start + text.length, special };
  });
  const arrays = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(arrays);
    if (typeof value !== "object" || value === null) return value;
    const { shape, data } = value as { shape?: unknown; data?: unknown };
    return Array.isArray(shape) && Array.isArray(data)
      ? { shape, data: Float32Array.from(data) }
      : Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, arrays(inner)]));
  };
  return { target: { kind: "class", index: 0, value: 1 }, ...arrays(others) as object, tokens: placed } as Evidence;
}
