import { afterAll, expect, test } from "vitest";
import { constant } from "../../graph/graph.ts";
import { numbers, type Tensor } from "../../graph/tensor.ts";
import { Builder } from "../../program/builder.ts";
import type { Program } from "../../program/program.ts";
import { letGo } from "../executor.ts";
import { kernelExecutor } from "./executor.ts";

const executor = kernelExecutor({ threads: 2 });
afterAll(() => executor.stop());

const vector = (...values: number[]): Tensor => ({
  dtype: "float32",
  dims: [values.length],
  data: Float32Array.from(values),
});
const programOf = (b: Builder, results: Partial<Program>): Program => ({
  taps: [],
  seed: "seed",
  seeds: 1,
  constants: b.constants,
  types: b.types,
  steps: b.steps,
  cotangents: new Map(),
  values: new Map(),
  ledger: [],
  ...results,
});

/** x → twice (2x), again (2x under another name), x itself, its square's every second entry, and a constant. */
function forward(n: number): Program {
  const b = new Builder(), x = b.input("x", { dtype: "float32", dims: [n] }), twice = b.scale(x, 2);
  const three = b.constant("three", constant(vector(...Array<number>(n).fill(3))));
  return programOf(b, {
    taps: ["x"],
    values: new Map([["twice", twice], ["again", twice], ["x", x], ["square", b.square(x)], ["three", three]]),
  });
}
/** The message times `twice`, plus `square` and `three`. */
function backward(n: number): Program {
  const b = new Builder(), tap = (name: string) => b.input(name, { dtype: "float32", dims: [n] });
  const g = b.seed("seed", [n]), message = b.add(b.mul(g, tap("twice")), b.add(tap("square"), tap("three")));
  return programOf(b, { taps: ["twice", "square", "three"], cotangents: new Map([["x", message]]) });
}
async function pair(n: number, place: object = {}) {
  const back = backward(n), second = await executor.prepare(back, place), program = forward(n);
  const first = await executor.prepare(program, place);
  return {
    async pass(x: Tensor): Promise<Map<string, Tensor>> {
      const found = await first.run(new Map([["x", x]]));
      return new Map([...program.values].map(([name, own]) => [name, found.get(own)!]));
    },
    async carry(values: ReadonlyMap<string, Tensor>, seed: Tensor): Promise<number[]> {
      return numbers((await second.run(values, seed)).get(back.cotangents.get("x")!)!);
    },
    release: () => Promise.all([first.release(), second.release()]),
  };
}
const expected = (x: number[]): number[] => x.map((v) => 10 * 2 * v + v * v + 3);
const tens = vector(10, 10, 10);

test("what one program leaves another reads, and so does everybody else", async () => {
  const { pass, carry, release } = await pair(3), values = await pass(vector(1, -2, 3));
  expect(await carry(values, tens)).toEqual(expected([1, -2, 3]));
  expect([...values].map(([name, tensor]) => [name, numbers(tensor)])).toEqual([
    ["twice", [2, -4, 6]],
    ["again", [2, -4, 6]],
    ["x", [1, -2, 3]],
    ["square", [1, 4, 9]],
    ["three", [3, 3, 3]],
  ]);
  expect({ ...values.get("square")! }).toMatchObject({ data: Float32Array.of(1, 4, 9) }); // copies of the object too
  await release();
});

test("values of an earlier pass outlive a later one, in whatever order they are used", async () => {
  const { pass, carry, release } = await pair(3);
  const one = await pass(vector(1, 2, 3)), two = await pass(vector(4, 5, 6));
  expect(await carry(one, tens)).toEqual(expected([1, 2, 3])); // writes over `two`
  expect(await carry(two, tens)).toEqual(expected([4, 5, 6]));
  expect(await carry(new Map([...one, ["square", vector(0, 0, 0)]]), tens)).toEqual([23, 43, 63]);
  expect(numbers(one.get("square")!)).toEqual([1, 4, 9]);
  await release();
});

test("places share memory: another shape in between changes nothing", async () => {
  const small = await pair(3), large = await pair(5), one = await small.pass(vector(1, 2, 3));
  const two = await large.pass(vector(1, 1, 1, 1, 1));
  expect(await small.carry(one, tens)).toEqual(expected([1, 2, 3]));
  expect(numbers(two.get("three")!)).toEqual([3, 3, 3, 3, 3]);
  await small.release();
  await large.release();
});

test("values can be read after their programs are gone; those let go of cannot", async () => {
  const { pass, release } = await pair(3), values = await pass(vector(1, 2, 3));
  letGo([values.get("twice")!]);
  await release();
  expect(numbers(values.get("square")!)).toEqual([1, 4, 9]);
  expect(() => values.get("twice")!.data).toThrow(expect.objectContaining({ code: "INTERNAL" }));
});

test("programs that come and go take no more memory", async () => {
  const sizes: number[] = [];
  for (let i = 0; i < 4; i++) {
    const one = await pair(30_000), other = await pair(20_000);
    await one.pass(vector(...Array<number>(30_000).fill(i)));
    await one.release();
    await other.release();
    sizes.push(await executor.bytes());
  }
  expect(new Set(sizes).size).toBe(1);
});
