/**
 * What a shape rule sees of one operator application, and the form of the rule itself.
 *
 * @module
 */
import { type Attribute, type Node, operator } from "../graph.ts";
import { type DType, isFloat, type TensorType } from "../tensor.ts";
import { malformedNode } from "../../errors.ts";

/** Thrown (never escapes `infer`) where an answer depends on elements that only a run knows. */
export const dataDependent = Symbol("depends on data");

/**
 * One operator: the types of its outputs and, where it is cheap and exact, their elements.
 *
 * Both may ask for an input's elements with {@link Site.read}; if these are unknown the answer is "depends on data".
 * Elements are plain numbers in row-major order: booleans 0 and 1, halves widened.
 */
export interface ShapeRule {
  /** `Op`, or `domain.Op` outside the standard domain. */
  readonly op: string;
  types(site: Site): readonly TensorType[];
  values?(site: Site, outputs: readonly TensorType[]): readonly (readonly number[])[];
}

/** Looks up elements of a small tensor, if they are known. */
export type Lookup = (name: string) => readonly number[] | undefined;

/** A node with the types of its inputs. Every accessor names the node when the file breaks the operator's contract. */
export class Site {
  readonly node: Node;
  readonly opset: number;
  readonly #types: ReadonlyMap<string, TensorType>;
  readonly #lookup: Lookup;
  constructor(
    node: Node,
    { opset, types, lookup }: { opset: number; types: ReadonlyMap<string, TensorType>; lookup: Lookup },
  ) {
    this.node = node;
    this.opset = opset;
    this.#types = types;
    this.#lookup = lookup;
  }

  /** Whether input `i` is given. */
  has(i: number): boolean {
    return !!this.node.inputs[i];
  }
  /** Type of input `i`. @throws a `MALFORMED_NODE` failure where it is left out; data-dependent where it is not known. */
  type(i: number): TensorType {
    const name = this.node.inputs[i];
    if (!name) throw this.malformed(`input ${i} is missing`);
    const type = this.#types.get(name);
    if (!type) throw dataDependent;
    return type;
  }
  dims(i: number): readonly number[] {
    return this.type(i).dims;
  }
  dtype(i: number): DType {
    return this.type(i).dtype;
  }
  rank(i: number): number {
    return this.dims(i).length;
  }
  isFloat(i: number): boolean {
    return isFloat(this.dtype(i));
  }
  /** Elements of input `i`; ends this rule as data-dependent where they are unknown. */
  read(i: number): readonly number[] {
    const name = this.node.inputs[i];
    const values = name ? this.#lookup(name) : undefined;
    if (!values) throw dataDependent;
    return values;
  }
  /** The single element of input `i`, or the fallback where the input is left out. */
  scalar(i: number, fallback?: number): number {
    if (!this.has(i) && fallback !== undefined) return fallback;
    const value = this.read(i)[0];
    if (value === undefined) throw this.malformed(`input ${i} is empty`);
    return value;
  }
  attribute(name: string): Attribute | undefined {
    return this.node.attributes[name];
  }
  /** A number attribute, or the fallback; without one the attribute is required. */
  number(name: string, fallback?: number): number {
    const value = (this.attribute(name) as number | undefined) ?? fallback;
    if (value === undefined) throw this.malformed(`attribute "${name}" is missing`);
    return value;
  }
  ints(name: string): readonly number[] | undefined {
    return this.attribute(name) as readonly number[] | undefined;
  }
  text(name: string, fallback: string): string {
    return (this.attribute(name) as string | undefined) ?? fallback;
  }
  /** Turns a negative axis into the one it means. @throws where it lies outside `rank`. */
  axis(axis: number, rank: number): number {
    const positive = axis < 0 ? axis + rank : axis;
    if (positive < 0 || positive > Math.max(rank - 1, 0)) {
      throw this.malformed(`axis ${axis} lies outside rank ${rank}`);
    }
    return positive;
  }
  /** Axes from an attribute (older operator sets) or from input `i` (newer ones); `undefined` where neither is given. */
  axes(i: number, rank: number): number[] | undefined {
    const axes = this.ints("axes") ?? (this.has(i) ? this.read(i) : undefined);
    return axes?.map((a) => this.axis(a, rank));
  }
  malformed(because: string): Error {
    return malformedNode({ op: operator(this.node), node: this.node.name, because });
  }
}

/** A rule whose outputs all have the type of the first input. */
export const likeFirst = (op: string, outputs = 1): ShapeRule => ({
  op,
  types: (s) => Array<TensorType>(outputs).fill(s.type(0)),
});
