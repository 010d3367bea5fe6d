import { expect, test } from "vitest";
import { numbers, type Tensor } from "../graph/tensor.ts";
import { ortExecutor } from "../runtime/ort/executor.ts";
import { randomNumbers, tensor } from "../testing/mod.ts";
import { broadcast, Builder } from "./builder.ts";
import { outputsOf, type Program } from "./program.ts";

const random = randomNumbers(2), draw = (...dims: number[]): Tensor => tensor(dims, () => 2 * random() - 1);
const SEEDS = 3, DIMS = [2, 3, 4];

/** Writes a program of a few primitives on a seed of shape [2, 3, 4] and a constant, for any number of seeds. */
function written(write: (b: Builder, seed: string) => string, seeds: number): Program {
  const b = new Builder(seeds), result = write(b, b.seed("seed", DIMS));
  return {
    taps: [],
    seed: "seed",
    seeds,
    constants: b.constants,
    types: b.types,
    steps: b.steps,
    cotangents: new Map([["y", result]]),
    values: new Map(),
    ledger: [],
  };
}
async function ran(program: Program, seed: Tensor): Promise<Tensor> {
  const prepared = await ortExecutor({ backend: "wasm", threads: 1, level: "disabled" }).prepare(program),
    found = await prepared.run(new Map(), seed);
  await prepared.release();
  return found.get(outputsOf(program)[0]!)!;
}

const [matrix, vector, tall, kernel, whole] = [draw(4, 5), draw(4), draw(6, 1, 3, 4), draw(2, 3, 2), draw(2, 3, 4)];
const indices = tensor([2, 2], [0, -1, 1, 1], "int64");
const primitives: Record<string, (b: Builder, g: string) => string> = {
  "broadcasting against a vector": (b, g) => b.mul(g, b.tensor(vector)),
  "broadcasting against a higher rank": (b, g) => b.add(b.tensor(tall), g),
  "dividing a constant": (b, g) => b.div(b.tensor(vector), b.shift(b.square(g), 1)),
  "choosing by a condition": (b, g) => b.where(b.greater(g, b.scalar(0)), b.tensor(vector), g),
  "choosing by a constant condition": (b, g) => b.where(b.less(b.tensor(vector), b.scalar(0)), g, b.scalar(2)),
  "multiplying by a matrix": (b, g) => b.matmul(g, b.tensor(matrix)),
  "multiplying with both transposed": (b, g) =>
    b.matmul(b.tensor(matrix), g, { transA: true, transB: true, alpha: 0.5 }),
  "multiplying by itself": (b, g) => b.matmul(g, g, { transB: true }),
  "multiplying a batch of higher rank": (b, g) => b.matmul(b.tensor(tall), g, { transB: true }),
  "summing and reducing": (b, g) => b.sub(b.mean(g, [-1]), b.sum(g, [0, -2], true)),
  "a maximum that drops its axis": (b, g) => b.maximum(g, [1], false),
  "the total": (b, g) => b.total(g),
  "a softmax of the first axis": (b, g) => b.softmax(g, 0),
  "reshaping and transposing": (b, g) => b.reshape(b.transpose(g, [2, 0, 1]), [8, 3]),
  "expanding": (b, g) => b.expand(g, [5, 2, 3, 4]),
  "joining with a constant": (b, g) => b.concat([g, b.tensor(whole), g], 1),
  "splitting": (b, g) => b.split(g, -1, [1, 3])[1]!,
  "slicing with a step": (b, g) => b.slice(g, 2, { start: 1, end: 4, step: 2 }),
  "padding": (b, g) => b.pad(g, 1, { before: 1, after: 2 }),
  "gathering": (b, g) => b.gather(g, b.tensor(indices), 1),
  "scattering": (b, g) =>
    b.scatterAdd(b.reshape(g, [2, 2, 2, 3]), b.tensor(tensor([2], [3, 3], "int64")), { axis: 1, dims: [2, 5, 2, 3] }),
  "convolving": (b, g) =>
    b.convolution("Conv", [g, b.tensor(kernel)], { attributes: { pads: [1, 0] }, dims: [2, 2, 4] }),
  "undoing a broadcast": (b, g) => b.unbroadcast(g, [3, 1]),
};

for (const [name, write] of Object.entries(primitives)) {
  test(`${name}: three seeds in one program are three programs`, async () => {
    const seed = draw(SEEDS, ...DIMS),
      parts = Array.from({ length: SEEDS }, (_, i) => tensor(DIMS, numbers(seed).slice(i * 24, (i + 1) * 24)));
    const one = written(write, 1), many = written(write, SEEDS), together = await ran(many, seed);
    const alone = await Promise.all(parts.map((part) => ran(one, part)));
    expect(together.dims).toEqual([SEEDS, ...alone[0]!.dims]);
    expect(alone[0]!.dims).toEqual(one.types.get(outputsOf(one)[0]!)!.dims);
    const want = alone.flatMap(numbers);
    numbers(together).forEach((v, i) => expect(v).toBeCloseTo(want[i]!, 4));
  });
}

test("shapes that do not fit are refused with both named", () => {
  expect(() => broadcast([2, 3], [4])).toThrowError(/\[2,3\] and \[4\]/);
  const b = new Builder();
  expect(() => b.matmul(b.tensor(draw(2, 3)), b.tensor(draw(2, 3)))).toThrowError(/multiplied/);
  expect(() => b.reshape(b.tensor(draw(2, 3)), [5])).toThrowError(/reshaped/);
});

test("scalars and lists of integers are written once", () => {
  const b = new Builder();
  expect(b.scalar(2)).toBe(b.scalar(2));
  expect(b.ints([1, 2])).toBe(b.ints([1, 2]));
  expect(b.scalar(0)).not.toBe(b.scalar(-0));
  expect(b.scale("x", 1)).toBe("x");
});
