/**
 * Writes a relevance program, one primitive at a time. Shapes are inferred as steps are written.
 *
 * Rules never see the axis of seeds: every method here takes and returns logical shapes and moves axes by one where an operand is lifted.
 *
 * @module
 */
import { type DType, ELEMENT_TYPE, size } from "../graph/tensor.ts";
import { broken } from "../errors.ts";
import type { Step } from "./program.ts";
import { type Dims, Tape, wrap } from "./tape.ts";

/** Numpy's rule for the shape of an elementwise result. @throws when the shapes do not fit */
export function broadcast(a: Dims, b: Dims): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const p = a[a.length - rank + i] ?? 1, q = b[b.length - rank + i] ?? 1;
    if (p !== q && p !== 1 && q !== 1) throw broken(`shapes [${a}] and [${b}] are broadcast`);
    return p === 1 ? q : p;
  });
}

const same = (a: Dims, b: Dims): boolean => a.length === b.length && a.every((d, i) => d === b[i]);

/** How {@link Builder.matmul} reads its operands; `alpha` is a factor on the result. */
export interface MatMulOptions {
  transA?: boolean;
  transB?: boolean;
  alpha?: number;
}

/** Factors of {@link Builder.attentionCotangent}; `scoreShare` 0 where the probabilities count as constants. */
export type AttentionShares = { scale: number; valueShare: number; scoreShare: number };

export class Builder extends Tape {
  // Elementwise --------------------------------------------------------------------------------------------------------
  add = (a: string, b: string): string => this.#binary("Add", a, b);
  sub = (a: string, b: string): string => this.#binary("Sub", a, b);
  mul = (a: string, b: string): string => this.#binary("Mul", a, b);
  div = (a: string, b: string): string => this.#binary("Div", a, b);
  pow = (a: string, b: string): string => this.#binary("Pow", a, b);
  max = (a: string, b: string): string => this.#binary("Max", a, b);
  min = (a: string, b: string): string => this.#binary("Min", a, b);
  less = (a: string, b: string): string => this.#binary("Less", a, b, "bool");
  greater = (a: string, b: string): string => this.#binary("Greater", a, b, "bool");
  equal = (a: string, b: string): string => this.#binary("Equal", a, b, "bool");
  neg = (a: string): string => this.#unary("Neg", a);
  exp = (a: string): string => this.#unary("Exp", a);
  log = (a: string): string => this.#unary("Log", a);
  sqrt = (a: string): string => this.#unary("Sqrt", a);
  erf = (a: string): string => this.#unary("Erf", a);
  tanh = (a: string): string => this.#unary("Tanh", a);
  sigmoid = (a: string): string => this.#unary("Sigmoid", a);
  relu = (a: string): string => this.#unary("Relu", a);
  abs = (a: string): string => this.#unary("Abs", a);
  sign = (a: string): string => this.#unary("Sign", a);
  not = (a: string): string => this.#unary("Not", a);
  square = (a: string): string => this.mul(a, a);
  /** k · a; nothing is written for k = 1. */
  scale = (a: string, k: number): string => (k === 1 ? a : this.mul(a, this.scalar(k)));
  /** k + a; nothing is written for k = 0. */
  shift = (a: string, k: number): string => (k === 0 ? a : this.add(a, this.scalar(k)));

  where(condition: string, a: string, b: string): string {
    const dims = broadcast(this.dims(condition), broadcast(this.dims(a), this.dims(b)));
    return this.emit("Where", [condition, a, b].map((t) => this.#align(t, dims.length)), {}, this.dtype(a), dims, [
      a,
      b,
      condition,
    ]);
  }
  cast(a: string, to: DType): string {
    if (this.dtype(a) === to) return a;
    return this.emit("Cast", [a], { to: ELEMENT_TYPE[to] }, to, this.dims(a), [a]);
  }

  // Linear -------------------------------------------------------------------------------------------------------------
  /** a · b over the last two axes, leading axes broadcast. Both operands have at least two axes. */
  matmul(a: string, b: string, { transA = false, transB = false, alpha = 1 }: MatMulOptions = {}): string {
    const p = this.dims(a), q = this.dims(b), rank = Math.max(p.length, q.length);
    const rows = p.at(transA ? -1 : -2)!, inner = p.at(transA ? -2 : -1)!, columns = q.at(transB ? -2 : -1)!;
    if (inner !== q.at(transB ? -1 : -2)) {
      throw broken(`[${p}] and [${q}] are multiplied (transA ${transA}, transB ${transB})`);
    }
    const dims = [...broadcast(p.slice(0, -2), q.slice(0, -2)), rows, columns];
    if (inner === 0) return this.expand(this.scalar(0), dims); // an empty sum: runtimes leave it unwritten
    const attributes = {
      ...(transA ? { transA: 1 } : {}),
      ...(transB ? { transB: 1 } : {}),
      ...(alpha === 1 ? {} : { alpha }),
    };
    return this.emit("MatMul", [this.#align(a, rank), this.#align(b, rank)], attributes, "float32", dims, [a, b]);
  }

  /** A convolution of `a` [batch, channels, …space] to a result of shape `dims`; seeds ride along in the batch. `w` is not lifted. */
  convolution(
    op: "Conv" | "ConvTranspose",
    [a, w]: readonly [string, string],
    { attributes, dims }: { attributes: Step["attributes"]; dims: Dims },
  ): string {
    const lifted = this.isLifted(a),
      [n, ...rest] = this.dims(a) as [number, ...number[]],
      output = this.fresh(op.toLowerCase());
    const x = lifted ? this.raw("Reshape", [a, this.ints([this.seeds * n, ...rest])], {}) : a;
    this.types.set(output, { dtype: "float32", dims: lifted ? [this.seeds * dims[0]!, ...dims.slice(1)] : dims });
    this.steps.push({ op, domain: "", inputs: [x, w], outputs: [output], attributes, origin: this.origin });
    if (!lifted) return output;
    const name = this.raw("Reshape", [output, this.ints([this.seeds, ...dims])], {});
    this.markLifted(name);
    return name;
  }

  /** softmax(scale · q kᵀ + mask) · v, tile by tile; the operands are those of {@link attentionCotangent}. */
  attentionContext(
    { q, k, v, mask = "", span }: { q: string; k: string; v: string; mask?: string; span?: string },
    scale: number,
  ): string {
    const dims = [...this.dims(q).slice(0, -1), this.dims(v).at(-1)!];
    const inputs = [q, k, v, ...(span ? [mask, span] : mask ? [mask] : [])];
    return this.emit("AttentionContext", inputs, { scale }, "float32", dims, [q]);
  }

  /**
   * The way back through softmax(scale · q kᵀ + mask) · v for the message `g` of its result:
   *
   *   A = softmax(S)        g_A = valueShare · g vᵀ      g_S = A ⊙ (g_A − Σ A⊙g_A)
   *   g_v = valueShare · Aᵀg        g_q = scoreShare · scale · g_S k        g_k = scoreShare · scale · g_Sᵀ q
   *
   * q, k, v are [lead, rows, width] with the same leading axes as g, and do not depend on the seed; `mask` broadcasts to the scores;
   * `span` [rows, 2] holds whole numbers: the first key that each row sees, and the one behind the last.
   * `masked` is Σ g_S ⊙ mask for each matrix: the mask's share.
   */
  attentionCotangent(
    g: string,
    { q, k, v, mask = "", span }: { q: string; k: string; v: string; mask?: string; span?: string },
    { wants, ...attributes }: AttentionShares & { wants: { q: boolean; k: boolean; v: boolean; masked: boolean } },
  ): { q: string; k: string; v: string; masked: string } {
    const lead = this.dims(q).slice(0, -2);
    const [dq, dk, dv, masked] = this.emitAll(
      { op: "AttentionCotangent", inputs: [g, q, k, v, ...(span ? [mask, span] : mask ? [mask] : [])], attributes },
      [
        wants.q ? this.dims(q) : undefined,
        wants.k ? this.dims(k) : undefined,
        wants.v ? this.dims(v) : undefined,
        wants.masked && mask ? lead : undefined,
      ],
      [g],
    ) as [string, string, string, string];
    return { q: dq, k: dk, v: dv, masked };
  }

  // Reductions ---------------------------------------------------------------------------------------------------------
  sum = (a: string, axes: readonly number[], keep = true): string => this.#reduce("ReduceSum", a, axes, keep);
  mean = (a: string, axes: readonly number[], keep = true): string => this.#reduce("ReduceMean", a, axes, keep);
  maximum = (a: string, axes: readonly number[], keep = true): string => this.#reduce("ReduceMax", a, axes, keep);
  /** Σ over every axis: a logical scalar. */
  total = (a: string): string => this.sum(a, this.dims(a).map((_, i) => i), false);
  softmax(a: string, axis: number): string {
    const dims = this.dims(a);
    return this.emit("Softmax", [a], { axis: this.axis(a, axis) }, "float32", dims, [a]);
  }

  // Movement -----------------------------------------------------------------------------------------------------------
  reshape(a: string, dims: Dims): string {
    if (same(this.dims(a), dims)) return a;
    if (size(this.dims(a)) !== size(dims)) throw broken(`[${this.dims(a)}] is reshaped to [${dims}]`);
    // A zero among the sizes is a size here, not "as before".
    const attributes = dims.includes(0) ? { allowzero: 1 } : {};
    return this.emit(
      "Reshape",
      [a, this.ints(this.isLifted(a) ? [this.seeds, ...dims] : dims)],
      attributes,
      this.dtype(a),
      dims,
      [a],
    );
  }
  transpose(a: string, perm: readonly number[]): string {
    if (perm.every((p, i) => p === i)) return a;
    const from = this.dims(a), by = this.isLifted(a) ? [0, ...perm.map((p) => p + 1)] : perm;
    return this.emit("Transpose", [a], { perm: by }, this.dtype(a), perm.map((p) => from[p]!), [a]);
  }
  expand(a: string, dims: Dims): string {
    if (same(this.dims(a), dims)) return a;
    const at = this.#align(a, dims.length), lifted = this.isLifted(a);
    return this.emit("Expand", [at, this.ints(lifted ? [this.seeds, ...dims] : dims)], {}, this.dtype(a), dims, [a]);
  }
  concat(parts: readonly string[], axis: number): string {
    const rank = this.dims(parts[0]!).length, at = wrap(axis, rank), lifted = parts.some((t) => this.isLifted(t));
    const dims = this.dims(parts[0]!).map((d, i) => (i === at ? parts.reduce((n, t) => n + this.dims(t)[at]!, 0) : d));
    const inputs = lifted ? parts.map((t) => this.lift(t)) : parts;
    return this.emit("Concat", inputs, { axis: lifted ? at + 1 : at }, this.dtype(parts[0]!), dims, parts);
  }
  /** Consecutive parts of one axis, `sizes` long. */
  split(a: string, axis: number, sizes: readonly number[]): string[] {
    if (sizes.length === 1) return [a];
    const dims = this.dims(a), at = wrap(axis, dims.length);
    return this.emitAll(
      { op: "Split", inputs: [a, this.ints(sizes)], attributes: { axis: this.axis(a, at) } },
      sizes.map((part) => dims.map((d, i) => (i === at ? part : d))),
      [a],
    );
  }
  /** The part `start ≤ i < end` of one axis, every `step`-th. */
  slice(a: string, axis: number, { start, end, step = 1 }: { start: number; end: number; step?: number }): string {
    const at = wrap(axis, this.dims(a).length), count = Math.max(0, Math.ceil((end - start) / step));
    const dims = this.dims(a).map((d, i) => (i === at ? count : d));
    const bounds = [[start], [end], [this.axis(a, at)], [step]].map((v) => this.ints(v));
    return this.emit("Slice", [a, ...bounds], {}, this.dtype(a), dims, [a]);
  }
  /** Zeros before and after the elements of one axis. */
  pad(a: string, axis: number, { before, after }: { before: number; after: number }): string {
    if (before === 0 && after === 0) return a;
    const at = wrap(axis, this.dims(a).length), dims = this.dims(a).map((d, i) => (i === at ? d + before + after : d));
    const rank = this.type(a).dims.length, physical = this.axis(a, at);
    const pads = Array.from(
      { length: 2 * rank },
      (_, i) => (i === physical ? before : i === rank + physical ? after : 0),
    );
    return this.emit("Pad", [a, this.ints(pads)], { mode: "constant" }, this.dtype(a), dims, [a]);
  }
  gather(a: string, indices: string, axis: number): string {
    const from = this.dims(a), at = wrap(axis, from.length);
    const dims = [...from.slice(0, at), ...this.dims(indices), ...from.slice(at + 1)];
    return this.emit("Gather", [a, indices], { axis: this.axis(a, at) }, this.dtype(a), dims, [a]);
  }
  /**
   * The transpose of {@link gather}: adds each slice of `g` where it was read from. `g` has the gathered shape, the result `dims`.
   * Physically a ScatterND with the gathered axis in front.
   */
  scatterAdd(g: string, indices: string, { axis, dims }: { axis: number; dims: Dims }): string {
    const at = wrap(axis, dims.length), picks = this.dims(indices), lifted = this.isLifted(g) ? 1 : 0;
    const physical = this.type(g).dims, front = picks.map((_, i) => lifted + at + i);
    const moved = this.raw("Transpose", [g], {
      perm: [...front, ...physical.map((_, i) => i).filter((i) => !front.includes(i))],
    });
    const rest = [...(lifted ? [this.seeds] : []), ...dims.filter((_, i) => i !== at)];
    const updates = this.raw("Reshape", [moved, this.ints([size(picks), ...rest])], { allowzero: 1 });
    const rows = this.reshape(this.cast(indices, "int64"), [size(picks), 1]);
    const negative = this.less(rows, this.tensor({ dtype: "int64", dims: [], data: BigInt64Array.of(0n) }));
    const wrapped = this.where(
      negative,
      this.add(rows, this.tensor({ dtype: "int64", dims: [], data: BigInt64Array.of(BigInt(dims[at]!)) })),
      rows,
    );
    const sum = this.raw("ScatterND", [this.zeros([dims[at]!, ...rest]), wrapped, updates], { reduction: "add" });
    const back = Array.from({ length: 1 + rest.length }, (_, i) => i).slice(1);
    back.splice(lifted + at, 0, 0);
    const name = this.raw("Transpose", [sum], { perm: back });
    if (lifted) this.markLifted(name);
    return name;
  }

  /** Σ over the axes along which a value of shape `dims` was broadcast. */
  unbroadcast(g: string, dims: Dims): string {
    const from = this.dims(g), pad = from.length - dims.length;
    if (same(from, dims)) return g;
    if (pad < 0) return this.expand(g, dims);
    const axes = from.map((_, i) => i).filter((i) => i < pad || (dims[i - pad] === 1 && from[i] !== 1));
    const summed = axes.length ? this.sum(g, axes) : g;
    return this.reshape(summed, dims);
  }

  /** Gives a lifted tensor of lower rank the ones it needs between the axis of seeds and its own. */
  #align(a: string, rank: number): string {
    const dims = this.dims(a);
    if (!this.isLifted(a) || dims.length >= rank) return a;
    return this.reshape(a, [...Array<number>(rank - dims.length).fill(1), ...dims]);
  }
  #unary = (op: string, a: string): string => this.emit(op, [a], {}, this.dtype(a), this.dims(a), [a]);
  #binary(op: string, a: string, b: string, dtype: DType = this.dtype(a)): string {
    const dims = broadcast(this.dims(a), this.dims(b));
    return this.emit(op, [this.#align(a, dims.length), this.#align(b, dims.length)], {}, dtype, dims, [a, b]);
  }
  #reduce(op: string, a: string, axes: readonly number[], keep: boolean): string {
    const from = this.dims(a), over = new Set(axes.map((axis) => wrap(axis, from.length)));
    if (over.size === 0) return a;
    const dims = keep ? from.map((d, i) => (over.has(i) ? 1 : d)) : from.filter((_, i) => !over.has(i));
    const physical = this.ints([...over].map((axis) => this.axis(a, axis)));
    return this.emit(op, [a, physical], { keepdims: keep ? 1 : 0 }, this.dtype(a), dims, [a]);
  }
}
