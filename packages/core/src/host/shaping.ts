/**
 * A graph at one input shape: types of all its tensors, its canonical form, and the tensors that are explained.
 *
 * @module
 */
import { exact } from "../canon/built_in.ts";
import { canonicalise } from "../canon/canonicalise.ts";
import type { ShapedGraph } from "../compile/mod.ts";
import { missingShapes } from "../errors.ts";
import type { Graph } from "../graph/graph.ts";
import { infer } from "../graph/infer.ts";
import { checkSizes } from "../graph/memory.ts";
import type { Tensor, TensorType } from "../graph/tensor.ts";
import { defaultLimits } from "../onnx/limits.ts";
import type { Inputs } from "./inputs.ts";
import { findSources, type Source } from "./sources.ts";
import { turn } from "./turn.ts";

/** A graph at one input shape with the tensors that are explained. */
export interface Shaped extends ShapedGraph {
  readonly key: string;
  readonly sources: readonly Source[];
  /** The output that holds the answers. */
  readonly target: string;
  /** The same graph with every rounding of activations in its place: what a forward program is compiled from. */
  readonly exact: () => ShapedGraph;
}

export interface ShapingRequest {
  readonly key: string;
  readonly target: string;
  readonly inputs: Inputs;
  /** Inputs whose values, not only shapes, decide what is computed. */
  readonly settings: ReadonlyMap<string, Tensor>;
  /** Runs the model for tensors whose shapes depend on data. */
  probe(inputs: Inputs, names: readonly string[]): Promise<ReadonlyMap<string, Tensor>>;
}

/** @throws MISSING_SHAPES; TENSOR_TOO_LARGE where a node would make more than a machine has */
export async function shapedAt(
  graph: Graph,
  { key, target, inputs, settings, probe }: ShapingRequest,
): Promise<Shaped> {
  const types = new Map<string, TensorType>(inputs), probed = new Map<string, TensorType>();
  let told = infer(graph, types, { pinned: settings, probed });
  checkSizes(told.types, defaultLimits.tensorBytes);
  const unknown = told.unknown.filter((name) => graph.inFile.has(name));
  if (unknown.length) { // the model itself tells them
    for (const [name, { dtype, dims }] of await probe(inputs, unknown)) probed.set(name, { dtype, dims });
    told = infer(graph, types, { pinned: settings, probed });
  }
  if (told.missing.length) throw missingShapes(told.missing);
  await turn();
  const inOneSpelling = (canonicalisers?: typeof exact): ShapedGraph => {
    const { graph: canonical } = canonicalise(graph, told, canonicalisers);
    const whole = infer(canonical, types, { pinned: settings, probed: new Map([...probed, ...told.types]) });
    if (whole.missing.length) throw missingShapes(whole.missing);
    return { graph: canonical, types: whole.types, known: whole.known };
  };
  const shaped = inOneSpelling(), rounds = shaped.graph.nodes.some(({ quantised }) => quantised);
  let rounded: ShapedGraph | undefined;
  return {
    ...shaped,
    key,
    sources: findSources(shaped.graph, shaped.types),
    target,
    exact: () => (rounds ? rounded ??= inOneSpelling(exact) : shaped),
  };
}
