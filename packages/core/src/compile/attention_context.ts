/**
 * Attentions of a forward program, computed whole: no matrix of the size queries × keys is ever made, so that memory is linear in
 * the length on the way forth as it is on the way back.
 *
 * @module
 */
import { consumers, type Node, number } from "../graph/graph.ts";
import type { Builder } from "../program/builder.ts";
import { activity, type ShapedGraph } from "./analysis.ts";
import { type Attention, attentionsOf } from "./attention.ts";
import { AttentionOperands } from "./attention_operands.ts";
import type { ForwardValues } from "./forward_values.ts";

export interface ContextRequest {
  readonly b: Builder;
  readonly forward: ForwardValues;
  readonly shaped: ShapedGraph;
  /** Tensors that hold the tokens: what they reach are scores, the rest are masks. */
  readonly sources: readonly string[];
  /** Tensors that are asked for or given: an attention of which one is a part is left in parts. */
  readonly seen: ReadonlySet<string>;
}

export class WholeAttentions {
  readonly #request: ContextRequest;
  readonly #operands: AttentionOperands;
  /** By the node of the product with the values. */
  readonly #whole = new Map<Node, Attention>();
  readonly #inside = new Set<Node>();

  constructor(request: ContextRequest) {
    const { shaped, sources, seen } = request,
      active = activity(shaped, sources),
      users = consumers(shaped.graph.nodes);
    this.#request = request;
    this.#operands = new AttentionOperands(request);
    for (const [value, attention] of attentionsOf(shaped, (tensor) => active.has(tensor))) {
      const inside = [attention.score, ...attention.between], parts = new Set([...inside, value]);
      const read = (node: Node, by: (user: Node) => boolean): boolean =>
        node.outputs.every((name) => !seen.has(name) && (users.get(name) ?? []).every(by));
      /** A guard against rows that see nothing looks at the probabilities for the attention's own sake. */
      const own = (user: Node): boolean => parts.has(user) || read(user, (next) => parts.has(next));
      if (!inside.every((node) => read(node, own)) || !this.#operands.fits(attention)) continue;
      this.#whole.set(value, attention);
      inside.forEach((node) => this.#inside.add(node));
    }
  }

  /** Writes the attention that ends at a node. True for every node of one: nothing else has to be written for it. */
  takes(node: Node): boolean {
    const attention = this.#whole.get(node);
    if (attention) this.#write(attention);
    return attention !== undefined || this.#inside.has(node);
  }

  #write(attention: Attention): void {
    const { b, forward, shaped } = this.#request, { value, scale } = attention, [output] = value.outputs as [string];
    const { q, k, v, ...masks } = this.#operands.of(attention);
    b.origin = value.name;
    const context = b.attentionContext({ q: q.value, k: k.value, v: v.value, ...masks }, scale);
    forward.set(output, b.scale(b.reshape(context, shaped.types.get(output)!.dims), number(value, "alpha", 1)));
  }
}
