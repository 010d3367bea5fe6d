/**
 * How the message crosses a whole attention, under whatever the composite says of its parts.
 *
 * @module
 */
import { type Node, number, operator, producers } from "../graph/graph.ts";
import { size } from "../graph/tensor.ts";
import type { CompositeEntry } from "../lrp/composite.ts";
import { type AttentionShares, broadcast, type Builder } from "../program/builder.ts";
import type { ShapedGraph } from "./analysis.ts";
import type { Attention } from "./attention.ts";
import type { ForwardValues } from "./forward_values.ts";
import { hiding, type Visibility, visibility } from "./visibility.ts";

/** What stands behind a mask that hides: two of them still add up to a number. */
const HIDDEN = -1e30;

export interface CrossingRequest {
  readonly b: Builder;
  readonly forward: ForwardValues;
  readonly shaped: ShapedGraph;
  readonly entries: ReadonlyMap<Node, CompositeEntry>;
  readonly active: ReadonlySet<string>;
  /** Whether a tensor's message is asked for, or leads to one that is. */
  carries(tensor: string): boolean;
  /** Nodes of the way back that read a tensor. */
  readonly users: ReadonlyMap<string, readonly Node[]>;
  /** Tensors whose messages are asked for. */
  readonly wanted: ReadonlySet<string>;
  /** Operators whose rules are not the built-in ones. */
  readonly foreign: ReadonlySet<string>;
}

/** Messages of one attention's operands, for the tensors that carry them. */
export interface Crossed {
  readonly attention: Attention;
  readonly messages: readonly { readonly tensor: string; readonly g: string }[];
  /** The masks' share of the relevance for each matrix; "" where it was not asked for or there is no mask. */
  readonly masked: string;
  /** Whether anything goes through the softmax. */
  readonly throughScores: boolean;
}

export class AttentionCrossing {
  readonly #request: CrossingRequest;
  readonly #made: ReadonlyMap<string, Node>;
  /** Masks are shared by layers. */
  readonly #written = new Map<string, string>();

  constructor(request: CrossingRequest) {
    this.#request = request;
    this.#made = producers(request.shaped.graph.nodes);
  }

  /** Whether an attention's parts can be crossed as one: plain or equal shares everywhere, and nobody else looks inside. */
  covers(attention: Attention): boolean {
    const { entries, active, users, wanted, foreign } = this.#request, { score, between, value, lead } = attention;
    const parts = new Set([score, ...between, value]), inside = [score, ...between].flatMap(({ outputs }) => outputs);
    const asDerivative = (node: Node): boolean =>
      !node.outputs.some((output) => active.has(output)) ||
      ["gradient", "uniform"].includes(entries.get(node)?.use ?? "gradient");
    const lines = [score.outputs[0]!, value.outputs[0]!].every((name) => size(this.#lead(name)) === size(lead));
    return lines && [...parts].every((node) => asDerivative(node) && !foreign.has(operator(node))) &&
      inside.every((tensor) => !wanted.has(tensor) && (users.get(tensor) ?? []).every((node) => parts.has(node)));
  }

  /** Carries the message `g` of the product with the values to queries, keys and values. */
  cross(attention: Attention, g: string, { ledger }: { ledger: boolean }): Crossed {
    const { b, active, carries } = this.#request, { score, softmax, value, lead, scale } = attention;
    const throughScores = active.has(softmax.outputs[0]!);
    const [q, k, v] = [
      this.#operand(score, 0, { lead, swapped: number(score, "transA", 0) === 1 }),
      this.#operand(score, 1, { lead, swapped: number(score, "transB", 0) !== 1 }),
      this.#operand(value, 1, { lead, swapped: number(value, "transB", 0) === 1 }),
    ];
    const shares: AttentionShares = {
      scale,
      valueShare: this.#share(value) * number(value, "alpha", 1),
      scoreShare: throughScores ? this.#share(score) : 0,
    };
    const found = b.attentionCotangent(
      b.reshape(g, [...lead, ...b.dims(g).slice(-2)]),
      { q: q.value, k: k.value, v: v.value, ...this.#masks(attention) },
      {
        ...shares,
        wants: {
          q: throughScores && carries(q.tensor),
          k: throughScores && carries(k.tensor),
          v: carries(v.tensor),
          masked: throughScores && ledger,
        },
      },
    );
    const messages = ([[q, found.q], [k, found.k], [v, found.v]] as const).flatMap(([operand, message]) =>
      message ? [{ tensor: operand.tensor, g: operand.back(message) }] : []
    );
    return { attention, messages, masked: found.masked, throughScores };
  }

  #lead = (name: string): readonly number[] => this.#request.shaped.types.get(name)!.dims.slice(0, -2);

  /** What an equal share of a product leaves to each active operand. */
  #share(node: Node): number {
    const { entries, active } = this.#request;
    return entries.get(node)?.use === "uniform" ? 1 / node.inputs.slice(0, 2).filter((t) => active.has(t)).length : 1;
  }

  /** An operand of a product as [lead, rows, width], and the way its message takes back. */
  #operand(
    node: Node,
    input: 0 | 1,
    { lead, swapped }: { lead: readonly number[]; swapped: boolean },
  ): { tensor: string; value: string; back(g: string): string } {
    const { b, forward, shaped: { types } } = this.#request,
      tensor = node.inputs[input]!,
      dims = types.get(tensor)!.dims;
    const perm = dims.map((_, i) => (swapped && i >= dims.length - 2 ? 2 * dims.length - 3 - i : i));
    const turned = perm.map((p) => dims[p]!), matrix = turned.slice(-2);
    const full = [...broadcast(this.#lead(node.inputs[0]!), this.#lead(node.inputs[1]!)), ...matrix];
    return {
      tensor,
      value: b.reshape(b.expand(b.transpose(forward.value(tensor), perm), full), [...lead, ...matrix]),
      back: (g) => b.transpose(b.unbroadcast(b.reshape(g, full), turned), perm),
    };
  }

  /** What is added to the scores, and the stretch of keys that each row sees. */
  #masks({ masks, score }: Attention): { mask?: string; span?: string } {
    const { b, forward, shaped } = this.#request;
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
      () => this.#request.b.tensor({ dtype: "int32", dims: [data.length / 2, 2], data }),
    );
  }

  #once(key: string, write: () => string): string {
    const made = this.#written.get(key) ?? write();
    this.#written.set(key, made);
    return made;
  }
}
