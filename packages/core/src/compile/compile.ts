/**
 * The relevance compiler: from a graph, a composite and a target to the program that carries the target's message back.
 *
 * This is reverse-mode differentiation over ONNX nodes in which a composite may change the derivative of any node.
 * Activity, unbroadcasting, accumulation, pruning and origin tags live here and nowhere else.
 *
 * @module
 */
import { missingRules, unknownTensor, unreachable } from "../errors.ts";
import { consumers, type Node, operator } from "../graph/graph.ts";
import type { Composite } from "../lrp/composite.ts";
import { modifiers } from "../lrp/modifiers.ts";
import { Builder } from "../program/builder.ts";
import type { Program } from "../program/program.ts";
import { rules } from "../rules/mod.ts";
import type { OpRule } from "../rules/rule.ts";
import { activity, ancestors, matched, type ShapedGraph } from "./analysis.ts";
import { attentionsOf } from "./attention.ts";
import { AttentionCrossing } from "./attention_crossing.ts";
import { contextOf } from "./context.ts";
import { finished, SEED } from "./finished.ts";
import { ForwardValues } from "./forward_values.ts";
import { Ledger } from "./ledger.ts";
import { redone } from "./light_taps.ts";

export interface CompileRequest {
  readonly shaped: ShapedGraph;
  /** Every tensor that counts as input: all embedding look-ups, whichever of them is shown. */
  readonly sources: readonly string[];
  /** The output explained; the seed has its shape. */
  readonly target: string;
  /** Forward tensors whose cotangents are wanted. */
  readonly at: readonly string[];
  readonly composite: Composite;
  /** How many cotangents are carried at once. */
  readonly seeds?: number;
  /** Forward tensors whose values are wanted too. */
  readonly values?: readonly string[];
  /** Whether to write the ledger's lines; needs a composite that conserves and `at` that holds all sources. */
  readonly ledger?: boolean;
  /** Further rules, by operator; they win over the built-in ones. */
  readonly extraRules?: ReadonlyMap<string, OpRule>;
}

/**
 * Compiles a relevance program for one input shape.
 *
 * @returns a program whose cotangents hold an entry for each of `at` that the message reaches
 * @throws MISSING_RULES listing every operator on the way without a rule; UNREACHABLE where the target depends on none of `at`
 */
export function compile(request: CompileRequest): Program {
  const { shaped, sources, target, at, composite, seeds = 1, values = [] } = request, { graph, types } = shaped;
  const entries = matched(shaped, sources, composite);
  const active = activity(shaped, sources, (node) => entries.get(node)?.use === "detach");
  const targetType = types.get(target);
  if (!targetType) throw unknownTensor(target);

  // Only nodes between a wanted tensor and the target are crossed.
  const downstream = activity(
    shaped,
    at.filter((name) => active.has(name)),
    (node) => entries.get(node)?.use === "detach",
  );
  const upstream = ancestors(graph, target);
  const path = graph.nodes.filter((node) =>
    node.outputs.some((o) => downstream.has(o) && active.has(o) && upstream.has(o)) &&
    node.inputs.some((i) => downstream.has(i))
  );
  const crossed = new Set([target, ...path.flatMap(({ inputs }) => inputs)]);
  if (at.length > 0 && !at.some((name) => active.has(name) && crossed.has(name))) {
    throw unreachable(at.join(", "), target);
  }
  const ruleOf = (node: Node): OpRule | undefined =>
    request.extraRules?.get(operator(node)) ?? rules.get(operator(node));
  const missing = path.filter((node) => !ruleOf(node));
  if (missing.length) {
    throw missingRules(missing.map((node) => ({ op: node.op, domain: node.domain, node: node.name })));
  }

  const b = new Builder(seeds), forward = new ForwardValues(shaped, b);
  const messages = new Map<string, string[]>(at.length > 0 ? [[target, [b.seed(SEED, targetType.dims)]]] : []);
  const collect = (name: string): string | undefined => {
    const parts = messages.get(name);
    if (!parts || parts.length === 0) return undefined;
    const sum = parts.reduce((p, q) => b.add(p, q));
    messages.set(name, [sum]);
    return sum;
  };
  const ledger = request.ledger
    ? new Ledger(b, forward, {
      rounds: graph.nodes.some((node) =>
        node.quantised && (node.op === "Identity" || (node.op === "MatMul" && forward.isFixed(node.outputs[0]!)))
      ),
    })
    : undefined;

  const carries = (tensor: string): boolean => active.has(tensor) && downstream.has(tensor);
  const crossing = new AttentionCrossing({
    b,
    forward,
    shaped,
    entries,
    active,
    carries,
    users: consumers(path),
    wanted: new Set([...at, target]),
    foreign: new Set(request.extraRules?.keys()),
  });
  const plain = activity(shaped, sources), attentions = attentionsOf(shaped, (tensor) => plain.has(tensor));
  const send = (tensor: string, g: string): void => {
    if (!carries(tensor)) return;
    const parts = messages.get(tensor);
    if (parts) parts.push(g);
    else messages.set(tensor, [g]);
  };

  for (const node of [...path].reverse()) {
    b.origin = node.name;
    const gs = node.outputs.map((output) => (output ? collect(output) : undefined));
    if (gs.every((g) => g === undefined)) continue; // nothing arrives, or it went past with a whole attention
    const attention = attentions.get(node);
    if (attention && crossing.covers(attention)) {
      const crossed = crossing.cross(attention, gs[0]!, { ledger: ledger !== undefined });
      crossed.messages.forEach(({ tensor, g }) => send(tensor, g));
      ledger?.recordAttention(crossed, gs[0]!);
      continue;
    }
    const rule = ruleOf(node)!, entry = entries.get(node), use = entry?.use ?? "gradient";
    const context = contextOf({ b, forward, shaped, node, gs, isActive: (name) => active.has(name) });
    const vjp = use === "detach" ? rule.vjp : modifiers[use](rule, entry?.options ?? {});
    const found = vjp(context).map((g, i) => (g && context.has(i) ? b.unbroadcast(g, context.dims[i]!) : undefined));
    node.inputs.forEach((input, i) => input && found[i] && send(input, found[i]));
    ledger?.record({ node, rule, use, context, found });
  }

  const cotangents = new Map<string, string>();
  for (const name of at) {
    const g = collect(name);
    if (g) cotangents.set(name, b.lift(g));
  }
  const recomputed = new Map(values.map((name) => [name, forward.value(name)])),
    lines = (ledger?.lines ?? []).map((line) => ({ ...line, tensor: b.lift(line.tensor) }));
  const results = { taps: forward.taps, cotangents, values: recomputed, ledger: lines };
  forward.redo(redone(shaped, finished(b, results).taps, forward));
  return finished(b, results);
}
