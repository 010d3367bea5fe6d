/**
 * Compares two executors on one program.
 *
 * @module
 */
import { numbers, type Tensor } from "../graph/tensor.ts";
import { outputsOf, type Program } from "../program/program.ts";
import type { Executor } from "../runtime/executor.ts";

/**
 * Runs a program on both executors.
 *
 * @returns for each output of the program the largest difference, relative to the output's largest entry
 */
export async function equivalence(
  program: Program,
  [left, right]: readonly [Executor, Executor],
  { taps, seed }: { taps: ReadonlyMap<string, Tensor>; seed: Tensor },
): Promise<Map<string, number>> {
  const run = async (executor: Executor): Promise<Map<string, Tensor>> => {
    const prepared = await executor.prepare(program);
    try {
      return await prepared.run(taps, seed);
    } finally {
      await prepared.release();
    }
  };
  const p = await run(left), q = await run(right);
  return new Map(
    outputsOf(program).map((name) => {
      const a = numbers(p.get(name)!), b = numbers(q.get(name)!);
      const scale = a.reduce((most, v) => Math.max(most, Math.abs(v)), 0) || 1;
      return [
        name,
        a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i]!)), a.length === b.length ? 0 : Infinity) / scale,
      ];
    }),
  );
}
