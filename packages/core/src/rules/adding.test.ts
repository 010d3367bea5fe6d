import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { numbers, type Tensor } from "../graph/tensor.ts";
import { composites } from "../lrp/composite.ts";
import { carry, randomNumbers, sketch, tensor, Trial } from "../testing/mod.ts";

interface Golden {
  readonly length: number;
  readonly tasks: Readonly<Record<string, { sign: number; w: number[]; r: number[]; b: number[]; out: number[] }>>;
}
const golden = JSON.parse(await readFile(new URL("golden/adding_lstm.json", import.meta.url), "utf8")) as Golden;
const CASES = 200, { length } = golden;

/** A batch of sequences [length, cases, 3]: n_a in channel 0 at step a, n_b in channel 1 at step b > a, numbers to ignore in channel 2. */
function sequences() {
  const random = randomNumbers(17),
    data = new Array<number>(length * CASES * 3).fill(0),
    cases: { a: number; b: number; na: number; nb: number }[] = [];
  for (let i = 0; i < CASES; i++) {
    const draw = (): number => (0.5 + 0.5 * random()) * (random() < 0.5 ? -1 : 1),
      first = Math.floor(random() * length),
      second = (first + 1 + Math.floor(random() * (length - 1))) % length;
    const a = Math.min(first, second), b = Math.max(first, second), [na, nb] = [draw(), draw()];
    for (let t = 0; t < length; t++) {
      const channel = t === a ? 0 : t === b ? 1 : 2;
      data[(t * CASES + i) * 3 + channel] = channel === 0 ? na : channel === 1 ? nb : draw();
    }
    cases.push({ a, b, na, nb });
  }
  return { x: tensor([length, CASES, 3], data), cases };
}

/** Pearson's correlation. */
function correlation(p: readonly number[], q: readonly number[]): number {
  const mean = (v: readonly number[]): number => v.reduce((a, b) => a + b) / v.length, [mp, mq] = [mean(p), mean(q)];
  const cross = (a: readonly number[], ma: number, b: readonly number[], mb: number): number =>
    a.reduce((sum, v, i) => sum + (v - ma) * (b[i]! - mb), 0);
  return cross(p, mp, q, mq) / Math.sqrt(cross(p, mp, p, mp) * cross(q, mq, q, mq));
}

describe.each(Object.entries(golden.tasks))(
  "an LSTM trained for %s (Arras et al. 2019)",
  (_, { sign, w, r, b, out }) => {
    const { x, cases } = sequences();
    const constants: Record<string, Tensor> = {
      w: tensor([1, 4, 3], w),
      r: tensor([1, 4, 1], r),
      b: tensor([1, 8], b),
      out: tensor([1, 1], out),
    };
    const nodes = [["LSTM", "x w r b", "_ h", { hidden_size: 1 }], ["MatMul", "h out", "y"]] as const;

    test("gets its sums right, and their evidence is the two numbers", async () => {
      const trial = new Trial(sketch({ inputs: { x }, constants, nodes, opset: 14 }));
      const answers = numbers((await trial.run(["y"])).get("y")!), wanted = cases.map(({ na, nb }) => na + sign * nb);
      expect(correlation(answers, wanted)).toBeGreaterThan(0.998);

      const { cotangents } = await carry(trial, {
        sources: ["x"],
        target: "y",
        seed: tensor([1, CASES, 1], () => 1),
        composite: composites.get("attnlrp")!,
      });
      const g = numbers(cotangents.get("x")!), values = numbers(x);
      const relevance = (t: number, i: number): number =>
        [0, 1, 2].reduce(
          (sum, channel) => sum + g[(t * CASES + i) * 3 + channel]! * values[(t * CASES + i) * 3 + channel]!,
          0,
        );
      const first = cases.map(({ a }, i) => relevance(a, i)), second = cases.map((one, i) => relevance(one.b, i));
      expect(correlation(first, cases.map(({ na }) => na))).toBeGreaterThan(0.99);
      expect(correlation(second, cases.map(({ nb }) => sign * nb))).toBeGreaterThan(0.99);

      // The share of all relevance that lies on the two numbers.
      const share = cases.map((_, i) => {
        const all = Array.from({ length }, (_, t) => Math.abs(relevance(t, i))).reduce((p, q) => p + q);
        return (Math.abs(first[i]!) + Math.abs(second[i]!)) / all;
      });
      expect(share.reduce((p, q) => p + q) / CASES).toBeGreaterThan(0.99);
      await trial.release();
    });
  },
);
