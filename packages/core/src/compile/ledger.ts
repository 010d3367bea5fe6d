/**
 * The ledger: where the explained value went. For a composite that conserves,
 *
 *   seed value = Σ token relevance + Σ lines,
 *
 * and every line is the share of one operator: what a constant took by being added, what a softmax absorbed, what a
 * stabiliser or the rounding of integers swallowed.
 *
 * @module
 */
import type { Node } from "../graph/graph.ts";
import type { ModifierName } from "../lrp/composite.ts";
import type { Builder } from "../program/builder.ts";
import type { LedgerLine } from "../program/program.ts";
import { activeFactors, type OpRule, type RuleContext } from "../rules/rule.ts";
import type { Crossed } from "./attention_crossing.ts";
import type { ForwardValues } from "./forward_values.ts";

interface Entry {
  readonly node: Node;
  readonly rule: OpRule;
  readonly use: ModifierName;
  readonly context: RuleContext;
  /** Cotangents of the inputs, unbroadcast; also those of constants that enter by addition. */
  readonly found: readonly (string | undefined)[];
}

/** Modifiers whose stabiliser changes the sum. */
const STABILISED = new Set<ModifierName>(["epsilon", "gamma", "zplus", "alphabeta"]);

/** Whether a plain derivative keeps the sum. That of a product of two active operands counts the relevance twice, of a quotient not at all. */
function closes(rule: OpRule, active: readonly boolean[]): boolean {
  const factors = activeFactors(rule, active);
  return rule.linear === true || (rule.linear === "each" && factors.length <= 1) ||
    (rule.linear === "first" && factors.every((i) => i === 0));
}

export class Ledger {
  readonly lines: LedgerLine[] = [];
  readonly #b: Builder;
  readonly #forward: ForwardValues;
  readonly #rounds: boolean;

  /** @param rounds true where the runtime may compute any operator with integers (Q/DQ pairs): then every operator is measured */
  constructor(b: Builder, forward: ForwardValues, { rounds }: { rounds: boolean }) {
    this.#b = b;
    this.#forward = forward;
    this.#rounds = rounds;
  }

  record(entry: Entry): void {
    const { node, rule, use, context, found } = entry, constants = this.#constants(entry);
    for (const { share, weight } of constants) this.#line(weight ? "bias" : "constant", node, share);
    const exact = use === "identity" || use === "uniform" || (use === "gradient" && closes(rule, context.active));
    const measured = node.quantised || this.#rounds;
    if (exact && !measured) return;
    // Σ g·y − Σ gᵢ·xᵢ − the constants' shares.
    const arrived = node.outputs.flatMap((
      output,
      i,
    ) => (context.gs[i] ? [this.#relevance(context.gs[i]!, output)] : []));
    const left = node.inputs.flatMap((
      input,
      i,
    ) => (context.active[i] && found[i] ? [this.#relevance(found[i]!, input)] : []));
    const rest = this.#rest(arrived, [...left, ...constants.map(({ share }) => share)]);
    this.#line(
      STABILISED.has(use)
        ? "epsilon"
        : node.op.endsWith("Softmax")
        ? "softmax"
        : measured
        ? "quantisation"
        : "nonlinear",
      node,
      rest,
    );
  }

  /** An attention crossed at once: what its masks took by being added, and what its softmax absorbed. */
  recordAttention({ attention: { masks, softmax, value }, messages, masked, throughScores }: Crossed, g: string): void {
    if (!throughScores && !this.#rounds) return;
    const b = this.#b,
      added = masks.flatMap((mask) => ("add" in mask ? [mask] : [])),
      share = masked && b.total(masked);
    if (share && added.length) {
      this.#line(added.every(({ add }) => this.#forward.isFixed(add)) ? "bias" : "constant", added[0]!.node, share);
    }
    const left = messages.map(({ tensor, g }) => this.#relevance(g, tensor)),
      rest = this.#rest([this.#relevance(g, value.outputs[0]!)], share ? [...left, share] : left);
    this.#line(throughScores ? "softmax" : "quantisation", throughScores ? softmax : value, rest);
  }

  /** What arrived less what left. */
  #rest(arrived: readonly string[], left: readonly string[]): string {
    const sum = (terms: readonly string[]): string => terms.reduce((p, q) => this.#b.add(p, q));
    return left.length ? this.#b.sub(sum(arrived), sum(left)) : sum(arrived);
  }

  #constants({ node, rule, context, found }: Entry): { share: string; weight: boolean }[] {
    if (!rule.additive) return [];
    const places = rule.additive === "all" ? node.inputs.map((_, i) => i) : rule.additive;
    return places.flatMap((i) => {
      const input = node.inputs[i];
      if (!input || context.active[i] || !found[i]) return [];
      return [{ share: this.#relevance(found[i]!, input), weight: this.#forward.isFixed(input) }];
    });
  }

  /** Σ t ⊙ g. A constant −∞ of a mask meets a message of exactly zero; the product counts as zero. */
  #relevance(g: string, tensor: string): string {
    const b = this.#b, value = this.#forward.value(tensor);
    if (b.dtype(value) !== "float32") return b.total(b.scale(g, 0));
    const safe = this.#forward.isFixed(tensor) && b.dims(value).length <= 1
      ? value
      : b.where(b.equal(g, b.scalar(0)), b.scalar(0), value);
    return b.total(b.mul(g, safe));
  }

  #line(kind: LedgerLine["kind"], node: Node, tensor: string): void {
    this.lines.push({ kind, node: node.name, tensor });
  }
}
