/**
 * From what was written to a program: steps that nobody reads are dropped, and what only they named.
 *
 * @module
 */
import type { Builder } from "../program/builder.ts";
import { topological } from "../graph/graph.ts";
import type { Program, Step } from "../program/program.ts";

/** Name of the program's input that holds the target's cotangent. */
export const SEED = "seed";

/** What a program gives, and the forward tensors it may have tapped. */
export interface Results extends Pick<Program, "cotangents" | "values" | "ledger"> {
  readonly taps: Iterable<string>;
}

/** The program that a builder wrote, each step before those that read it. */
export function finished(b: Builder, { taps, cotangents, values, ledger }: Results): Program {
  const { steps, used } = prune(topological(b.steps), [
    ...cotangents.values(),
    ...values.values(),
    ...ledger.map((line) => line.tensor),
  ]);
  const keep = <T>(map: ReadonlyMap<string, T>): Map<string, T> => new Map([...map].filter(([name]) => used.has(name)));
  return {
    taps: [...taps].filter((name) => used.has(name)),
    seed: SEED,
    seeds: b.seeds,
    constants: keep(b.constants),
    types: keep(b.types),
    steps,
    cotangents,
    values,
    ledger,
  };
}

function prune(steps: readonly Step[], outputs: readonly string[]): { steps: Step[]; used: Set<string> } {
  const used = new Set(outputs), kept: Step[] = [];
  for (const step of [...steps].reverse()) {
    if (!step.outputs.some((output) => used.has(output))) continue;
    step.inputs.forEach((input) => input && used.add(input));
    step.outputs.forEach((output) => output && used.add(output));
    kept.push(step);
  }
  return { steps: kept.reverse(), used };
}
