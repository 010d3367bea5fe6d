/**
 * What a rule is. A rule says only its algebra; the compiler alone unbroadcasts, accumulates, prunes what is not active,
 * names the backward step and tags its origin.
 *
 * @module
 */
import { type HyalineError, missingRules } from "../errors.ts";
import type { Builder } from "../program/builder.ts";
import type { Node } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";

/** What a rule may look at. Tensors are names in the program; a name is materialised when it is read. */
export interface RuleContext {
  readonly b: Builder;
  readonly node: Node;
  /** Cotangent of the first output that has one. */
  readonly g: string;
  /** Cotangents of all outputs; `undefined` where nothing arrives. */
  readonly gs: readonly (string | undefined)[];
  /** Values of the inputs. */
  readonly x: readonly string[];
  /** Values of the outputs. */
  readonly y: readonly string[];
  /** Shapes of the inputs; `[]` for one left out. */
  readonly dims: readonly (readonly number[])[];
  /** Shapes of the outputs. */
  readonly outDims: readonly (readonly number[])[];
  /** Which inputs the explained tensors reach. */
  readonly active: readonly boolean[];
  /** Elements of an input that depends on shapes and constants alone. @throws when it does not */
  known(index: number): Tensor;
  /** Whether {@link known} would answer. */
  isKnown(index: number): boolean;
  /** Whether an input is there. */
  has(index: number): boolean;
}

/** Cotangents of the inputs, in order; `null` where nothing goes. Entries of inactive inputs are ignored. */
export type Vjp = (context: RuleContext) => readonly (string | null | undefined)[];

export interface OpRule {
  /** `Op`, or `domain.Op` outside the standard domain. */
  readonly op: string;
  /** The vector-Jacobian product: the plain derivative. */
  readonly vjp: Vjp;
  /** How the message crosses under the modifier `identity`, where that is not g · f(x) / x. */
  readonly identity?: Vjp;
  /** The product of other operands in the places of inputs 0 and 1, without a bias: what the γ-rule and its kin divide by. */
  readonly product?: (context: RuleContext, operands: readonly [string, string]) => string;
  /** What input 2 adds to the product, in a shape that broadcasts to the output's. */
  readonly bias?: (context: RuleContext) => string;
  /** Inputs that enter by addition: a constant among them takes a share of the relevance, which the ledger books. */
  readonly additive?: readonly number[] | "all";
  /**
   * Where Σ g·y = Σ gᵢ·xᵢ holds for the plain derivative: always (`true`, linear in all inputs together), where at most one factor is active
   * (`"each"`, a product), or where none but the first is (`"first"`, a quotient). Inputs that enter by addition do not count.
   */
  readonly linear?: true | "each" | "first";
}

/** An operator in a form its rule does not cover: said aloud instead of carried back wrongly. */
export const formMissing = ({ node }: Pick<RuleContext, "node">, form: string): HyalineError =>
  missingRules([{ op: `${node.op} with ${form}`, domain: node.domain, node: node.name }]);

/** Whether an input enters by addition. */
export const adds = ({ additive }: OpRule, input: number): boolean =>
  additive === "all" || (additive?.includes(input) ?? false);

/** Inputs that are active and no mere terms. */
export const activeFactors = (rule: OpRule, active: readonly boolean[]): number[] =>
  active.flatMap((is, i) => (is && !adds(rule, i) ? [i] : []));

/** Says which table an operator's rule is in: the first rule for an operator stands. */
export function ruleTable(families: readonly (readonly OpRule[])[]): ReadonlyMap<string, OpRule> {
  const table = new Map<string, OpRule>();
  for (const rule of families.flat()) if (!table.has(rule.op)) table.set(rule.op, rule);
  return table;
}
