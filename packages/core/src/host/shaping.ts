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

/** What is known of a graph as its file has it. */
interface Known {
  readonly types: ReadonlyMap<string, TensorType>;
  readonly settings: ReadonlyMap<string, Tensor>;
  readonly probed: ReadonlyMap<string, TensorType>;
}

/** A graph in one spelling, with the types of all its tensors but for `missing`. */
export function spelled(
  graph: Graph,
  told: ReturnType<typeof infer>,
  { types, settings, probed }: Known,
  canonicalisers?: typeof exact,
) {
  const { graph: canonical, report } = canonicalise(graph, told, canonicalisers);
  const whole = infer(canonical, types, { pinned: settings, probed: new Map([...probed, ...told.types]) });
  return { graph: canonical, types: whole.types, known: whole.known, missing: whole.missing, report };
}

/** Whether a canonical form lets roundings of activations go: then it is not what the file computes. */
export const letsRoundingGo = ({ nodes }: Graph): boolean => nodes.some(({ quantised }) => quantised);

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
    const { graph: canonical, types: all, known, missing } = spelled(
      graph,
      told,
      { types, settings, probed },
      canonicalisers,
    );
    if (missing.length) throw missingShapes(missing);
    return { graph: canonical, types: all, known };
  };
  const shaped = inOneSpelling();
  let rounded: ShapedGraph | undefined;
  return {
    ...shaped,
    key,
    sources: findSources(shaped.graph, shaped.types),
    target,
    exact: () => (letsRoundingGo(shaped.graph) ? rounded ??= inOneSpelling(exact) : shaped),
  };
}
