/**
 * Predictions of texts of many lengths, one after the other: a program is compiled for each length, a session is not.
 *
 * @module
 */
import { kernelExecutor, Model } from "../packages/core/src/mod.ts";
import { idsOf } from "./input.ts";
import { conditions, record, table } from "./measure.ts";

/** Milliseconds of each prediction: the first of all, the first of its length, and one of a length that was there before. */
interface Waits {
  readonly first: number[];
  readonly fresh: number[];
  readonly again: number[];
}

/** @param texts how many, with 5 to 60 tokens, the same for both */
export async function lengths(path: string, texts: number): Promise<string> {
  const where = conditions(), session = { backend: "wasm", threads: 1 } as const, bytes = await Deno.readFile(path);
  const executor = kernelExecutor({ threads: 1 }),
    open = (forward: "session" | "program") => ({
      model: new Model({ model: bytes }, { session, executor, forward }),
      waits: { first: [], fresh: [], again: [] } as Waits,
    });
  const ways = [["onnxruntime-web", open("session")], ["the kernel alone", open("program")]] as const;
  const seen = new Set<number>();
  let state = 7; // of a linear congruential generator
  for (let i = 0; i < texts; i++) {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    const length = 5 + Math.floor(56 * state / 2 ** 31);
    for (const [, { model, waits }] of ways) {
      const inputs = idsOf(model.graph, length), start = performance.now();
      await model.forward(inputs, [model.target]);
      waits[i === 0 ? "first" : seen.has(length) ? "again" : "fresh"].push(performance.now() - start);
    }
    seen.add(length);
  }
  const median = (of: readonly number[]): number => of.toSorted((a, b) => a - b)[of.length >> 1]!;
  const means = ways.map(([, { waits: { fresh, again } }]) => {
    const all = [...fresh, ...again];
    return all.reduce((sum, one) => sum + one, 0) / all.length;
  });
  const rows = ways.map(([name, { waits }], i) => {
    const { first, fresh, again } = waits;
    record({
      name: `predict ${texts} texts of ${seen.size} lengths, ${name}`,
      subject: path,
      median_ms: median(again),
      min_ms: Math.min(...again),
      ratio: means[i]! / means[0]!,
      peer: "onnxruntime-web",
    });
    return [name, first[0]!, median(fresh), median(again), means[i]!, `${(means[i]! / means[0]!).toFixed(2)} ×`];
  });
  for (const [, { model }] of ways) await model.release();
  await executor.stop();
  return [
    `## Texts of many lengths\n\n${where}, ${path}: ${texts} predictions, ${seen.size} lengths from 5 to 60 tokens, ms.\n`,
    table(["what", "the first", "of a new length, median", "of one seen before, median", "mean", "against it"], rows),
  ].join("\n");
}
