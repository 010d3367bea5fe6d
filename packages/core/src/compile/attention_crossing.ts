/**
 * How the message crosses a whole attention, under whatever the composite says of its parts.
 *
 * @module
 */
import { type Node, number, operator } from "../graph/graph.ts";
import { size, type TensorType } from "../graph/tensor.ts";
import type { CompositeEntry } from "../lrp/composite.ts";
import { type AttentionShares, broadcast, type Builder } from "../program/builder.ts";
import type { Attention, Mask } from "./attention.ts";
import type { ForwardValues } from "./forward_values.ts";

/** What stands behind a mask that hides: two of them still add up to a number. */
const HIDDEN = -1e30;

export interface CrossingRequest {
  readonly b: Builder;
  readonly forward: ForwardValues;
  readonly types: ReadonlyMap<string, TensorType>;
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
  /** Masks are shared by layers. */
  readonly #masks = new Map<string, string>();

  constructor(request: CrossingRequest) {
    this.#request = request;
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
      { q: q.value, k: k.value, v: v.value, mask: this.#mask(attention.masks) },
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

  #lead = (name: string): readonly number[] => this.#request.types.get(name)!.dims.slice(0, -2);

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
    const { b, forward, types } = this.#request, tensor = node.inputs[input]!, dims = types.get(tensor)!.dims;
    const perm = dims.map((_, i) => (swapped && i >= dims.length - 2 ? 2 * dims.length - 3 - i : i));
    const turned = perm.map((p) => dims[p]!), matrix = turned.slice(-2);
    const full = [...broadcast(this.#lead(node.inputs[0]!), this.#lead(node.inputs[1]!)), ...matrix];
    return {
      tensor,
      value: b.reshape(b.expand(b.transpose(forward.value(tensor), perm), full), [...lead, ...matrix]),
      back: (g) => b.transpose(b.unbroadcast(b.reshape(g, full), turned), perm),
    };
  }

  #mask(masks: readonly Mask[]): string | undefined {
    const { b } = this.#request, parts = masks.map((mask) => this.#term(mask));
    return parts.length ? parts.reduce((p, q) => this.#once(`${p}+${q}`, () => b.add(p, q))) : undefined;
  }

  #term(mask: Mask): string {
    const { b, forward } = this.#request;
    if ("add" in mask) {
      return this.#once(`${mask.add}*${mask.times}`, () => b.scale(forward.value(mask.add), mask.times));
    }
    const [zero, hidden] = [b.scalar(0), b.scalar(HIDDEN)];
    return this.#once(`${mask.where}?${mask.keeps}`, () => {
      const condition = forward.value(mask.where);
      return mask.keeps ? b.where(condition, zero, hidden) : b.where(condition, hidden, zero);
    });
  }

  #once(key: string, write: () => string): string {
    const made = this.#masks.get(key) ?? write();
    this.#masks.set(key, made);
    return made;
  }
}
