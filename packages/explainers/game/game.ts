/**
 * The cooperative game behind every black-box explainer: players are units of the text, v(S) is the target's value when only the
 * units in S stay. Counts what it asks for, and stops when the budget is spent or somebody says so.
 *
 * @module
 */
import { budgetTooSmall, missingEvidence, notFinite } from "@hyaline/core/errors";
import type { Context, Evidence, Replacement } from "@hyaline/core/plugin";
import { given } from "../shared/given.ts";
import { type Unit, type UnitName, unitsOf } from "./units.ts";

/** Options that all black-box explainers share. */
export interface GameOptions {
  readonly unit: UnitName;
  readonly replacement: Replacement;
  /** What v is: the target's value (a logit, or a difference of two) or its probability. */
  readonly quantity: "value" | "probability";
  readonly budget: number;
}

/** Which players stay. */
export type Coalition = readonly boolean[];

/** Inputs handed over at once: enough for a batch, few enough to stop soon. */
const CHUNK = 16;

export class Game {
  readonly units: readonly Unit[];
  /** Evaluations that are planned, for the progress that is reported. */
  expected: number;
  /** Why no more values come, once that is so. */
  stopped: "budget" | "signal" | undefined;
  readonly #options: GameOptions;
  readonly #tokens: number;
  readonly #context: Context;
  readonly #known = new Map<string, number>();

  constructor(evidence: Evidence, options: GameOptions, context: Context) {
    this.units = unitsOf(evidence, options.unit);
    this.expected = options.budget;
    this.#options = options;
    this.#tokens = evidence.tokens.length;
    this.#context = context;
  }

  get players(): number {
    return this.units.length;
  }

  /** Distinct coalitions evaluated so far. */
  get evaluations(): number {
    return this.#known.size;
  }

  /** Evaluations left. */
  get left(): number {
    return this.#options.budget - this.#known.size;
  }

  everyone = (): boolean[] => this.units.map(() => true);
  nobody = (): boolean[] => this.units.map(() => false);

  /**
   * v of coalitions without which there is nothing to tell.
   *
   * @param least evaluations below which the method has nothing to say
   * @throws BUDGET_TOO_SMALL, or whatever stopped the run
   */
  async needed(coalitions: readonly Coalition[], least = coalitions.length): Promise<number[]> {
    if (this.#options.budget < least) throw budgetTooSmall(this.#options.budget, least);
    const found = await this.values(coalitions);
    if (found.length === coalitions.length) return found;
    throw this.#context.signal.aborted ? this.#context.signal.reason : budgetTooSmall(this.#options.budget, least);
  }

  /** v of the whole text and of nothing. @throws as {@link needed} */
  async ends(least = 2): Promise<{ readonly full: number; readonly empty: number }> {
    const [full, empty] = await this.needed([this.everyone(), this.nobody()], least) as [number, number];
    return { full, empty };
  }

  /**
   * v(S) of each coalition, in order; a shorter list when the run was stopped on the way.
   *
   * @throws NOT_FINITE, MISSING_EVIDENCE where the target has no probability, and what `predict` throws
   */
  async values(coalitions: readonly Coalition[]): Promise<number[]> {
    const keys = coalitions.map(keyOf),
      fresh = new Map(keys.map((key, i) => [key, coalitions[i]!] as const).filter(([key]) => !this.#known.has(key)));
    const wanted = [...fresh], affordable = wanted.slice(0, Math.max(0, this.left));
    for (let from = 0; from < affordable.length && !this.#aborted(); from += CHUNK) {
      await this.#evaluate(affordable.slice(from, from + CHUNK));
    }
    if (affordable.length < wanted.length) this.stopped ??= "budget";
    const end = keys.findIndex((key) => !this.#known.has(key));
    return keys.slice(0, end < 0 ? keys.length : end).map((key) => this.#known.get(key)!);
  }

  /** Sentences about an early end, if there was one. @param what what the result lacks for it */
  notes(what: string): string[] {
    if (!this.stopped) return [];
    const why = this.stopped === "budget"
      ? `The budget of ${this.#options.budget} evaluations was spent`
      : `Stopped after ${this.evaluations} evaluations`;
    return [`${why}: ${what}`];
  }

  #aborted(): boolean {
    if (this.#context.signal.aborted) this.stopped = "signal";
    return this.stopped === "signal";
  }

  async #evaluate(part: readonly (readonly [string, Coalition])[]): Promise<void> {
    const { replacement, quantity } = this.#options, predict = given(this.#context.predict, "predictions");
    let found;
    try {
      found = await predict(part.map(([, coalition]) => ({ keep: this.#keep(coalition), replacement })));
    } catch (error) {
      if ((error as { code?: string }).code === "BUDGET_SPENT") this.stopped = "budget";
      else if (!this.#aborted()) throw error;
      return;
    }
    const values = quantity === "value" ? found.values : found.probabilities;
    if (!values) throw missingEvidence("probability of the target");
    part.forEach(([key], i) => {
      if (!Number.isFinite(values[i])) throw notFinite("predictions");
      this.#known.set(key, values[i]!);
    });
    this.#context.progress(Math.min(this.evaluations, this.expected), this.expected);
  }

  /** Coalition → tokens: what is no unit always stays. */
  #keep(coalition: Coalition): boolean[] {
    const keep = Array.from({ length: this.#tokens }, () => true);
    this.units.forEach(({ tokens }, player) => tokens.forEach((t) => (keep[t] = coalition[player]!)));
    return keep;
  }
}

const keyOf = (coalition: Coalition): string => coalition.map((stays) => (stays ? "1" : "0")).join("");
