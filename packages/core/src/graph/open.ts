/**
 * From a file's bytes to a graph and the bytes that a forward session runs.
 *
 * @module
 */
import { decode } from "../onnx/decode.ts";
import { encodeGraph } from "../onnx/encode.ts";
import { checkLimits, defaultLimits, type Limits } from "../onnx/limits.ts";
import { buildGraph, type BuildOptions } from "./build.ts";
import type { Graph } from "./graph.ts";

export interface OpenedGraph {
  readonly graph: Graph;
  /** What the forward session runs: the file itself, or the inlined graph where functions or branches had to be opened. */
  readonly bytes: () => Uint8Array;
  /** True where `bytes` are not the file's own. */
  readonly rewritten: boolean;
}

/**
 * Decodes, bounds and builds a model. Every name in `graph.inFile` can be made an output of `bytes`.
 *
 * @param file an `.onnx` file
 * @throws what `decode`, `checkLimits` and `buildGraph` throw
 *
 * @example
 * ```ts
 * import { encodeGraph, openGraph, type Graph } from "@hyaline/core";
 * const x = { name: "x", dtype: "float32", dims: ["n"] } as const, y = { ...x, name: "y" };
 * const relu: Graph = {
 *   inputs: [x], outputs: [y], constants: new Map(), inFile: new Set(), opsets: new Map([["", 17]]),
 *   nodes: [{ op: "Relu", domain: "", name: "r", inputs: ["x"], outputs: ["y"], attributes: {} }],
 * };
 * const { graph, rewritten } = openGraph(encodeGraph(relu));
 * console.assert(!rewritten && graph.inFile.has("y"));
 * ```
 */
export function openGraph(file: Uint8Array, options: BuildOptions & { limits?: Partial<Limits> } = {}): OpenedGraph {
  const model = decode(file), { backing } = options;
  checkLimits(model, { ...defaultLimits, ...options.limits });
  const { graph, rewritten } = buildGraph(model, options);
  if (!rewritten) return { graph, bytes: backing ? () => backing.whole() : () => file, rewritten };
  const inFile = new Set(graph.nodes.flatMap(({ outputs }) => outputs.filter(Boolean)));
  return { graph: { ...graph, inFile }, bytes: () => encodeGraph(graph), rewritten };
}
