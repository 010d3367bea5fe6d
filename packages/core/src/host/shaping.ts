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
  const whole = infer(canonical, types, { pinned: settings, probed, before: { nodes: graph.nodes, ...told } });
  return { graph: canonical, types: whole.types, known: whole.known, missing: whole.missing, report };
}

/** Operators that round activations, alone or along with what they compute. */
const ROUNDING = /^(Dynamic)?Quantize|^QLinear|IntegerToFloat$|^QAttention$|^QMoE$/;

/** Whether a file rounds activations: then its canonical form, which lets that go, is not what it computes. */
export const rounds = ({ nodes }: Graph): boolean => nodes.some(({ op }) => ROUNDING.test(op));

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
  // Either may be all that is asked for: predictions want the file's own numbers, a session's explanation the way back alone.
  const wayBack = once(() => {
      const spelled = inOneSpelling();
      return { ...spelled, sources: findSources(spelled.graph, spelled.types) };
    }),
    exactly = rounds(graph) ? once(() => inOneSpelling(exact)) : wayBack;
  return {
    key,
    target,
    get graph() {
      return wayBack().graph;
    },
    get types() {
      return wayBack().types;
    },
    get known() {
      return wayBack().known;
    },
    get sources() {
      return wayBack().sources;
    },
    exact: exactly,
  };
}

/** Made when it is first asked for. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => made ??= make();
}
