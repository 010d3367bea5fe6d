/**
 * Adds up a program's ledger: value = Σ tokens + Σ lines + residual.
 *
 * @module
 */
import { numbers, type Tensor } from "../graph/tensor.ts";
import type { NumberArray } from "../plugin/evidence.ts";
import type { Program } from "../program/program.ts";
import type { Ledger } from "../result/mod.ts";

/** Open books are said aloud. 1e-3 of the value: fp32 rounding over some hundred operators; halves round a thousand times coarser. */
const TOLERANCE = { float32: 1e-3, reduced: 1e-2 } as const;

/** @param found the program's outputs by name */
export function totals(program: Program, found: ReadonlyMap<string, Tensor>, { seed, logits, tokens, precision }: {
  seed: Tensor;
  logits: Tensor;
  tokens: NumberArray;
  precision: keyof typeof TOLERANCE;
}): Ledger {
  const rows = numbers(logits), value = numbers(seed).reduce((sum, g, i) => (g === 0 ? sum : sum + g * rows[i]!), 0);
  const leaks: Ledger["leaks"] = { bias: 0, constant: 0, softmax: 0, epsilon: 0, quantisation: 0, nonlinear: 0 };
  for (const { kind, tensor } of program.ledger) leaks[kind] += numbers(found.get(tensor)!)[0]!;
  const sum = tokens.data.reduce((a, b) => a + b, 0),
    residual = value - sum - Object.values(leaks).reduce((a, b) => a + b, 0);
  const tolerance = TOLERANCE[precision];
  return { value, tokens: sum, leaks, residual, tolerance, closed: Math.abs(residual) <= tolerance * Math.abs(value) };
}
