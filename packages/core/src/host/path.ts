/**
 * Integrated gradients' evidence (Sundararajan et al. 2017): the derivative averaged along the straight line from a baseline to
 * the input, by Gauss–Legendre quadrature as in captum.
 *
 * @module
 */
import { numbers, type Tensor } from "../graph/tensor.ts";
import { letGo } from "../runtime/executor.ts";
import type { PathEvidence } from "../plugin/evidence.ts";
import { array, beside, floats, rowsOf, stacked } from "./arrays.ts";
import type { Gathered } from "./evidence.ts";
import { type Inputs, typed } from "./inputs.ts";
import type { Model, Shaped } from "./model.ts";
import type { Stand } from "./predict.ts";
import { turn } from "./turn.ts";

export interface PathRequest {
  readonly model: Model;
  readonly shaped: Shaped;
  readonly inputs: Inputs;
  readonly gathered: Gathered;
  /** The target's cotangent. */
  readonly seed: Tensor;
  readonly steps: number;
  /** What the path starts from; special tokens stay as they are but for `zero`. */
  readonly baseline: "zero" | "pad" | "mask";
  readonly stand: Stand;
  /** Which tokens, over all sources in order, stay at the baseline. */
  readonly special: readonly boolean[];
  readonly signal: AbortSignal;
  progress(done: number, of: number): void;
}

/** Nodes and weights on [0, 1]: roots of the Legendre polynomial by Newton's method. */
export function gaussLegendre(n: number): { nodes: number[]; weights: number[] } {
  const nodes: number[] = [], weights: number[] = [];
  for (let i = 0; i < n; i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5)), slope = 1;
    for (let round = 0; round < 100; round++) {
      let p = 1, before = 0;
      for (let k = 0; k < n; k++) [p, before] = [((2 * k + 1) * x * p - k * before) / (k + 1), p];
      slope = (n * (x * p - before)) / (x * x - 1);
      const step = p / slope;
      x -= step;
      if (Math.abs(step) < 1e-15) break;
    }
    nodes.push((1 - x) / 2);
    weights.push(1 / ((1 - x * x) * slope * slope));
  }
  return { nodes, weights };
}

/** Embeddings of the baseline, by the look-up itself. */
async function baselineOf(
  { model, shaped, inputs, gathered, baseline, stand, special }: PathRequest,
): Promise<Map<string, Tensor>> {
  const all = gathered.sources.flatMap(({ tensors }) => tensors);
  const zeros = (name: string): Tensor => ({
    dtype: "float32",
    dims: shaped.types.get(name)!.dims,
    data: new Float32Array(floats(gathered.values.get(name)!).length),
  });
  const id = baseline === "zero"
    ? undefined
    : baseline === "mask"
    ? stand.mask ?? stand.pad ?? stand.unknown
    : stand.pad ?? stand.unknown ?? stand.mask;
  if (id === undefined) return new Map(all.map((name) => [name, zeros(name)]));
  const changed = new Map(inputs);
  for (const { input, before, positions } of gathered.sources) {
    const ids = inputs.get(input)!;
    if (numbers(ids).length === positions) {
      changed.set(input, typed(ids.dtype, ids.dims, numbers(ids).map((own, i) => (special[before + i] ? own : id))));
    }
  }
  const found = await model.forward(changed, all);
  const looked = (name: string): Tensor => ({
    dtype: "float32",
    dims: found.get(name)!.dims,
    data: floats(found.get(name)!),
  });
  // A picture's patches have no id to put in their place: they start from nothing.
  return new Map(
    gathered.sources.flatMap(({ input, positions, tensors }) =>
      tensors.map((name) =>
        [name, numbers(inputs.get(input)!).length === positions ? looked(name) : zeros(name)] as const
      )
    ),
  );
}

/** Runs the path; the gathered gradient program is used again at every point. */
export async function integrate(request: PathRequest): Promise<PathEvidence> {
  const { model, shaped, inputs, gathered, seed, steps, signal } = request, path = gathered.path!, { program } = path;
  const tensors = gathered.sources.flatMap((source) => source.tensors),
    ends = new Map(tensors.map((name) => [name, floats(gathered.values.get(name)!)]));
  const starts = await baselineOf(request), { nodes, weights } = gaussLegendre(steps);
  const behind = await model.behindEmbeddings({ shaped, inputs, tensors, fetches: [shaped.target, ...program.taps] });
  const between = async (): Promise<void> => {
    await turn();
    signal.throwIfAborted();
  };
  try {
    const at = async (alpha: number): Promise<{ value: number; taps: Map<string, Tensor> }> => {
      await between();
      const points = new Map(tensors.map((name) => {
        const from = floats(starts.get(name)!), to = ends.get(name)!;
        return [
          name,
          {
            dtype: "float32",
            dims: shaped.types.get(name)!.dims,
            data: to.map((v, i) => from[i]! + alpha * (v - from[i]!)),
          } as Tensor,
        ];
      }));
      const taps = await behind.run(points), logits = numbers(taps.get(shaped.target)!);
      return { value: numbers(seed).reduce((sum, g, i) => (g === 0 ? sum : sum + g * logits[i]!), 0), taps };
    };
    const means = new Map(tensors.map((name) => [name, new Float64Array(ends.get(name)!.length)])),
      values = new Float32Array(steps);
    for (let k = 0; k < steps; k++) {
      const { value, taps } = await at(nodes[k]!);
      await between();
      const found = await model.backward(path, taps, seed);
      letGo(taps.values());
      values[k] = value;
      for (const name of tensors) {
        const held = program.cotangents.get(name), mean = means.get(name)!;
        if (held) floats(found.get(held)!).forEach((g, i) => (mean[i]! += weights[k]! * g));
      }
      request.progress(k + 1, steps);
    }
    const baselineValue = (await at(0)).value, value = (await at(1)).value;
    const attributed = (name: string): Tensor => {
      const to = ends.get(name)!, from = floats(starts.get(name)!), mean = means.get(name)!;
      return {
        dtype: "float32",
        dims: shaped.types.get(name)!.dims,
        data: to.map((v, i) => (v - from[i]!) * mean[i]!),
      };
    };
    const attributions = stacked(
      gathered.sources.map((source) => beside(source.tensors.map((name) => rowsOf(attributed(name), source.channels)))),
    );
    const sum = attributions.data.reduce((a, b) => a + b, 0);
    return {
      attributions,
      steps,
      baselineValue,
      points: array([steps], Float32Array.from(nodes)),
      values: array([steps], values),
      error: Math.abs(sum - (value - baselineValue)),
    };
  } finally {
    await behind.release();
  }
}
