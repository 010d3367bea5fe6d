/**
 * How the message crosses a whole attention, under whatever the composite says of its parts.
 *
 * @module
 */
import { type Node, number, operator } from "../graph/graph.ts";
import type { CompositeEntry } from "../lrp/composite.ts";
import type { AttentionShares, Builder } from "../program/builder.ts";
import type { ShapedGraph } from "./analysis.ts";
import type { Attention } from "./attention.ts";
import { AttentionOperands } from "./attention_operands.ts";
import type { ForwardValues } from "./forward_values.ts";

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
  readonly #operands: AttentionOperands;

  constructor(request: CrossingRequest) {
    this.#request = request;
    this.#operands = new AttentionOperands(request);
  }

  /** Whether an attention's parts can be crossed as one: plain or equal shares everywhere, and nobody else looks inside. */
  covers(attention: Attention): boolean {
    const { entries, active, users, wanted, foreign } = this.#request, { score, between, value } = attention;
    const parts = new Set([score, ...between, value]), inside = [score, ...between].flatMap(({ outputs }) => outputs);
    const asDerivative = (node: Node): boolean =>
      !node.outputs.some((output) => active.has(output)) ||
      ["gradient", "uniform"].includes(entries.get(node)?.use ?? "gradient");
    return this.#operands.fits(attention) &&
      [...parts].every((node) => asDerivative(node) && !foreign.has(operator(node))) &&
      inside.every((tensor) => !wanted.has(tensor) && (users.get(tensor) ?? []).every((node) => parts.has(node)));
  }

  /** Carries the message `g` of the product with the values to queries, keys and values. */
  cross(attention: Attention, g: string, { ledger }: { ledger: boolean }): Crossed {
    const { b, active, carries } = this.#request, { score, softmax, value, lead, scale } = attention;
    const throughScores = active.has(softmax.outputs[0]!), { q, k, v, ...masks } = this.#operands.of(attention);
    const shares: AttentionShares = {
      scale,
      valueShare: this.#share(value) * number(value, "alpha", 1),
      scoreShare: throughScores ? this.#share(score) : 0,
    };
    const found = b.attentionCotangent(
      b.reshape(g, [...lead, ...b.dims(g).slice(-2)]),
      { q: q.value, k: k.value, v: v.value, ...masks },
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

  /** What an equal share of a product leaves to each active operand. */
  #share(node: Node): number {
    const { entries, active } = this.#request;
    return entries.get(node)?.use === "uniform" ? 1 / node.inputs.slice(0, 2).filter((t) => active.has(t)).length : 1;
  }
}
