/** Explains a golden checkpoint and says how far the answers lie from torch's. */
import { externalFromBytes, Model, type ModelOptions, type Tensor } from "@hyaline/core";
import { gather } from "../../packages/core/src/host/evidence.ts";
import { completeInputs, typed } from "../../packages/core/src/host/inputs.ts";
import { resolveTarget } from "../../packages/core/src/host/target.ts";
import type { GoldenSource, LoadedCase } from "./case.ts";

/** Errors of one case: relative to the largest entry, or 1 − cosine where activations are rounded. */
export interface Outcome {
  readonly name: string;
  readonly metric: "max-relative" | "cosine";
  readonly gradient: number;
  readonly attnlrp: number | undefined;
  readonly cplrp: number | undefined;
  /** |residual| / |value| of each ledger. */
  readonly ledgers: readonly number[];
  readonly holds: boolean;
  readonly layers: number;
  readonly attentions: number;
}

const nameless = { labelOf: () => undefined, indexOf: () => undefined, classes: [] };

/** max |a − b| / max |b|, or 1 − cosine. */
function distance(
  a: readonly number[],
  b: readonly number[],
  metric: Outcome["metric"],
  scale = Math.max(...b.map(Math.abs)),
): number {
  if (a.length !== b.length) return Infinity;
  if (metric === "max-relative") return Math.max(...b.map((v, i) => Math.abs(v - a[i]!))) / (scale || 1);
  const dot = (p: readonly number[], q: readonly number[]): number => p.reduce((sum, v, i) => sum + v * q[i]!, 0);
  return 1 - dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

export async function runCase(
  { name, golden, model: bytes, backing, encoder, external }: LoadedCase,
  options: ModelOptions,
): Promise<Outcome> {
  const { metric, ...bars } = golden.tolerance;
  const file = external.size
    ? {
      model: bytes,
      backing,
      external: externalFromBytes(external),
      externalData: [...external].map(([path, data]) => ({ path, data })),
    }
    : { model: bytes, backing, ...(encoder ? { encoder } : {}) };
  const asked = golden.all_inputs
    ? Object.fromEntries(
      Object.entries(golden.all_inputs).map((
        [input, rows],
      ) => [input, { dtype: "int64", dims: [rows.length, rows[0]!.length], data: rows.flat() }]),
    )
    : golden.inputs;
  const model = new Model(file, options);
  try {
    const known = new Set(model.graph.inputs.map((port) => port.name));
    const given = new Map(
      Object.entries(asked).filter(([input]) => known.has(input)).map((
        [input, { dtype, dims, data }],
      ) => [input, typed(dtype as Tensor["dtype"], dims, data)]),
    );
    const inputs = completeInputs(model.graph, given), shaped = await model.shaped(inputs), { index } = golden.target;
    // Attention to past states is no attention to tokens: it is refused.
    const looks = !Object.entries(golden.inputs).some(([input, { data }]) => input.startsWith("past") && data.length);
    const gathered = await gather({
      model,
      shaped,
      inputs,
      needs: ["embeddings", ...(looks ? ["attentions" as const] : []), "hidden-states", { gradients: "embeddings" }, {
        relevances: "attnlrp",
        at: "embeddings",
      }, { relevances: "cp-lrp", at: "hidden-states" }],
      targets: (
        logits,
      ) => [
        resolveTarget({ index: index.at(-1)!, ...(index.length > 2 ? { position: index[1]! } : {}) }, {
          logits,
          names: nameless,
        }),
      ],
    });
    const evidence = gathered.targets[0]!;
    const { embeddings, gradients, layers, attentionInfo } = evidence.pick([
      "embeddings",
      ...(looks ? ["attentions" as const] : []),
      "hidden-states",
      { gradients: "embeddings" },
    ]);
    const attn = evidence.pick([{ relevances: "attnlrp", at: "embeddings" }]).relevances!,
      cp = evidence.pick([{ relevances: "cp-lrp", at: "hidden-states" }]).relevances!;
    const [tokens, width] = embeddings!.shape as [number, number],
      g = gradients!.embeddings!.data,
      x = embeddings!.data;
    const perToken = (of: (at: number) => number): number[] =>
      Array.from(
        { length: tokens },
        (_, t) => Array.from({ length: width }, (_, c) => of(t * width + c)).reduce((a, b) => a + b, 0),
      );
    const wanted = (key: "x_times_g" | "attnlrp" | "cplrp"): number[] =>
      golden.sources.flatMap((source: GoldenSource) => source[key] ?? []);
    const norms = perToken((at) => g[at]! ** 2).map(Math.sqrt),
      scales = golden.sources.map(({ scale }) => scale).filter((scale) => scale !== undefined);
    // The gradient is compared twice: contracted with the embeddings, and by its length at each token.
    const gradient = Math.max(
      distance(
        perToken((at) => x[at]! * g[at]!),
        wanted("x_times_g"),
        metric,
        scales.length ? Math.max(...scales, ...wanted("x_times_g").map(Math.abs)) : undefined,
      ),
      distance(norms, golden.sources.flatMap(({ g_l2 }) => g_l2), metric),
    );
    const lrp = (found: Float32Array, key: "attnlrp" | "cplrp"): number | undefined =>
      wanted(key).length ? distance([...found], wanted(key), metric) : undefined;
    const attnlrp = lrp(attn.tokens.data, "attnlrp"), cplrp = lrp(cp.tokens.data, "cplrp");
    const ledgers = [attn.ledger!, cp.ledger!].map(({ residual, value }) => Math.abs(residual / value));
    const bar = (of: number): number => (metric === "cosine" ? 1 - of : of);
    const holds = gradient <= bar(bars.gradient) && [attnlrp, cplrp].every((error) =>
      error === undefined || error <= bar(bars.lrp)
    ) && ledgers.every((open) => open <= bars.ledger);
    return {
      name,
      metric,
      gradient,
      attnlrp,
      cplrp,
      ledgers,
      holds,
      layers: layers!.length,
      attentions: attentionInfo?.length ?? 0,
    };
  } finally {
    await model.release();
  }
}
