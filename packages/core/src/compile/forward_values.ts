/**
 * Where the backward program finds a value of the forward pass: among its constants, as a tap of the forward session, or
 * recomputed from other values. Every tap is a copy out of the runtime, so what merely moves elements is recomputed.
 *
 * @module
 */
import { broken, unknownTensor } from "../errors.ts";
import { constant, type Node, producers } from "../graph/graph.ts";
import { isFloat, type TensorType } from "../graph/tensor.ts";
import type { Builder } from "../program/builder.ts";
import type { ShapedGraph } from "./analysis.ts";

/** Operators that move elements or repeat them: dearer to copy than to redo. */
const MOVEMENT = new Set([
  "Reshape",
  "Transpose",
  "Squeeze",
  "Unsqueeze",
  "Flatten",
  "Identity",
  "Expand",
  "Slice",
  "Split",
]);

export class ForwardValues {
  readonly taps = new Set<string>();
  readonly #at = new Map<string, string>();
  readonly #made: ReadonlyMap<string, Node>;
  readonly #shaped: ShapedGraph;
  readonly #b: Builder;
  readonly #fixed = new Map<string, boolean>();
  readonly #given: ReadonlySet<string> | undefined;
  #again: ReadonlySet<string> = new Set();

  /** @param given where there is no forward session to tap: all that is given beside the model's inputs; the rest is computed */
  constructor(shaped: ShapedGraph, b: Builder, given?: ReadonlySet<string>) {
    this.#shaped = shaped;
    this.#b = b;
    this.#given = given;
    this.#made = producers(shaped.graph.nodes);
  }

  /** The program's tensor that holds a forward tensor; floats of any width are float32 in the program. */
  value(name: string): string {
    const before = this.#at.get(name);
    if (before) return before;
    const raw = this.#raw(name), dtype = this.#b.dtype(raw);
    const value = isFloat(dtype) ? this.#b.cast(raw, "float32") : raw;
    this.#at.set(name, value);
    return value;
  }

  /** Says where the program has a forward tensor that was written some other way. */
  set(name: string, at: string): void {
    this.#at.set(name, at);
  }

  /** True where a tensor depends on constants of the file alone: a weight, however it is stored. */
  isFixed(name: string): boolean {
    const { graph, known } = this.#shaped;
    if (graph.constants.has(name) || known.has(name)) return true;
    const before = this.#fixed.get(name);
    if (before !== undefined) return before;
    const node = this.#made.get(name),
      fixed = node !== undefined && node.inputs.every((input) => !input || this.isFixed(input));
    this.#fixed.set(name, fixed);
    return fixed;
  }

  /** Takes tensors off the taps and computes them again: steps that come behind all others, see `topological`. */
  redo(names: ReadonlySet<string>): void {
    this.#again = names;
    for (const name of names) {
      if (!this.taps.delete(name)) continue;
      const { op, domain, inputs, attributes, name: origin } = this.#made.get(name)!;
      this.#b.origin = origin;
      const values = inputs.map((input) => input && this.value(input));
      this.#b.forward({ op, domain, inputs: values, outputs: [name], attributes }, [this.#shaped.types.get(name)!]);
    }
  }

  #raw(name: string): string {
    const { graph, known, types } = this.#shaped;
    const weight = graph.constants.get(name);
    if (weight) return this.#b.constant(name, weight);
    const folded = known.get(name);
    if (folded) return this.#b.constant(name, constant(folded));
    const node = this.#made.get(name), type = types.get(name);
    const inFile = graph.inFile.has(name) || graph.inputs.some((port) => port.name === name);
    const computed = this.#given
      ? !this.#given.has(name)
      : !inFile || this.#again.has(name) || this.isFixed(name) || (node && this.moves(node));
    if (node && computed) return this.#recompute(node, name);
    // A cast to its own type is gone from an optimised session, and cannot be tapped there.
    if (node?.op === "Cast" && type?.dtype === types.get(node.inputs[0]!)?.dtype) return this.value(node.inputs[0]!);
    if (!type) throw unknownTensor(name);
    if (!inFile) throw broken(`"${name}" is neither computed by the file nor by a node`);
    this.taps.add(name);
    return this.#b.input(name, type);
  }

  /** Whether a node only moves elements. */
  moves = (node: Node): boolean =>
    !node.quantised && node.domain === "" && MOVEMENT.has(node.op) && this.#shaped.graph.inFile.has(node.inputs[0]!);

  /** Repeats a forward node in the program; its float inputs are float32 by then. */
  #recompute(node: Node, wanted: string): string {
    const origin = this.#b.origin;
    this.#b.origin = node.name;
    const inputs = node.inputs.map((input) => input && this.value(input));
    const outputs = node.outputs.map((output) => output && this.#b.fresh(output));
    const types = node.outputs.map((output): TensorType => {
      const type = this.#shaped.types.get(output) ?? { dtype: "float32", dims: [] };
      return isFloat(type.dtype) ? { dtype: "float32", dims: type.dims } : type;
    });
    const to = node.op === "Cast" && types[0]!.dtype === "float32" ? { to: 1 } : {};
    this.#b.forward(
      { op: node.op, domain: node.domain, inputs, outputs, attributes: { ...node.attributes, ...to } },
      types,
    );
    this.#b.origin = origin;
    node.outputs.forEach((output, i) => output && this.#at.set(output, outputs[i]!));
    return outputs[node.outputs.indexOf(wanted)]!;
  }
}
