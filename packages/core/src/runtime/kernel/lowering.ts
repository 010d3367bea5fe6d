/**
 * From a program's steps to kernel commands: which views tensors have, what must move, who computes which part.
 *
 * @module
 */
import { broken, unknownTensor } from "../../errors.ts";
import { type Constant, constant } from "../../graph/graph.ts";
import { outputsOf, type Program, type Step } from "../../program/program.ts";
import { address, type Argument, type Command, type KernelFunction, type Table } from "./command.ts";
import { contiguousSteps, type Dims, part, size } from "./dims.ts";
import type { Engine } from "./engine.ts";
import { collapsed, isContiguous, type Storage, type View, whole } from "./view.ts";
import { asFloats, dequantised, elementsOf, type Weights } from "./weights.ts";

/** Below this many elements one thread is faster than two. */
const WORTH_SHARING = 8192;

/** What a command reads and writes: lifetimes are drawn from it. */
interface Touch {
  readonly reads: readonly View[];
  readonly writes: readonly View[];
}

export class Lowering {
  readonly program: Program;
  readonly threads: number;
  /** Byte offset of each thread's GEMM scratch. */
  readonly scratch: readonly number[];
  /** How the engine multiplies integers. */
  readonly form: number;
  readonly commands: Command[] = [];
  /** Steps done along with an earlier one. */
  readonly done = new Set<Step>();
  readonly tables: Table[] = [];
  readonly storages: Storage[] = [];
  /** What has to be given back to the weights. */
  readonly held: [Constant, "float32" | "int32" | "bytes"][] = [];
  readonly #weights: Weights;
  readonly #views = new Map<string, View>();
  readonly #known = new Map<string, Constant>();
  readonly #moved = new Map<View, View>();
  readonly #readers = new Map<string, Step[]>();
  #tableBytes = 0;

  constructor(program: Program, { weights, scratch, form }: Pick<Engine, "weights" | "scratch" | "form">) {
    this.program = program;
    this.threads = scratch.length;
    this.scratch = scratch;
    this.form = form;
    this.#weights = weights;
    for (const step of program.steps) {
      for (const name of step.inputs) this.#readers.set(name, [...this.#readers.get(name) ?? [], step]);
    }
    for (const name of outputsOf(program)) this.#readers.delete(name);
  }

  /** Bytes of all tables. */
  get tableBytes(): number {
    return this.#tableBytes;
  }

  dims = (name: string): Dims => this.program.types.get(name)!.dims;
  constant = (name: string): Constant | undefined => this.program.constants.get(name) ?? this.#known.get(name);
  /** A tensor that is a constant after all: the same numbers in another type. */
  learn(name: string, same: Constant): void {
    this.#known.set(name, asFloats(same));
  }
  /** A constant's elements. @throws INTERNAL where the tensor is none: shapes and axes always are */
  numbers(name: string): number[] {
    const found = this.constant(name);
    if (!found) throw broken(`"${name}" is a constant of the program`);
    return elementsOf(found.read());
  }

  /** The step that reads a tensor, where it is the only one and the caller does not ask for the tensor. */
  reader(name: string): Step | undefined {
    const readers = this.#readers.get(name);
    return readers?.length === 1 ? readers[0] : undefined;
  }
  /** Whether a tensor is a constant or made by a step before this one. */
  ready = (name: string): boolean => this.#views.has(name) || this.constant(name) !== undefined;

  /** How a tensor lies, quantised or not. */
  raw(name: string): View {
    const known = this.#views.get(name);
    if (known) return known;
    const found = this.constant(name);
    if (!found) throw unknownTensor(name);
    const view = whole(this.hold(found, "float32"), found.dims);
    this.#views.set(name, view);
    return view;
  }
  /** A tensor as float32, of any steps. */
  value(name: string): View {
    const view = this.raw(name);
    return view.quantised ? this.contiguous(view) : view;
  }
  define(name: string, view: View): void {
    this.#views.set(name, view);
  }
  /** A constant's storage; counted, so that releasing the program gives it back. */
  hold(of: Constant, form: "float32" | "int32" | "bytes"): Storage {
    this.held.push([of, form]);
    return this.#weights.hold(of, form);
  }

  /** Room for a tensor that commands will write. */
  room(dims: Dims): View {
    const storage: Storage = { bytes: 4 * size(dims), at: -1, first: Infinity, last: -1, fixed: false };
    this.storages.push(storage);
    return whole(storage, dims);
  }

  /** The same elements side by side; copies where they are not. */
  contiguous(view: View): View {
    if (isContiguous(view)) return view;
    const before = this.#moved.get(view);
    if (before) return before;
    const made = view.quantised ? this.#dequantised(view) : this.room(view.dims);
    if (!view.quantised) this.copy(view, made);
    this.#moved.set(view, made);
    return made;
  }

  /** Moves elements from one view to another of the same shape. */
  copy(from: View, to: View): void {
    if (size(from.dims) === 0) return;
    const { dims, steps: [x = [], y = []] } = collapsed(from.dims, [from.steps, to.steps]);
    this.split(
      "copy_strided_f32",
      { reads: [from], writes: [to] },
      dims,
      (
        range,
        walk,
      ) => [
        this.table([...walk, ...x, ...y, ...dims]),
        address(from, range.from * x[0]!),
        address(to, range.from * y[0]!),
      ],
    );
  }

  /** Words in memory. */
  table(words: readonly Argument[]): Table {
    const table = { words, at: this.#tableBytes };
    this.tables.push(table);
    this.#tableBytes += words.length * 4;
    return table;
  }

  /** One call by the first thread. */
  solo(name: KernelFunction, touch: Touch, args: readonly Argument[]): void {
    this.soloCalls(touch, [{ name, args }]);
  }
  /** Several calls by the first thread. */
  soloCalls(touch: Touch, calls: { name: KernelFunction; args: readonly Argument[] }[]): void {
    this.#touch(touch);
    this.commands.push({ kind: "kernel", solo: true, calls: [calls] });
  }
  /** Calls by every thread; `of(thread)` lists them. */
  parallel(touch: Touch, of: (thread: number) => { name: KernelFunction; args: readonly Argument[] }[]): void {
    this.#touch(touch);
    this.commands.push({
      kind: "kernel",
      solo: false,
      calls: Array.from({ length: this.threads }, (_, thread) => of(thread)),
    });
  }

  /** A walk over `dims`, cut along the first axis where that pays; `args` gets the range and `[rank, …dims]` of the part. */
  split(
    name: KernelFunction,
    touch: Touch,
    dims: Dims,
    args: (range: { from: number; to: number }, walk: number[]) => readonly Argument[],
  ): void {
    const [first = 1, ...rest] = dims;
    const one = (range: { from: number; to: number }) => args(range, [dims.length, range.to - range.from, ...rest]);
    if (this.threads === 1 || size(dims) < WORTH_SHARING || first < this.threads) {
      return this.solo(name, touch, one({ from: 0, to: first }));
    }
    this.parallel(touch, (thread) => {
      const range = part(first, { index: thread, of: this.threads, grain: rest.length ? 1 : 16 });
      return range.from < range.to ? [{ name, args: one(range) }] : [];
    });
  }

  /** Rows of `count` elements each, cut among the threads; `args` gets the range of rows. */
  rows(
    name: KernelFunction,
    touch: Touch,
    { rows, count }: { rows: number; count: number },
    args: (from: number, rows: number) => readonly Argument[],
  ): void {
    if (this.threads === 1 || rows * count < WORTH_SHARING || rows < this.threads) {
      return this.solo(name, touch, args(0, rows));
    }
    this.parallel(touch, (thread) => {
      const { from, to } = part(rows, { index: thread, of: this.threads });
      return [{ name, args: args(from, to - from) }];
    });
  }

  /** Rows of a float table, copied from the file between two stretches of calls. */
  rowsFrom(table: Constant, picks: View, rows: View): void {
    this.#touch({ reads: [picks], writes: [rows] });
    this.commands.push({ kind: "rows", table, picks, rows });
  }

  /** Hands a step to ONNX Runtime. */
  foreign(step: Step): void {
    const named = (names: readonly string[]) =>
      [...new Set(names)].filter((name) => name !== "" && !this.program.constants.has(name));
    const inputs = new Map(named(step.inputs).map((name) => [name, this.contiguous(this.value(name))]));
    const outputs = new Map(named(step.outputs).map((name) => [name, this.room(this.dims(name))]));
    this.#touch({ reads: [...inputs.values()], writes: [...outputs.values()] });
    this.commands.push({ kind: "foreign", step, inputs, outputs });
    for (const [name, view] of outputs) this.define(name, view);
  }

  /** A storage the caller writes before the first command, or reads after the last. */
  keep(view: View, when: "before" | "after"): void {
    if (when === "before") view.storage.first = -1;
    else view.storage.last = Infinity;
    view.storage.last = Math.max(view.storage.last, view.storage.first);
  }

  /** Makes a tensor lie in a place of its own when the program ends: it is computed there, or copied where it has a place already. */
  settle(view: View, place: Storage): void {
    const { storage, offset } = view;
    const free = !storage.fixed && storage.first >= 0 && offset === 0 && storage.bytes === place.bytes;
    if (free) [storage.at, storage.fixed] = [place.at, true];
    else this.copy(view, whole(place, view.dims));
  }

  #touch({ reads, writes }: Touch): void {
    const now = this.commands.length;
    for (const { storage } of [...reads, ...writes]) {
      if (storage.fixed) continue;
      storage.first = Math.min(storage.first, now);
      storage.last = Math.max(storage.last, now);
    }
  }

  /** A quantised weight as float32, for the operators that do not read it as it is. Becomes a constant of this program. */
  #dequantised(view: View): View {
    const tensor = { dtype: "float32" as const, dims: view.dims, data: dequantised(view, this.#weights.memory) };
    return { ...whole(this.hold(constant(tensor), "float32"), view.dims), steps: contiguousSteps(view.dims) };
  }
}
