/** How far the explanations of the embedded sentiment checkpoint lie from torch, captum and the oracle, sentence by sentence. */
import type { Model } from "@hyaline/core";
import { gather } from "../../packages/core/src/host/evidence.ts";
import { completeInputs, typed } from "../../packages/core/src/host/inputs.ts";
import { integrate } from "../../packages/core/src/host/path.ts";
import { resolveTarget } from "../../packages/core/src/host/target.ts";
import { cams } from "../../packages/explainers/grad-cam/cams.ts";

/** One sentence of sentiment.json; every list holds a number a token. */
export interface GoldenSentence {
  readonly input_ids: readonly number[];
  readonly target: number;
  readonly x_times_g: readonly number[];
  /** The gradient on eight cosines over the channels, `[tokens, 8]`. */
  readonly gradient?: readonly (readonly number[])[];
  readonly attnlrp?: readonly number[];
  readonly cplrp?: readonly number[];
  readonly ig_zero?: readonly number[];
  /** A row a layer: what enters the first block, then what leaves each block but the last. Before the ReLU. */
  readonly grad_cam?: readonly (readonly number[])[];
}

/** What the program finds for the same ids and target, in the same shape. */
type Found = Required<Omit<GoldenSentence, "input_ids" | "target">>;

const nameless = { labelOf: () => undefined, indexOf: () => undefined, classes: [] };
const rowSums = (data: ArrayLike<number>, tokens: number): number[] =>
  Array.from({ length: tokens }, (_, t) => {
    const width = data.length / tokens;
    let sum = 0;
    for (let c = 0; c < width; c++) sum += data[t * width + c]!;
    return sum;
  });

/** Each row of `[tokens, channels]` on cos(π (2c + 1) k / 2d), k = 1 … 8, as scripts/sentiment.py projects it. */
function projected(data: ArrayLike<number>, tokens: number): number[][] {
  const d = data.length / tokens;
  const on = (t: number, k: number): number => {
    let sum = 0;
    for (let c = 0; c < d; c++) sum += data[t * d + c]! * Math.cos((Math.PI * (2 * c + 1) * k) / (2 * d));
    return sum;
  };
  return Array.from({ length: tokens }, (_, t) => Array.from({ length: 8 }, (_, k) => on(t, k + 1)));
}

/** The gradient of the target at the embeddings, projected as the golden values are. */
export async function gradientOf(
  model: Model,
  { input_ids: ids, target }: GoldenSentence,
): Promise<readonly (readonly number[])[]> {
  const inputs = completeInputs(model.graph, new Map([["input_ids", typed("int64", [1, ids.length], [...ids])]]));
  const { targets } = await gather({
    model,
    shaped: await model.shaped(inputs),
    inputs,
    needs: [{ gradients: "embeddings" }],
    targets: (logits) => [resolveTarget({ index: target }, { logits, names: nameless })],
  });
  return projected(targets[0]!.pick([{ gradients: "embeddings" }]).gradients!.embeddings!.data, ids.length);
}

/** Explains one sentence by every method; integrated gradients only with `steps`. */
async function find(model: Model, { input_ids: ids, target }: GoldenSentence, steps?: number): Promise<Found> {
  const inputs = completeInputs(model.graph, new Map([["input_ids", typed("int64", [1, ids.length], [...ids])]]));
  const shaped = await model.shaped(inputs), seeds = [{ index: target }];
  const gathered = await gather({
    model,
    shaped,
    inputs,
    needs: [
      "embeddings",
      "hidden-states",
      { gradients: "embeddings" },
      { gradients: "hidden-states" },
      { relevances: "attnlrp", at: "embeddings" },
      { relevances: "cp-lrp", at: "embeddings" },
      ...(steps ? [{ path: "embeddings", steps, baseline: "zero" } as const] : []),
    ],
    targets: (logits) => seeds.map((seed) => resolveTarget(seed, { logits, names: nameless })),
  });
  const [{ pick, resolved }] = gathered.targets as [(typeof gathered.targets)[number]];
  const { embeddings, hiddenStates, gradients } = pick(["embeddings", "hidden-states", { gradients: "embeddings" }, {
    gradients: "hidden-states",
  }]);
  const relevance = (composite: string): number[] => [
    ...pick([{ relevances: composite, at: "embeddings" }]).relevances!.tokens.data,
  ];
  const averaged = ids.map(() => true), { signal } = new AbortController();
  const path = steps && await integrate({
    model,
    shaped,
    inputs,
    gathered,
    seed: resolved.seed,
    steps,
    baseline: "zero",
    stand: {},
    special: ids.map(() => false),
    signal,
    progress: () => {},
  });
  return {
    x_times_g: rowSums(embeddings!.data.map((x, i) => x * gradients!.embeddings!.data[i]!), ids.length),
    gradient: projected(gradients!.embeddings!.data, ids.length),
    attnlrp: relevance("attnlrp"),
    cplrp: relevance("cp-lrp"),
    ig_zero: path ? rowSums(path.attributions.data, ids.length) : [],
    grad_cam: hiddenStates!.slice(0, -1).map((states, i) => [
      ...cams["gradcam"]!({ states, gradients: gradients!.hiddenStates![i]!, averaged }),
    ]),
  };
}

/** sentiment.json. */
export interface Golden {
  readonly cases: readonly (Required<GoldenSentence> & { readonly text: string })[];
  readonly integrated_gradients: { readonly steps: number };
}

/** Largest error allowed, relative to the largest entry: gradients 1e-4; sums over a path and rules of two implementations 1e-3. */
export const bars = { x_times_g: 1e-4, ig_zero: 1e-3, grad_cam: 1e-4, attnlrp: 1e-3, cplrp: 1e-3 };
export type Method = keyof typeof bars;

/** Largest error of each method on one sentence. */
export async function errorsOf(
  model: Model,
  sentence: Required<GoldenSentence>,
  steps: number,
): Promise<Record<Method, number>> {
  const found = await find(model, sentence, steps);
  const of = (name: Exclude<Method, "grad_cam">) => maxRelative(found[name], sentence[name]);
  const maps = sentence.grad_cam.map((map, i) => maxRelative(found.grad_cam[i]!, map.map((v) => Math.max(0, v))));
  return {
    x_times_g: of("x_times_g"),
    ig_zero: of("ig_zero"),
    grad_cam: Math.max(...maps),
    attnlrp: of("attnlrp"),
    cplrp: of("cplrp"),
  };
}

/** max |a − b| / max |b|. */
const maxRelative = (a: readonly number[], b: readonly number[]): number =>
  a.length === b.length
    ? Math.max(...b.map((v, i) => Math.abs(v - a[i]!))) / Math.max(...b.map(Math.abs), Number.MIN_VALUE)
    : Infinity;

/** a·b / (|a| |b|). */
export const cosine = (a: readonly number[], b: readonly number[]): number => {
  const dot = (p: readonly number[], q: readonly number[]): number => p.reduce((sum, v, i) => sum + v * q[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
};
