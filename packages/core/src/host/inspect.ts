/**
 * What is known of a model before it is explained: its operators, which of them lie on the way of relevance and have rules,
 * what the canonicalisers made of it, and what a run will take.
 *
 * @module
 */
import { exact } from "../canon/built_in.ts";
import type { Report } from "../canon/canonicaliser.ts";
import { activity, ancestors } from "../compile/analysis.ts";
import { missingShapes } from "../errors.ts";
import { operator, type Port } from "../graph/graph.ts";
import { infer } from "../graph/infer.ts";
import { flops, type Memory, memoryOf } from "../graph/memory.ts";
import type { TensorType } from "../graph/tensor.ts";
import { rules } from "../rules/mod.ts";
import { lowered } from "../runtime/kernel/ops/mod.ts";
import { type Architecture, architectureOf } from "./architecture.ts";
import { handedOver } from "./forward_program.ts";
import { completeInputs, filled, isSetting } from "./inputs.ts";
import { positionsOf } from "./plan.ts";
import { rounds, spelled } from "./shaping.ts";
import { findSources } from "./sources.ts";
import type { Subject } from "./subject.ts";

/** One operator of the file and of its canonical form. */
export interface OperatorUse {
  readonly op: string;
  /** Nodes in the file; 0 for one that only the canonical form has. */
  readonly inFile: number;
  /** Nodes of the canonical form. */
  readonly canonical: number;
  /** Canonical nodes that relevance must cross. */
  readonly crossed: number;
  /** Whether a rule knows it. Only operators that are crossed need one. */
  readonly rule: boolean;
}

export interface Inspection {
  readonly id: string;
  readonly sha256: string;
  readonly dtype: string;
  /** `model_type` of `config.json`: what its makers call the architecture. Nothing depends on it. */
  readonly modelType?: string;
  readonly opset: number;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly labels?: readonly string[];
  /** Explained inputs: "text", "encoder", "decoder", "image". */
  readonly sources: readonly string[];
  readonly nodes: number;
  readonly operators: readonly OperatorUse[];
  /** Operators that are crossed and have no rule: white-box methods cannot run. */
  readonly missing: readonly string[];
  /** Operators of the forward pass that the kernel hands to ONNX Runtime; none where it runs the model alone. */
  readonly handedOver: readonly string[];
  readonly canon: Report;
  /** The model as blocks, one list a source. */
  readonly architecture: readonly Architecture[];
  /** Tokens the following are for. */
  readonly length: number;
  readonly memory: Memory;
  /** Floating-point operations of one forward pass, and of carrying one message back. */
  readonly flops: { readonly forward: number; readonly backward: number };
}

/**
 * Inspects a model at a number of tokens. Nothing is run.
 *
 * @throws MISSING_SHAPES, MISSING_INPUT, NO_SOURCE
 */
export function inspect(subject: Subject, { length = 32 }: { length?: number } = {}): Inspection {
  const { model, id, sha256, dtype, modelType, labels, decoderStart } = subject, { graph } = model;
  const ports = graph.inputs.filter(({ name }) => !graph.constants.has(name));
  // Named sizes: the first is the batch, any other the length.
  const sized = ports.filter(({ name }) =>
    /(^|_)input_ids$/.test(name) || ports.length === 1 || /^pixel_values$/.test(name)
  )
    .map(({ name, dtype, dims }) =>
      [name, filled(dtype, dims.map((d, i) => (typeof d === "number" ? d : i === 0 ? 1 : length)), 0)] as const
    );
  const inputs = completeInputs(graph, new Map(sized), { decoderStart });
  const types = new Map<string, TensorType>(inputs);
  const pinned = new Map([...inputs].filter(([name]) => ports.some((port) => port.name === name && isSetting(port))));
  const told = infer(graph, types, { pinned });
  if (told.missing.length) throw missingShapes(told.missing);
  const asFile = { types, settings: pinned, probed: new Map<string, TensorType>() },
    shaped = spelled(graph, told, asFile),
    { graph: canonical, report } = shaped,
    plain = rounds(graph) ? spelled(graph, told, asFile, exact) : shaped;
  const sources = findSources(canonical, shaped.types),
    active = activity(shaped, sources.flatMap(({ tensors }) => tensors)),
    reach = ancestors(canonical, model.target);
  const crossed = new Set(
    canonical.nodes.filter((node) =>
      node.inputs.some((name) => active.has(name)) && node.outputs.some((name) => active.has(name) && reach.has(name))
    ),
  );
  const names = [...new Set([...graph.nodes, ...canonical.nodes].map(operator))].sort();
  const count = (nodes: Iterable<(typeof graph.nodes)[number]>, op: string) =>
    [...nodes].filter((node) => operator(node) === op).length;
  const operators = names.map((op) => ({
    op,
    inFile: count(graph.nodes, op),
    canonical: count(canonical.nodes, op),
    crossed: count(crossed, op),
    rule: rules.has(op),
  }));
  return {
    id,
    sha256,
    dtype,
    ...(modelType === undefined ? {} : { modelType }),
    opset: model.opset,
    inputs: ports,
    outputs: graph.outputs,
    ...(labels ? { labels } : {}),
    sources: sources.map(({ name }) => name),
    nodes: graph.nodes.length,
    operators,
    missing: operators.filter(({ crossed, rule }) => crossed > 0 && !rule).map(({ op }) => op),
    handedOver: handedOver(plain, model.target, lowered),
    canon: report,
    architecture: sources.map((source) =>
      architectureOf(shaped, {
        file: graph,
        source,
        sources,
        target: model.target,
        positions: positionsOf(source, shaped.types),
      })
    ),
    length,
    memory: memoryOf(graph, told.types),
    flops: {
      forward: graph.nodes.reduce((sum, node) => sum + flops(node, told.types), 0),
      // The cotangent of each active operand costs what the operator itself cost; none is made for weights.
      backward: [...crossed].reduce((sum, node) => {
        const ways = node.inputs.filter((name) => active.has(name)).length;
        return sum + ways * flops(node, shaped.types);
      }, 0),
    },
  };
}
