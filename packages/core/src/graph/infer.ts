/**
 * Concrete types of every tensor of a graph for one set of input shapes, and the elements of those that do not depend on
 * what the inputs hold.
 *
 * @module
 */
import { type Graph, type Node, operator } from "./graph.ts";
import { FOLD_LIMIT, folds, fromNumbers } from "./fold.ts";
import { shapeRules } from "./shapes/table.ts";
import { dataDependent, type ShapeRule, Site } from "./shapes/site.ts";
import { numbers, size, type Tensor, type TensorType } from "./tensor.ts";
import { type MissingOperator, wrongInput } from "../errors.ts";

export interface InferOptions {
  /** Inputs (or any tensors) whose elements are fixed ahead: `use_cache_branch`, a mask of ones. */
  readonly pinned?: ReadonlyMap<string, Tensor>;
  /** Types seen in a run, for tensors whose shape depends on data. */
  readonly probed?: ReadonlyMap<string, TensorType>;
  /** What was told of the graph this one was rewritten from, where tensors of one name hold the same. */
  readonly before?: Before;
}

/** A graph at the same shapes, and what was told of it. */
export interface Before extends Pick<Inference, "types" | "known"> {
  readonly nodes: readonly Node[];
}

export interface Inference {
  /** Type of every tensor that could be told, constants and inputs included. */
  readonly types: ReadonlyMap<string, TensorType>;
  /** Elements of small tensors (≤ {@link FOLD_LIMIT}) that depend on shapes, constants and pinned inputs alone; constants themselves are not listed. */
  readonly known: ReadonlyMap<string, Tensor>;
  /** Tensors whose type depends on data, in order: run the model, pass what you see as `probed`. */
  readonly unknown: readonly string[];
  /** Operators no shape rule knows whose outputs were not probed either. */
  readonly missing: readonly MissingOperator[];
}

/**
 * Infers types and folds what is small and fixed.
 *
 * @param graph nodes in topological order
 * @param inputs types of the graph's inputs; an input with fixed dims may be left out
 * @throws `WRONG_INPUT` where a type contradicts the file, `MALFORMED_NODE` where a node breaks its operator's contract
 *
 * @example
 * ```ts
 * import { type Graph, infer } from "@hyaline/core";
 * const graph: Graph = {
 *   inputs: [{ name: "x", dtype: "float32", dims: ["batch", 3] }],
 *   outputs: [],
 *   nodes: [{ op: "Shape", domain: "", name: "", inputs: ["x"], outputs: ["s"], attributes: {} }],
 *   constants: new Map(), inFile: new Set(), opsets: new Map([["", 18]]),
 * };
 * const { known } = infer(graph, new Map([["x", { dtype: "float32", dims: [2, 3] }]]));
 * console.assert(known.get("s")?.data[0] === 2n);
 * ```
 */
export function infer(
  graph: Graph,
  inputs: ReadonlyMap<string, TensorType>,
  { pinned, probed, before }: InferOptions = {},
): Inference {
  const types = new Map<string, TensorType>(inputTypes(graph, inputs, pinned));
  for (const [name, { dtype, dims }] of graph.constants) types.set(name, { dtype, dims });
  const known = new Map<string, Tensor>(pinned), read = new Map<string, readonly number[]>();
  const unknown: string[] = [], missing: MissingOperator[] = [], told = before && remembered(before, { types, known });

  const lookup = (name: string): readonly number[] | undefined => {
    const cached = read.get(name), type = types.get(name);
    if (cached || !type || size(type.dims) > FOLD_LIMIT || !folds(type.dtype)) return cached;
    const tensor = known.get(name) ?? graph.constants.get(name)?.read();
    if (!tensor) return undefined;
    const values = numbers(tensor);
    read.set(name, values);
    return values;
  };

  for (const node of graph.nodes) {
    if (told?.(node)) continue;
    const rule = shapeRules.get(operator(node));
    const site = new Site(node, { opset: graph.opsets.get(node.domain) ?? 1, types, lookup });
    const found = rule && attempt(() => rule.types(site));
    node.outputs.forEach((name, i) => {
      const type = probed?.get(name) ?? before?.types.get(name) ?? found?.[i];
      if (!name) return;
      if (type) types.set(name, type);
      else unknown.push(name);
    });
    if (!rule && node.outputs.some((name) => name && !types.has(name))) {
      missing.push({ op: node.op, domain: node.domain, node: node.name });
    }
    if (rule && found) fold(node, rule, { site, told: found, known });
  }
  return { types, known, unknown, missing };
}

/**
 * Writes what was told of a node before; false where it must be asked: it is new, it was not told, or what it reads was folded since.
 */
function remembered(
  before: Before,
  { types, known }: { types: Map<string, TensorType>; known: Map<string, Tensor> },
): (node: Node) => boolean {
  const old = new Set(before.nodes), isNews = (name: string): boolean => known.has(name) && !before.known.has(name);
  return (node) => {
    const outputs = node.outputs.filter(Boolean);
    if (!old.has(node) || !outputs.every((name) => before.types.has(name)) || node.inputs.some(isNews)) return false;
    for (const name of outputs) {
      types.set(name, before.types.get(name)!);
      const elements = before.known.get(name);
      if (elements) known.set(name, elements);
    }
    return true;
  };
}

/** Runs a rule; `undefined` where the answer depends on data. */
function attempt<T>(f: () => T): T | undefined {
  try {
    return f();
  } catch (thrown) {
    if (thrown === dataDependent) return undefined;
    throw thrown;
  }
}

function fold(
  node: Node,
  rule: ShapeRule,
  { site, told, known }: { site: Site; told: readonly TensorType[]; known: Map<string, Tensor> },
): void {
  if (!rule.values || told.some(({ dtype, dims }) => size(dims) > FOLD_LIMIT || !folds(dtype))) return;
  const values = attempt(() => rule.values!(site, told));
  values?.forEach((elements, i) => {
    const name = node.outputs[i], type = told[i];
    if (name && type && !known.has(name)) known.set(name, fromNumbers(type.dtype, type.dims, elements));
  });
}

/** Types of the inputs, checked against the file's ports. Equal symbols may differ in size, as ONNX Runtime has it. */
function* inputTypes(
  graph: Graph,
  inputs: ReadonlyMap<string, TensorType>,
  pinned?: ReadonlyMap<string, Tensor>,
): Generator<[string, TensorType]> {
  for (const { name, dtype, dims } of graph.inputs) {
    if (graph.constants.has(name)) continue;
    const pin = pinned?.get(name);
    const given = inputs.get(name) ?? (pin && { dtype: pin.dtype, dims: pin.dims });
    const fixed = dims.every((d) => typeof d === "number") ? { dtype, dims: dims as readonly number[] } : undefined;
    const type = given ?? fixed;
    if (!type) throw wrongInput({ name, because: "its shape is not given" });
    if (type.dtype !== dtype) throw wrongInput({ name, because: `it holds ${dtype}, not ${type.dtype}` });
    if (type.dims.length !== dims.length || dims.some((d, i) => typeof d === "number" && d !== type.dims[i])) {
      throw wrongInput({ name, because: `its shape is [${dims}], not [${type.dims}]` });
    }
    yield [name, { dtype, dims: type.dims }];
  }
}
