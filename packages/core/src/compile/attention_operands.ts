/**
 * What goes into a whole attention, as the primitives want it: matrices behind the scores' leading axes, one mask, one span.
 *
 * @module
 */
import { type Node, number, producers } from "../graph/graph.ts";
import { size } from "../graph/tensor.ts";
import { broadcast, type Builder } from "../program/builder.ts";
import type { ShapedGraph } from "./analysis.ts";
import type { Attention } from "./attention.ts";
import type { ForwardValues } from "./forward_values.ts";
import { hiding, type Visibility, visibility } from "./visibility.ts";

/** What stands behind a mask that hides: two of them still add up to a number. */
const HIDDEN = -1e30;

/** An operand of a product as [lead, rows, width], and the way its message takes back. */
export interface Operand {
  readonly tensor: string;
  readonly value: string;
  back(g: string): string;
}

export interface Operands {
  readonly q: Operand;
  readonly k: Operand;
  readonly v: Operand;
  readonly mask?: string;
  readonly span?: string;
}

export class AttentionOperands {
  readonly #b: Builder;
  readonly #forward: ForwardValues;
  readonly #shaped: ShapedGraph;
  readonly #made: ReadonlyMap<string, Node>;
  /** Masks are shared by layers. */
  readonly #written = new Map<string, string>();

  constructor({ b, forward, shaped }: { b: Builder; forward: ForwardValues; shaped: ShapedGraph }) {
    this.#b = b;
    this.#forward = forward;
    this.#shaped = shaped;
    this.#made = producers(shaped.graph.nodes);
  }

  /** Whether both products have the leading axes of the scores, in whatever shape. */
  fits = ({ score, value, lead }: Attention): boolean =>
    [score.outputs[0]!, value.outputs[0]!].every((name) => size(this.#lead(name)) === size(lead));

  of(attention: Attention): Operands {
    const { score, value, lead } = attention;
    return {
      q: this.#operand(score, 0, { lead, swapped: number(score, "transA", 0) === 1 }),
      k: this.#operand(score, 1, { lead, swapped: number(score, "transB", 0) !== 1 }),
      v: this.#operand(value, 1, { lead, swapped: number(value, "transB", 0) === 1 }),
      ...this.#masks(attention),
    };
  }

  #lead = (name: string): readonly number[] => this.#shaped.types.get(name)!.dims.slice(0, -2);

  #operand(
    node: Node,
    input: 0 | 1,
    { lead, swapped }: { lead: readonly number[]; swapped: boolean },
  ): Operand {
    const b = this.#b, tensor = node.inputs[input]!, dims = this.#shaped.types.get(tensor)!.dims;
    const perm = dims.map((_, i) => (swapped && i >= dims.length - 2 ? 2 * dims.length - 3 - i : i));
    const turned = perm.map((p) => dims[p]!), matrix = turned.slice(-2);
    const full = [...broadcast(this.#lead(node.inputs[0]!), this.#lead(node.inputs[1]!)), ...matrix];
    return {
      tensor,
      value: b.reshape(b.expand(b.transpose(this.#forward.value(tensor), perm), full), [...lead, ...matrix]),
      back: (g) => b.transpose(b.unbroadcast(b.reshape(g, full), turned), perm),
    };
  }

  /** What is added to the scores, and the stretch of keys that each row sees. */
  #masks({ masks, score }: Attention): { mask?: string; span?: string } {
    const b = this.#b, forward = this.#forward, shaped = this.#shaped;
    const [queries, keys] = shaped.types.get(score.outputs[0]!)!.dims.slice(-2) as [number, number];
    const scene = { shaped, made: this.#made, queries, keys };
    const terms: string[] = [], spans: Int32Array[] = [];
    const hide = ({ conditions, span }: Visibility): void => {
      if (span) spans.push(span);
      const [zero, hidden] = [b.scalar(0), b.scalar(HIDDEN)];
      for (const { tensor, holds } of conditions) {
        terms.push(this.#once(`${tensor}?${holds}`, () => {
          const condition = forward.value(tensor);
          return holds ? b.where(condition, zero, hidden) : b.where(condition, hidden, zero);
        }));
      }
    };
    for (const mask of masks) {
      const hides = "add" in mask ? hiding(mask.add, mask.times, scene) : visibility(mask.where, mask.keeps, scene);
      if (hides) hide(hides);
      else if ("add" in mask) {
        terms.push(this.#once(`${mask.add}*${mask.times}`, () => b.scale(forward.value(mask.add), mask.times)));
      }
    }
    const sum = terms.length ? terms.reduce((p, q) => this.#once(`${p}+${q}`, () => b.add(p, q))) : undefined;
    return { ...(sum ? { mask: sum } : {}), ...(spans.length ? { span: this.#span(spans) } : {}) };
  }

  /** The keys that every span lets a row see. */
  #span(spans: readonly Int32Array[]): string {
    const data = spans.reduce((p, q) => p.map((v, i) => (i % 2 ? Math.min(v, q[i]!) : Math.max(v, q[i]!))));
    return this.#once(
      `span ${data}`,
      () => this.#b.tensor({ dtype: "int32", dims: [data.length / 2, 2], data }),
    );
  }

  #once(key: string, write: () => string): string {
    const made = this.#written.get(key) ?? write();
    this.#written.set(key, made);
    return made;
  }
}
