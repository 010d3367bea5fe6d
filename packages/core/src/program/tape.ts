/**
 * What a program is written on: its steps, the types of its tensors, and which of them depend on the seed.
 *
 * **Seeds.** A program may carry several cotangents at once. A tensor that depends on the seed is *lifted*: physically it has one more
 * leading axis. Shapes given and told here are logical, without that axis, but for `raw`.
 *
 * @module
 */
import { type Attribute, type Constant, constant } from "../graph/graph.ts";
import { type Data, type DType, int64s, scalar, size, type Tensor, type TensorType } from "../graph/tensor.ts";
import { unknownTensor } from "../errors.ts";
import type { Step } from "./program.ts";

export type Dims = readonly number[];

/** Turns a negative axis into the one it means. */
export const wrap = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

export class Tape {
  readonly steps: Step[] = [];
  readonly types = new Map<string, TensorType>();
  readonly constants = new Map<string, Constant>();
  /** Forward node whose cotangents are being written. */
  origin = "";
  readonly #lifted = new Set<string>();
  readonly #scalars = new Map<string, string>();
  readonly seeds: number;
  #count = 0;

  constructor(seeds = 1) {
    this.seeds = seeds;
  }

  /** Logical shape: without the axis of seeds. */
  dims(name: string): Dims {
    const { dims } = this.type(name);
    return this.#lifted.has(name) ? dims.slice(1) : dims;
  }
  dtype = (name: string): DType => this.type(name).dtype;
  isLifted = (name: string): boolean => this.#lifted.has(name);
  protected markLifted(name: string): void {
    this.#lifted.add(name);
  }

  /** Declares a tensor that is given to the program from outside. */
  input(name: string, type: TensorType): string {
    this.types.set(name, type);
    return name;
  }
  /** Declares the seed: the target's cotangent. */
  seed(name: string, dims: Dims): string {
    if (this.seeds > 1) this.#lifted.add(name);
    this.types.set(name, { dtype: "float32", dims: this.seeds > 1 ? [this.seeds, ...dims] : dims });
    return name;
  }
  constant(name: string, value: Constant): string {
    if (!this.constants.has(name)) {
      this.constants.set(name, value);
      this.types.set(name, { dtype: value.dtype, dims: value.dims });
    }
    return name;
  }
  tensor(value: Tensor): string {
    return this.constant(this.fresh("const"), constant(value));
  }
  scalar(value: number): string {
    return this.#once(`f${Object.is(value, -0) ? "-0" : value}`, () => scalar(value));
  }
  ints(values: readonly number[]): string {
    return this.#once(`i${values}`, () => int64s(values));
  }
  zeros(dims: Dims): string {
    return this.#once(`z${dims}`, () => ({ dtype: "float32", dims, data: new Float32Array(size(dims)) }));
  }

  /** Any ONNX operator on tensors that do not depend on the seed; types of its outputs are given. Returns the outputs' names. */
  forward(step: Omit<Step, "origin">, types: readonly TensorType[]): readonly string[] {
    this.steps.push({ ...step, origin: this.origin });
    step.outputs.forEach((name, i) => name && this.types.set(name, types[i]!));
    return step.outputs;
  }

  /** Repeats a tensor that does not depend on the seed for every seed. */
  lift(a: string): string {
    if (this.seeds === 1 || this.#lifted.has(a)) return a;
    const dims = this.dims(a), name = this.raw("Expand", [a, this.ints([this.seeds, ...dims])], {});
    this.#lifted.add(name);
    return name;
  }

  /** A name no tensor has. */
  fresh = (stem: string): string => `${stem}~${this.#count++}`;

  protected type(name: string): TensorType {
    const type = this.types.get(name);
    if (!type) throw unknownTensor(name);
    return type;
  }

  #once(key: string, make: () => Tensor): string {
    const known = this.#scalars.get(key);
    if (known) return known;
    const name = this.tensor(make());
    this.#scalars.set(key, name);
    return name;
  }
  /** A step of several outputs, `""` for one left out; all are lifted where one of `from` is. */
  protected emitAll(
    step: Omit<Step, "origin" | "outputs" | "domain">,
    outputs: readonly (Dims | undefined)[],
    from: readonly string[],
  ): string[] {
    const lifted = from.some((name) => this.#lifted.has(name));
    const names = outputs.map((dims) => {
      if (!dims) return "";
      const name = this.fresh(step.op.toLowerCase());
      this.types.set(name, { dtype: this.dtype(from[0]!), dims: lifted ? [this.seeds, ...dims] : dims });
      if (lifted) this.#lifted.add(name);
      return name;
    });
    this.steps.push({ ...step, domain: "", outputs: names, origin: this.origin });
    return names;
  }
  protected axis(a: string, axis: number): number {
    return wrap(axis, this.dims(a).length) + (this.#lifted.has(a) ? 1 : 0);
  }
  protected emit(
    op: string,
    inputs: readonly string[],
    attributes: Step["attributes"],
    dtype: DType,
    dims: Dims,
    from: readonly string[],
  ): string {
    const lifted = from.some((name) => this.#lifted.has(name)), output = this.fresh(op.toLowerCase());
    this.types.set(output, { dtype, dims: lifted ? [this.seeds, ...dims] : dims });
    if (lifted) this.#lifted.add(output);
    this.steps.push({ op, domain: "", inputs, outputs: [output], attributes, origin: this.origin });
    return output;
  }
  /** A movement on physical axes; the caller knows which axis is which. */
  protected raw(
    op: "Transpose" | "Reshape" | "Expand" | "ScatterND",
    inputs: readonly string[],
    attributes: Record<string, Attribute>,
  ): string {
    const [a, second] = inputs as [string, string], from = this.type(a), output = this.fresh(op.toLowerCase());
    const listed = (name: string): number[] =>
      Array.from(this.constants.get(name)!.read().data as Exclude<Data, string[]>, Number);
    const dims = op === "Transpose"
      ? (attributes["perm"] as readonly number[]).map((p) => from.dims[p]!)
      : op === "ScatterND"
      ? from.dims
      : listed(second);
    this.types.set(output, { dtype: from.dtype, dims });
    this.steps.push({ op, domain: "", inputs, outputs: [output], attributes, origin: this.origin });
    return output;
  }
}
