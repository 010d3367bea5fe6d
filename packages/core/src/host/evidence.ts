/**
 * From needs to evidence: what every requested explainer asks for is united, compiled once, run once, and handed to each as it asked.
 *
 * @module
 */
import type { Tensor } from "../graph/tensor.ts";
import type { Composite } from "../lrp/composite.ts";
import type { Need } from "../plugin/need.ts";
import { takesSeed } from "../program/program.ts";
import { letGo } from "../runtime/executor.ts";
import { floats } from "./arrays.ts";
import type { Inputs } from "./inputs.ts";
import type { Model, Runnable, Shaped } from "./model.ts";
import { type PlacedSource, planFor } from "./plan.ts";
import type { ResolvedTarget } from "./target.ts";
import { type Carried, type Picked, viewOf } from "./view.ts";

export interface GatherRequest {
  readonly model: Model;
  readonly shaped: Shaped;
  readonly inputs: Inputs;
  readonly needs: readonly Need[];
  /** Composites of plugins, by id; they win over the built-in ones. */
  readonly composites?: ReadonlyMap<string, Composite>;
  /** How many targets `targets` gives; all share one forward and one backward pass. 1 by default. */
  readonly count?: number;
  /** Given up between two steps when aborted. */
  readonly signal?: AbortSignal;
  /** Chooses the targets once the logits are known. */
  targets(logits: Tensor): readonly ResolvedTarget[];
}

/** Everything about one target. */
export interface TargetEvidence {
  readonly resolved: ResolvedTarget;
  /** Evidence as a manifest asks for it. */
  pick(needs: readonly Need[]): Picked;
}

/** All evidence of one forward pass. */
export interface Gathered {
  readonly targets: readonly TargetEvidence[];
  readonly logits: Tensor;
  readonly sources: readonly PlacedSource[];
  /** Forward values by tensor, the explained embeddings among them: where a path starts. */
  readonly values: ReadonlyMap<string, Tensor>;
  /** The gradient at the embeddings, ready to run again on other taps, where a path was asked for. */
  readonly path?: Runnable;
}

/** Compiles, runs and collects. One forward pass, one backward pass per distinct composite. */
export async function gather(request: GatherRequest): Promise<Gathered> {
  const { model, shaped, inputs, needs, signal, count = 1 } = request;
  const plan = await planFor({
    model,
    shaped,
    needs,
    targets: count,
    given: (tensor) => inputs.has(tensor),
    ...(request.composites ? { composites: request.composites } : {}),
  });
  signal?.throwIfAborted();
  const { sources, attentions, reading, gradient, path, relevant, direct, recompute } = plan;
  const runnables = [gradient, path, recompute, ...[...relevant.values()].map(({ runnable }) => runnable)].filter((r) =>
    r !== undefined
  );
  const fetches = [...new Set([shaped.target, ...direct, ...runnables.flatMap(({ program }) => program.taps)])];
  model.expect(fetches);
  const taps = await model.forward(inputs, fetches);
  signal?.throwIfAborted();
  const logits = taps.get(shaped.target)!,
    resolved = request.targets(logits),
    seed = together(resolved, count);

  const values = new Map<string, Tensor>(direct.map((name) => [name, taps.get(name)!]));
  if (recompute) {
    const found = await model.backward(recompute, taps);
    for (const [name, held] of recompute.program.values) values.set(name, found.get(held)!);
  }
  const carry = async (runnable: Runnable): Promise<ReadonlyMap<string, Tensor>> =>
    await model.backward(runnable, taps, takesSeed(runnable.program) ? seed : undefined);
  const gradients = gradient && await carry(gradient), messages = new Map<string, ReadonlyMap<string, Tensor>>();
  for (const [id, { runnable }] of relevant) {
    signal?.throwIfAborted();
    messages.set(id, await carry(runnable));
  }

  letGo([...taps].filter(([name]) => name !== shaped.target && !values.has(name)).map(([, tensor]) => tensor));
  const targets = resolved.map((one, which): TargetEvidence => {
    const own = (
      found: ReadonlyMap<string, Tensor>,
    ) => (count === 1 ? found : new Map([...found].map(([name, tensor]) => [name, slice(tensor, which)])));
    const grads = gradients && own(gradients), at = new Map<string, Tensor>();
    for (const [name, held] of gradient?.program.cotangents ?? []) at.set(name, grads!.get(held)!);
    const carried = new Map(
      [...relevant].map((
        [id, { composite, depths, runnable }],
      ): [string, Carried] => [id, { composite, depths, program: runnable.program, found: own(messages.get(id)!) }]),
    );
    return {
      resolved: one,
      pick: viewOf({
        shaped,
        sources,
        attentions,
        logits,
        resolved: one,
        values,
        gradients: at,
        reading,
        relevant: carried,
      }),
    };
  });
  return { targets, logits, sources, values, ...(path ? { path } : {}) };
}

/** The seeds of all targets, one behind the other. */
function together(resolved: readonly ResolvedTarget[], count: number): Tensor {
  if (count === 1) return resolved[0]!.seed;
  const { dims, data } = resolved[0]!.seed, each = (data as Float32Array).length, all = new Float32Array(each * count);
  resolved.forEach(({ seed }, i) => all.set(floats(seed), i * each));
  return { dtype: "float32", dims: [count, ...dims], data: all };
}

/** One target's part of a tensor with an axis of targets in front. */
function slice(tensor: Tensor, which: number): Tensor {
  const each = (tensor.data as Float32Array).length / tensor.dims[0]!;
  return {
    dtype: tensor.dtype,
    dims: tensor.dims.slice(1),
    data: floats(tensor).subarray(which * each, (which + 1) * each),
  };
}
