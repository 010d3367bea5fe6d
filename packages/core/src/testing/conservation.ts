/**
 * Checks a composite's books: value = Σ relevance of the sources + Σ lines of the ledger.
 *
 * @module
 */
import { numbers, type Tensor } from "../graph/tensor.ts";
import type { LedgerLine } from "../program/program.ts";
import { carry, type CarryRequest } from "./carry.ts";
import type { Trial } from "./trial.ts";

export interface Books {
  /** Σ seed ⊙ target. */
  readonly value: number;
  /** Σ of source ⊙ cotangent. */
  readonly sources: number;
  readonly lines: readonly { readonly kind: LedgerLine["kind"]; readonly node: string; readonly share: number }[];
  /** value − sources − lines: rounding alone, if the rules are right. */
  readonly residual: number;
}

/** Σ a ⊙ b in double precision. */
export function inner(a: Tensor, b: Tensor): number {
  const p = numbers(a), q = numbers(b);
  return p.reduce((sum, v, i) => sum + v * q[i]!, 0);
}

/**
 * Carries a seed back with the ledger on, and adds up. The sources must be all there are.
 *
 * @example
 * ```ts
 * import { composites } from "@hyaline/core";
 * import { conservation, sketch, tensor, Trial } from "@hyaline/core/testing";
 * const trial = new Trial(sketch({ inputs: { x: tensor([2], [1, -2]) }, nodes: [["Tanh", "x", "y"]] }));
 * const { residual } = await conservation(trial, { sources: ["x"], target: "y", seed: tensor([2], [1, 1]), composite: composites.get("attnlrp")! });
 * console.assert(Math.abs(residual) < 1e-6);
 * await trial.release();
 * ```
 */
export async function conservation(trial: Trial, request: CarryRequest): Promise<Books> {
  const { program, cotangents, found } = await carry(trial, { ...request, at: request.sources, ledger: true });
  const forward = await trial.run([...request.sources, request.target]);
  const value = inner(request.seed, forward.get(request.target)!);
  const sources = request.sources.reduce((sum, name) => sum + inner(forward.get(name)!, cotangents.get(name)!), 0);
  const lines = program.ledger.map(({ kind, node, tensor }) => ({
    kind,
    node,
    share: numbers(found.get(tensor)!)[0]!,
  }));
  return { value, sources, lines, residual: value - sources - lines.reduce((sum, { share }) => sum + share, 0) };
}
